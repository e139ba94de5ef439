"""Guard `burst`: forty stale messages at 01:12 are impossible (舟形町, 2026-01-03)."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from tayori.broadcast import freeze
from tayori.broadcast.freeze import Held
from tayori.broadcast.guards import overrides
from tayori.domain.identifiers import BroadcastId
from tayori.domain.sending_policy import sending_policy
from tayori.domain.states import BroadcastState
from tayori.errors import Refused
from tayori.office import Office
from tests.broadcast.builders import residents, staff
from tests.broadcast.guards.rig import HOUR, Plan, approved, assert_held, assert_starts, code_of, start, started, states
from tests.support.builders import TestClock

MOST = sending_policy().burst.broadcasts
SPAN = timedelta(minutes=sending_policy().burst.minutes)
FORTY = 40
STALE = datetime(2024, 7, 25, 3, 0, tzinfo=UTC)
EMERGENCY = "緊急"


def forty(office: Office, genre: str, content_at: datetime | None) -> list[BroadcastId]:
    """Give forty broadcasts that somebody approved by mistake, each with a text of its own."""
    residents(office, 20, genres=frozenset({code_of(genre)}))
    who = staff(office)
    plan = Plan(genre, begins=0 * HOUR, content_at=content_at)
    return [approved(office, who, plan) for _ in range(FORTY)]


def refusals(office: Office, ids: list[BroadcastId]) -> int:
    """Start them all as a worker would; give how many were refused."""
    refused = 0
    for one in ids:
        try:
            start(office, one)
        except Refused:
            refused += 1
    return refused


@pytest.mark.parametrize("genre", ["防災・防犯", EMERGENCY])
def test_it_holds_forty_stale_messages_at_night(office: Office, clock: TestClock, genre: str) -> None:
    """At 01:12, dated a year and a half back, all approved by mistake: not one of them starts, then or later."""
    clock.forward(hours=15, minutes=12)
    ids = forty(office, genre, STALE)
    assert refusals(office, ids) == FORTY
    assert BroadcastState.SENDING not in states(office, ids)
    clock.forward(hours=7)
    refusals(office, ids)
    assert set(states(office, ids)) == {BroadcastState.HELD}


def test_it_holds_the_rest_of_forty_that_look_fresh(office: Office, clock: TestClock) -> None:
    """A feed that calls its stale entries new, in the genre without quiet hours: a few go out, the rest is held."""
    clock.forward(hours=15, minutes=12)
    ids = forty(office, EMERGENCY, None)
    assert refusals(office, ids) == FORTY - MOST
    assert states(office, ids) == [BroadcastState.SENDING] * MOST + [BroadcastState.HELD] * (FORTY - MOST)


def test_it_holds_across_genres(office: Office) -> None:
    """One more than the policy's number, whatever the genres."""
    residents(office, 20, genres=frozenset({1, 2, 3}))
    who = staff(office)
    for at in range(MOST):
        started(office, who, Plan(genre=str(at % 3 + 1)))
    broadcast_id = approved(office, who)
    assert_held(office, broadcast_id, "burst", f"{MOST} broadcasts started within {SPAN.seconds // 60} minutes")
    overrides.override(office, who.approver, broadcast_id, "burst", "各課の月初のお知らせ")
    assert_starts(office, broadcast_id)


def test_it_lets_through_when_the_span_is_over(office: Office, clock: TestClock) -> None:
    """A start that lies further back than the span no longer counts."""
    residents(office, 20)
    who = staff(office)
    for _ in range(MOST):
        started(office, who)
    clock.forward(seconds=SPAN.total_seconds() + 1)
    assert_starts(office, approved(office, who))


def test_it_holds_workers_that_start_at_once(office: Office) -> None:
    """Ten workers at the same moment: no more start than the policy says, for each start sees those before it."""
    residents(office, 20)
    who = staff(office)
    ids = [approved(office, who) for _ in range(MOST + 5)]
    gate, held = threading.Barrier(len(ids)), []

    def work(one: BroadcastId) -> None:
        gate.wait()
        try:
            freeze.start(office, one, f"elsewhere.{one}.1")
        except Held:
            held.append(one)

    workers = [threading.Thread(target=work, args=(one,)) for one in ids]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(held) == 5
    assert states(office, ids).count(BroadcastState.SENDING) == MOST
