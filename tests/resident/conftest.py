"""The pages of an office, for the tests of this folder."""

from collections.abc import Iterator

import pytest

from sandbox.line.login import Login
from tayori.office import Office
from tests.resident.builders import ACCOUNT, Door, running_pages
from tests.support.builders import START, TestClock, an_office
from web.limits import Limits


@pytest.fixture
def door(office: Office, clock: TestClock) -> Iterator[Door]:
    """Give the pages, on both kinds of stores."""
    with running_pages(office, clock) as running:
        yield running


@pytest.fixture(scope="module")
def standing_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Give pages on SQLite that stand for a whole module."""
    clock = TestClock()
    office = an_office(tmp_path_factory.mktemp("pages") / "home", clock)
    with running_pages(office, clock) as running:
        yield running
    office.close()


@pytest.fixture
def one_door(standing_door: Door) -> Door:
    """Give pages on SQLite, for rules that do not depend on the store: nobody logged in, nothing counted, noon."""
    door = standing_door
    door.clock.moment = START
    door.app.platform.login = Login(ACCOUNT.login_channel_id, ACCOUNT.login_channel_secret, ACCOUNT.seed)
    door.app.faults.rules = []
    door.app.traffic.asked.clear()
    door.context.limits = Limits(door.clock)
    door.context.refused.clear()
    door.context.sessions.forget_all()
    return door
