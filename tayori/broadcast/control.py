"""Hold it, go on, call it off, decide what stayed open; and where it stands, in counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from tayori.broadcast import lease, lists, media
from tayori.broadcast.guards.judging import rests_at_night
from tayori.broadcast.moves import move
from tayori.domain.batches import DECIDE_WITHIN
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BROADCAST_STEPS, BatchState, BroadcastState
from tayori.errors import Refused, TayoriError
from tayori.office import Office
from tayori.vault import audit, roster
from tayori.vault.audit import Action
from tayori.vault.roster import Credential
from tayori.warehouse import batches, broadcasts, emergencies
from tayori.warehouse.batches import Tally
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import reading, writing

MOST_AT_ONCE: Final = 2
"""How many broadcasts beside those of the emergency lane are sent at a time by the dispatch."""
MAY_STOP = ("approver", "duty", "operator", "responsible", "writer")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a broadcast stands: counts and dates, nobody's number."""

    broadcast_id: BroadcastId
    genre: int
    state: BroadcastState
    reason: str | None
    approved: int | None
    frozen: int | None
    all_frozen: bool
    batches: Mapping[BatchState, Tally]
    started_at: datetime | None
    ended_at: datetime | None
    decide_by: datetime | None  # until then somebody has to decide on the unknown ones; then they are undecided
    held_by: str | None = None

    def people(self, *states: BatchState) -> int:
        """How many people are in batches of these states."""
        return sum(tally.people for state, tally in self.batches.items() if state in states)

    @property
    def counts(self) -> dict[str, int]:
        """People by what became of their batch, by the names of the states."""
        return {state.value: self.people(state) for state in BatchState}


def status(office: Office, broadcast_id: BroadcastId) -> Standing:
    """Say where a broadcast stands."""
    with reading(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id)
        oldest = batches.oldest_unknown(connection, broadcast_id)
        return _standing(row, batches.tallies(connection, broadcast_id), oldest)


def _standing(row: BroadcastRow, tallies: Mapping[BatchState, Tally], unknown_since: datetime | None) -> Standing:
    return Standing(
        broadcast_id=row.broadcast_id,
        genre=row.genre,
        state=row.state,
        reason=row.state_reason,
        approved=row.approved_count,
        frozen=row.frozen_count,
        all_frozen=row.all_frozen,
        batches=tallies,
        started_at=row.started_at,
        ended_at=row.ended_at,
        decide_by=unknown_since + DECIDE_WITHIN if unknown_since else None,
        held_by=row.held_by,
    )


def pause(office: Office, who: Credential, broadcast_id: BroadcastId, reason: str) -> None:
    """Let nothing new go out; what is under way is settled first. The sender sees it within a block of batches."""
    with writing(office.warehouse) as connection:
        row = _mine_to_stop(connection, office, who, broadcast_id)
        move(connection, office, _evidence(who), row, BroadcastState.PAUSED, reason=reason)
        broadcasts.change(connection, broadcast_id, resume_at=None)


def resume(office: Office, who: Credential, broadcast_id: BroadcastId) -> None:
    """Let a paused broadcast go on where it stood, within its window; `send` then takes it up."""
    with writing(office.warehouse) as connection:
        row = _mine_to_stop(connection, office, who, broadcast_id)
        if row.state is not BroadcastState.PAUSED:
            raise Refused(f"The broadcast is {row.state}; only a paused one goes on.")
        if row.not_after <= office.now():
            raise Refused("The window of the broadcast is over; it can be cancelled, not resumed.")
        move(connection, office, _evidence(who), row, BroadcastState.SENDING)
        broadcasts.change(connection, broadcast_id, resume_at=None)


def cancel(office: Office, who: Credential, broadcast_id: BroadcastId, reason: str) -> None:
    """Call a broadcast off for good. What LINE accepted before stays sent; lists that were never tried go at once.

    If nothing of it was started, its pictures leave the door.
    """
    with writing(office.warehouse) as connection:
        row = _mine_to_stop(connection, office, who, broadcast_id)
        move(connection, office, _evidence(who), row, BroadcastState.CANCELLED, reason=reason)
        broadcasts.change(connection, broadcast_id, ended_at=office.now())
        batches.destroy_lists(connection, broadcast_id, planned=True)
    lists.let_go(office, broadcast_id)
    media.withdraw(office, row.proposal.image_hashes)


def decide(office: Office, who: Credential, broadcast_id: BroadcastId) -> int:
    """Close a broadcast whose last batches nobody can tell about: they are recorded as undecided, their lists go.

    Gives how many people they hold.

    Raises:
        Refused: the broadcast needs no decision, or the handler may not decide.

    """
    with writing(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id, lock=True)
        roster.require_role(connection, who.handler_id, "approver", office.today())
        if row.state is not BroadcastState.NEEDS_DECISION:
            raise Refused(f"The broadcast is {row.state}; there is nothing to decide.")
        audit.reserve(connection)
        people = batches.decide_unknown(connection, office.now(), broadcast_id=broadcast_id)
        reason = "undecided batches closed by a handler"
        move(connection, office, _evidence(who), row, BroadcastState.SENT, reason=reason, count=people)
        broadcasts.change(connection, broadcast_id, ended_at=office.now())
    lists.let_go(office, broadcast_id)
    return people


def close_overdue(office: Office, evidence: Evidence) -> int:
    """Record as undecided what nobody decided within 72 hours, and destroy the lists; give how many people (I6).

    Runs with the nightly retention: no list of recipients outlives it.
    """
    before = office.now() - DECIDE_WITHIN
    with writing(office.warehouse) as connection:
        waiting = broadcasts.lock_all(connection, broadcasts.in_states(connection, BroadcastState.NEEDS_DECISION))
        audit.reserve(connection)
        batches.give_up_retrying(connection, before=before)
        people = batches.decide_unknown(connection, office.now(), before=before)
        for row in waiting:
            _close_decided(connection, office, evidence, row)
        if people:
            audit.record(connection, evidence, Action.DECIDE, "overdue batches", count=people, now=office.now())
    lists.sweep(office)
    return people


def _close_decided(connection: Connection, office: Office, evidence: Evidence, row: BroadcastRow) -> None:
    """Close a broadcast that has nothing left to decide; one that somebody decided or took up meanwhile is theirs."""
    if row.state is not BroadcastState.NEEDS_DECISION:
        return
    if BatchState.UNKNOWN not in batches.tallies(connection, row.broadcast_id):
        move(connection, office, evidence, row, BroadcastState.SENT, reason="undecided after 72 hours")
        broadcasts.change(connection, row.broadcast_id, ended_at=office.now())


def stop(
    connection: Connection, office: Office, who: Credential, broadcast_id: BroadcastId, reason: str
) -> BroadcastRow:
    """Let nothing (more) of a broadcast go out, in the caller's transaction; give it as it stands then.

    One that is under way is paused, one that has not begun is held; one that has ended stays as it is.
    """
    row = _mine_to_stop(connection, office, who, broadcast_id)
    halts = [state for state in (BroadcastState.PAUSED, BroadcastState.HELD) if state in BROADCAST_STEPS[row.state]]
    if halts:
        move(connection, office, _evidence(who), row, halts[0], reason=reason)
        broadcasts.change(connection, broadcast_id, resume_at=None)
    return broadcasts.find(connection, broadcast_id)


def due(office: Office) -> list[BroadcastId]:
    """Give the broadcasts that start by themselves now, the most urgent first: scheduled ones whose moment came.

    Before them come ones whose worker is gone, and ones that rested over night: they are taken up where they stood.
    Before all of them come those of the emergency lane; while `MOST_AT_ONCE` others are being sent, they alone are due,
    so that one run of the dispatch is always left for them. What waits for somebody to start it (approved, not
    scheduled) is not among them, nor what rests in quiet hours.
    """
    now = office.now()
    with reading(office.warehouse) as connection:
        started = [broadcasts.find(connection, one) for one in broadcasts.in_states(connection, BroadcastState.SENDING)]
        waiting = broadcasts.in_states(connection, BroadcastState.SCHEDULED)
        rows = [broadcasts.find(connection, one) for one in waiting]
        scheduled = [row for row in rows if row.not_before <= now and not _rests(connection, row, now)]
        left = [row for row in started if lease.is_free(row, now)]
        rested = broadcasts.due_again(connection, now)
        soonest = sorted(scheduled, key=lambda row: row.not_after)
        found = [*(row.broadcast_id for row in left), *rested, *(row.broadcast_id for row in soonest)]
        urgent = [one for one in found if emergencies.find(connection, one)]
        in_hand = [row for row in started if row not in left and not emergencies.find(connection, row.broadcast_id)]
        others = [one for one in found if one not in urgent] if len(in_hand) < MOST_AT_ONCE else []
        return [*urgent, *others]


def is_done_by_another(office: Office, broadcast_id: BroadcastId) -> bool:
    """Whether somebody else sends a broadcast at this moment, or has sent it."""
    with reading(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id)
    in_hand = row.state is BroadcastState.SENDING and not lease.is_free(row, office.now())
    return in_hand or row.state is BroadcastState.SENT


def _rests(connection: Connection, row: BroadcastRow, now: datetime) -> bool:
    """Whether it waits for the morning. What is wrong with it is told at its own start, and keeps no other one back."""
    try:
        return rests_at_night(connection, row, now) is not None
    except TayoriError:
        return False


def _mine_to_stop(connection: Connection, office: Office, who: Credential, broadcast_id: BroadcastId) -> BroadcastRow:
    row = broadcasts.find(connection, broadcast_id, lock=True)
    roster.require_any(connection, who.handler_id, MAY_STOP, office.today())
    return row


def _evidence(who: Credential) -> Evidence:
    return Evidence(who.handler_id, Purpose.DELIVERY)
