"""Sending: by the platform's own ledger, everybody approved gets it once, whatever goes wrong on the way."""

from collections.abc import Iterator

import pytest

from sandbox.line.serve import RunningPlatform, running_platform
from tayori.broadcast import control, freeze
from tayori.broadcast.courier import Pace
from tayori.broadcast.send import Progress, Sending
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BatchState, BroadcastState
from tayori.line.client import LineClient
from tayori.line.limiter import Limiter
from tayori.office import Office
from tayori.warehouse.engines import reading
from tests.broadcast.builders import ME, QUICK, an_approved, residents

PEOPLE = 5_300


@pytest.fixture(scope="module")
def shared_platform() -> Iterator[RunningPlatform]:
    """Give one sandbox platform for all tests here."""
    with running_platform() as started:
        yield started


@pytest.fixture
def platform(shared_platform: RunningPlatform) -> RunningPlatform:
    """Give the platform anew: nothing sent, nothing going wrong, a few thousand friends."""
    shared_platform.control.ask("reset", rate_factor=100.0)
    shared_platform.control.friends(PEOPLE)
    return shared_platform


def send(
    office: Office, platform: RunningPlatform, broadcast_id: BroadcastId, pace: Pace = QUICK, most: int = 10_000
) -> Progress:
    """Start, freeze and send, as the flow does."""
    freeze.start(office, broadcast_id, ME)
    freeze.freeze(office, broadcast_id, ME)
    line = LineClient(platform.base_url, platform.account.access_token, timeouts=(1.0, 0.5))
    with Sending(office, broadcast_id, ME, line, limiter=Limiter(100_000.0), pace=pace) as run:
        return run.advance(most)


def outcome(platform: RunningPlatform, people: int = PEOPLE) -> dict[str, int]:
    """Give the ledger's verdict on the first `people` friends."""
    return platform.control.summary(expected={"range": [0, people]})


def assert_once_each(platform: RunningPlatform, people: int = PEOPLE) -> None:
    counts = outcome(platform, people)
    assert {name: counts[name] for name in ("missed", "doubled", "stray")} == {"missed": 0, "doubled": 0, "stray": 0}
    assert counts["reached"] == people
    assert platform.control.stats()["retry_keys"]["altered"] == 0


def test_everybody_approved_gets_it_once(office: Office, platform: RunningPlatform) -> None:
    """A broadcast ends as sent, reached everybody once, and keeps no list of recipients."""
    residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    assert_once_each(platform)
    standing = control.status(office, broadcast_id)
    assert standing.people(BatchState.ACCEPTED) == PEOPLE == standing.frozen
    with reading(office.warehouse) as connection:
        assert not connection.exec_driver_sql("SELECT count(*) FROM batch WHERE members IS NOT NULL").scalar()
