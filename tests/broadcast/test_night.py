"""Quiet hours meet a broadcast under way: what is in flight is settled, the rest waits for the morning by itself."""

import pytest

from sandbox.line.serve import RunningPlatform
from tayori.broadcast import control, freeze
from tayori.broadcast.send import Sending
from tayori.domain.states import BatchState, BroadcastState
from tayori.errors import Refused
from tayori.line.client import LineClient
from tayori.line.limiter import Limiter
from tayori.office import Office
from tests.broadcast.builders import ME, an_approved, residents, staff
from tests.broadcast.rig import assert_once_each, send
from tests.broadcast.test_sending import ONE_BY_ONE
from tests.support.builders import TestClock

PEOPLE = 2_300


def test_a_broadcast_that_runs_into_the_night_rests_until_morning(
    office: Office, platform: RunningPlatform, clock: TestClock
) -> None:
    """At nine in the evening nothing new begins and nothing stays in doubt; at eight it goes on without a signature."""
    residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    freeze.start(office, broadcast_id, ME)
    freeze.freeze(office, broadcast_id, ME)
    line = LineClient(platform.base_url, platform.account.access_token)
    with Sending(office, broadcast_id, ME, line, limiter=Limiter(100_000.0), pace=ONE_BY_ONE) as run:
        run.advance(1)
        clock.forward(hours=11)  # 21:00 in Tokyo
        assert run.advance(10_000).ended is BroadcastState.PAUSED
    standing = control.status(office, broadcast_id)
    assert standing.reason == "quiet hours until 08:00"
    assert set(standing.batches) == {BatchState.ACCEPTED, BatchState.PLANNED}
    clock.forward(hours=10, minutes=59)
    assert broadcast_id not in control.due(office)
    with pytest.raises(Refused, match="paused"):
        freeze.start(office, broadcast_id, ME)
    clock.forward(minutes=1)
    assert broadcast_id in control.due(office)
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    assert_once_each(platform, PEOPLE)


def test_a_pause_by_a_person_ends_by_a_person_only(sqlite_office: Office, clock: TestClock) -> None:
    """Whoever paused it has to resume it, however many mornings pass."""
    residents(sqlite_office, 20)
    who = staff(sqlite_office)
    broadcast_id = an_approved(sqlite_office, who, hours=72)
    freeze.start(sqlite_office, broadcast_id, ME)
    control.pause(sqlite_office, who.writer, broadcast_id, "確認中")
    clock.forward(hours=24)
    assert broadcast_id not in control.due(sqlite_office)
    with pytest.raises(Refused, match="paused"):
        freeze.start(sqlite_office, broadcast_id, ME)
