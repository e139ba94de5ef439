"""Sending: by the platform's own ledger, everybody approved gets it once, whatever goes wrong on the way."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import func, select, update

from sandbox.line.serve import RunningPlatform
from tayori.broadcast import control, freeze, moves
from tayori.broadcast.send import Sending
from tayori.domain.batches import DECIDE_WITHIN, pack
from tayori.domain.states import BatchState, BroadcastState
from tayori.errors import Refused, Tampered
from tayori.line.client import LineClient
from tayori.line.limiter import Limiter
from tayori.office import Office
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.broadcasts import batch
from tests.broadcast.builders import ME, QUICK, an_approved, leave, residents, staff
from tests.broadcast.rig import assert_once_each, outcome, send
from tests.support.builders import TestClock

PEOPLE = 2_300
ONE_BY_ONE = replace(QUICK, block=1, ahead=1)


def test_everybody_approved_gets_it_once(office: Office, platform: RunningPlatform) -> None:
    """A broadcast ends as sent, reached everybody once, and keeps no list of recipients."""
    residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    assert_once_each(platform, PEOPLE)
    standing = control.status(office, broadcast_id)
    assert standing.people(BatchState.ACCEPTED) == PEOPLE == standing.frozen
    with reading(office.warehouse) as connection:
        kept = connection.execute(select(func.count()).where(batch.c.members.is_not(None))).scalar_one()
    assert kept == 0


FAULTS: dict[str, list[dict[str, object]]] = {
    "answer lost after accepting": [{"kind": "reset", "accepted": True, "times": 3, "skip": 2}],
    "time-out after accepting": [{"kind": "hang", "accepted": True, "times": 2, "seconds": 1.0}],
    "5xx, accepted or not": [{"kind": "error", "share": 0.3, "times": 20}, {"kind": "error", "accepted": True}],
    "429, too fast": [{"kind": "rate_limit", "times": 5, "skip": 1}],
    "all of them by chance": [
        {"kind": "error", "status": 503, "share": 0.2, "times": 8},
        {"kind": "error", "accepted": True, "share": 0.2, "times": 8},
        {"kind": "reset", "share": 0.1, "times": 4},
        {"kind": "rate_limit", "share": 0.1, "times": 4},
    ],
}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_on_the_way_misses_and_doubles_nobody(office: Office, platform: RunningPlatform, fault: str) -> None:
    """Whatever LINE answers or does not: asked again under the same key until it is known."""
    residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    platform.control.ask("faults", rules=[{"endpoint": "multicast", **rule} for rule in FAULTS[fault]])
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    assert platform.control.ask("faults")["hits"]
    assert_once_each(platform, PEOPLE)


def test_leavers_and_those_who_changed_their_mind_get_nothing(office: Office, platform: RunningPlatform) -> None:
    """Who leaves between freezing and sending is dropped before the first call; the others get it."""
    people = residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    freeze.start(office, broadcast_id, ME)
    freeze.freeze(office, broadcast_id, ME)
    leave(office, *people[:40], *people[1000:1600])
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    counts = outcome(platform, PEOPLE)
    assert (counts["missed"], counts["reached"], counts["doubled"]) == (640, PEOPLE - 640, 0)
    assert control.status(office, broadcast_id).people(BatchState.ACCEPTED) == PEOPLE - 640


def test_a_run_that_stops_halfway_is_taken_up_again(office: Office, platform: RunningPlatform) -> None:
    """A run that is left early gives back what it never asked for; the next one goes on, nobody gets it twice."""
    residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    assert send(office, platform, broadcast_id, ONE_BY_ONE, most=3).ended is None
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    assert_once_each(platform, PEOPLE)


def test_a_spent_quota_pauses_and_loses_nothing(office: Office, platform: RunningPlatform) -> None:
    """The month's limit pauses the broadcast with a reason; resumed, it reaches the rest."""
    platform.control.ask("reset", rate_factor=100.0, monthly_limit=1_100)
    platform.control.friends(6_000)
    residents(office, PEOPLE)
    who = staff(office)
    broadcast_id = an_approved(office, who)
    assert send(office, platform, broadcast_id).ended is BroadcastState.PAUSED
    standing = control.status(office, broadcast_id)
    assert "month" in (standing.reason or "")
    assert standing.people(BatchState.PLANNED) + standing.people(BatchState.ACCEPTED) == PEOPLE
    assert outcome(platform, PEOPLE)["doubled"] == 0
    platform.control.ask("reset", rate_factor=100.0, monthly_limit=None)  # a new month: the ledger begins anew
    platform.control.friends(6_000)
    control.resume(office, who.approver, broadcast_id)
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    assert outcome(platform, PEOPLE)["reached"] == standing.people(BatchState.PLANNED)


def test_a_refused_token_pauses_instead_of_burning_batches(sqlite_office: Office, platform: RunningPlatform) -> None:
    """401 says that nobody got anything: everything is given back, nothing is called refused."""
    residents(sqlite_office, PEOPLE)
    broadcast_id = an_approved(sqlite_office)
    freeze.start(sqlite_office, broadcast_id, ME)
    freeze.freeze(sqlite_office, broadcast_id, ME)
    line = LineClient(platform.base_url, "an old token")
    with Sending(sqlite_office, broadcast_id, ME, line, limiter=Limiter(100_000.0), pace=QUICK) as run:
        assert run.advance(10_000).ended is BroadcastState.PAUSED
    assert control.status(sqlite_office, broadcast_id).people(BatchState.PLANNED) == PEOPLE


def test_a_platform_that_never_answers_needs_a_decision(office: Office, platform: RunningPlatform) -> None:
    """Unknown stays unknown: the lists are kept, a later run asks again, and nobody gets it twice."""
    residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    platform.control.ask("faults", rules=[{"endpoint": "multicast", "kind": "error", "accepted": True, "times": None}])
    assert send(office, platform, broadcast_id).ended is BroadcastState.NEEDS_DECISION
    standing = control.status(office, broadcast_id)
    assert standing.people(BatchState.UNKNOWN) == PEOPLE
    assert standing.decide_by == office.now() + DECIDE_WITHIN
    platform.control.ask("faults", rules=[])
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    assert_once_each(platform, PEOPLE)


def test_nothing_is_asked_again_after_twelve_hours(
    sqlite_office: Office, platform: RunningPlatform, clock: TestClock
) -> None:
    """Past 12 hours a batch of unknown outcome is left to a person; past 72 it is undecided and its list destroyed."""
    residents(sqlite_office, PEOPLE)
    who = staff(sqlite_office)
    broadcast_id = an_approved(sqlite_office, who, hours=48)
    platform.control.ask("faults", rules=[{"endpoint": "multicast", "kind": "error", "times": None}])
    assert send(sqlite_office, platform, broadcast_id).ended is BroadcastState.NEEDS_DECISION
    platform.control.ask("faults", rules=[])
    calls = platform.control.stats()["endpoints"]["multicast"]
    clock.forward(hours=12)
    assert send(sqlite_office, platform, broadcast_id).ended is BroadcastState.NEEDS_DECISION
    assert platform.control.stats()["endpoints"]["multicast"] == calls
    clock.forward(hours=60)
    assert control.close_overdue(sqlite_office, moves.SENDER) == PEOPLE
    standing = control.status(sqlite_office, broadcast_id)
    assert (standing.state, standing.people(BatchState.UNDECIDED)) == (BroadcastState.SENT, PEOPLE)


def test_a_changed_list_is_never_sent(office: Office, platform: RunningPlatform) -> None:
    """A list that is not the one that was frozen holds the broadcast."""
    residents(office, PEOPLE)
    broadcast_id = an_approved(office)
    freeze.start(office, broadcast_id, ME)
    freeze.freeze(office, broadcast_id, ME)
    with writing(office.warehouse) as connection:
        mine = update(batch).where(batch.c.ordinal == 2)
        connection.execute(mine.values(members=pack(np.array([1, 2, 3]))))
    with pytest.raises(Tampered):
        send(office, platform, broadcast_id)
    assert control.status(office, broadcast_id).state is BroadcastState.HELD
    assert outcome(platform, PEOPLE)["reached"] == 0


def test_two_workers_never_have_the_same_broadcast(sqlite_office: Office, clock: TestClock) -> None:
    """The second worker is refused while the first shows progress, and may take over after a minute of silence."""
    residents(sqlite_office, 20)
    broadcast_id = an_approved(sqlite_office)
    freeze.start(sqlite_office, broadcast_id, "elsewhere.1.1")
    with pytest.raises(Refused, match="Another worker"):
        freeze.start(sqlite_office, broadcast_id, ME)
    clock.forward(seconds=61)
    freeze.start(sqlite_office, broadcast_id, ME)
    with pytest.raises(Refused, match="took this broadcast over"):
        freeze.freeze(sqlite_office, broadcast_id, "elsewhere.1.1")


def test_a_pause_settles_what_is_under_way(office: Office, platform: RunningPlatform) -> None:
    """Paused between two blocks: nothing stays in doubt, lists are kept; resumed, the rest goes out once."""
    residents(office, PEOPLE)
    who = staff(office)
    broadcast_id = an_approved(office, who)
    freeze.start(office, broadcast_id, ME)
    freeze.freeze(office, broadcast_id, ME)
    line = LineClient(platform.base_url, platform.account.access_token)
    with Sending(office, broadcast_id, ME, line, limiter=Limiter(100_000.0), pace=ONE_BY_ONE) as run:
        run.advance(1)
        control.pause(office, who.writer, broadcast_id, "内容の確認")
        assert run.advance(10_000).ended is BroadcastState.PAUSED
    standing = control.status(office, broadcast_id)
    assert set(standing.batches) == {BatchState.ACCEPTED, BatchState.PLANNED}
    control.resume(office, who.writer, broadcast_id)
    assert send(office, platform, broadcast_id).ended is BroadcastState.SENT
    assert_once_each(platform, PEOPLE)


def test_cancelling_keeps_no_list(sqlite_office: Office, platform: RunningPlatform) -> None:
    """Called off halfway: nobody else gets it, and no list of anybody is left."""
    residents(sqlite_office, PEOPLE)
    who = staff(sqlite_office)
    broadcast_id = an_approved(sqlite_office, who)
    send(sqlite_office, platform, broadcast_id, ONE_BY_ONE, most=3)
    control.cancel(sqlite_office, who.approver, broadcast_id, "誤り")
    with pytest.raises(Refused, match="cancelled"):
        send(sqlite_office, platform, broadcast_id)
    with reading(sqlite_office.warehouse) as connection:
        kept = connection.execute(select(func.count()).where(batch.c.members.is_not(None))).scalar_one()
    assert (kept, outcome(platform, PEOPLE)["doubled"]) == (0, 0)
