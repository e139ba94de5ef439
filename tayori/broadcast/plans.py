"""Plans at work: of every due occurrence one broadcast, already covered by the plan's two signatures (I10).

May run as often as one likes, and stop anywhere: a day that was dealt with has a row, and a second row is a conflict.
What was missed while the system was down is skipped with a line in the log, never caught up in a flood.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from tayori.broadcast import desk, signatures
from tayori.broadcast.desk import Writing
from tayori.broadcast.moves import move
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import BroadcastId
from tayori.domain.recurrence import occurrences
from tayori.domain.standing import Kind, Late, PlanTerms, StandingState, stored_plan
from tayori.domain.states import BroadcastState
from tayori.errors import TayoriError
from tayori.office import Office
from tayori.vault import audit
from tayori.vault.audit import Action
from tayori.warehouse import broadcasts, standing
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.standing import Occurrence, StandingRow

PLANNER: Final = Evidence("flow:plan", Purpose.DELIVERY)
AHEAD: Final = timedelta(minutes=10)
"""So long before its moment an occurrence becomes a scheduled broadcast: two turns of the deployment."""
TIMELY: Final = timedelta(minutes=15)
"""So long after its moment it is not late yet: three turns of the deployment."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What one turn did: broadcasts made, occurrences missed, plans that came to their end, plans paused by a check."""

    made: tuple[BroadcastId, ...] = ()
    missed: int = 0
    ended: int = 0
    paused: int = 0


def make_due(office: Office) -> Planned:
    """Make a scheduled broadcast of every occurrence that is due, and note the missed ones."""
    with reading(office.warehouse) as connection:
        plans = standing.of_kind(connection, Kind.PLAN, StandingState.APPROVED)
    turns = [_turn(office, plan.standing_id) for plan in plans]
    return Planned(
        made=tuple(one for turn in turns for one in turn.made),
        missed=sum(turn.missed for turn in turns),
        ended=sum(turn.ended for turn in turns),
        paused=sum(turn.paused for turn in turns),
    )


def _turn(office: Office, standing_id: str) -> Planned:
    with writing(office.warehouse) as connection:
        plan = standing.find(connection, standing_id, Kind.PLAN, lock=True)
        if plan.state is not StandingState.APPROVED or plan.approved_at is None:
            return Planned()
        try:
            signatures.verify_standing(connection, plan)
        except TayoriError as refusal:
            return _pause(connection, office, plan, refusal)
        terms = stored_plan(plan.particulars)
        days = _open_days(terms, plan.approved_at, standing.noted_days(connection, standing_id), office.now())
        wanted = _wanted(terms, days, office.now())
        made = [_make(connection, office, plan, terms, wanted)] if wanted is not None else []
        missed = [day for day in days if day != wanted and terms.rule.moment(day) < office.now() - TIMELY]
        for day in missed:
            _note(connection, office, plan, day, None)
        ended = _end_if_over(connection, office, plan)
        return Planned(tuple(made), len(missed), ended)


def _open_days(terms: PlanTerms, since: datetime, noted: frozenset[date], now: datetime) -> list[date]:
    """Give the days whose moment came since the approval (or comes now), and about which nothing was done yet."""
    return [
        day for day in occurrences(terms.rule) if day not in noted and since <= terms.rule.moment(day) <= now + AHEAD
    ]


def _wanted(terms: PlanTerms, days: Sequence[date], now: datetime) -> date | None:
    """Give the one day that is made now: the newest, if it is in time or if the plan sends while its window is open."""
    if not days:
        return None
    begins, ends = terms.window(days[-1])
    timely = now <= begins + TIMELY
    return days[-1] if now < ends and (timely or terms.late is Late.SEND) else None


def _make(connection: Connection, office: Office, plan: StandingRow, terms: PlanTerms, day: date) -> BroadcastId:
    new = Writing(plan.genre, plan.segment, plan.messages, *terms.window(day))
    row = replace(
        desk.new_row(office, plan.drafted_by, new),
        state=BroadcastState.APPROVED,
        approved_count=plan.approved_count,
        small_audience_reason=plan.small_audience_reason,
    )
    broadcasts.add(connection, row)
    _note(connection, office, plan, day, row.broadcast_id)
    signatures.verify(connection, row)
    move(connection, office, PLANNER, row, BroadcastState.SCHEDULED, count=plan.approved_count or 0)
    return row.broadcast_id


def _note(
    connection: Connection, office: Office, plan: StandingRow, day: date, broadcast_id: BroadcastId | None
) -> None:
    outcome = "made" if broadcast_id else "missed"
    standing.note(connection, Occurrence(plan.standing_id, day, outcome, broadcast_id, office.now()))
    what = f"broadcast {broadcast_id} made of plan {plan.standing_id}" if broadcast_id else f"plan {plan.standing_id}"
    line, count = f"{what}, {day} {outcome}", (plan.approved_count or 0) if broadcast_id else 0
    audit.record(connection, PLANNER, Action.DECIDE, line, count=count, now=office.now())


def _pause(connection: Connection, office: Office, plan: StandingRow, refusal: TayoriError) -> Planned:
    standing.move(connection, plan, StandingState.PAUSED, refusal.sentence[:200])
    what = f"plan {plan.standing_id} paused by its check"
    audit.record(connection, PLANNER, Action.DECIDE, what, count=0, now=office.now())
    return Planned(paused=1)


def _end_if_over(connection: Connection, office: Office, plan: StandingRow) -> int:
    if office.today() <= plan.ends_on:
        return 0
    standing.move(connection, plan, StandingState.ENDED, "its last day is over")
    what = f"plan {plan.standing_id} ended"
    audit.record(connection, PLANNER, Action.DECIDE, what, count=0, now=office.now())
    return 1
