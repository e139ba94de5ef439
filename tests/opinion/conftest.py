"""The opinion screen of an office, for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tayori.office import Office
from tests.opinion.builders import Desk, running_screen
from tests.support.builders import START, TestClock, an_office
from web.limits import Limits


@pytest.fixture
def desk(office: Office, clock: TestClock) -> Iterator[Desk]:
    """Give the screen, on both kinds of stores."""
    with running_screen(office, clock) as running:
        yield running


@pytest.fixture(scope="module")
def standing_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Give a screen on SQLite that stands for a whole module."""
    clock = TestClock()
    office = an_office(tmp_path_factory.mktemp("screen") / "home", clock)
    with running_screen(office, clock) as running:
        yield running
    office.close()


@pytest.fixture
def one_desk(standing_desk: Desk) -> Desk:
    """Give a screen on SQLite, for rules that do not depend on the store: nothing counted, ten o'clock."""
    desk = standing_desk
    desk.clock.moment = START
    desk.screen.limits = Limits(desk.clock)
    desk.screen.refused.clear()
    desk.screen.sent.clear()
    return desk
