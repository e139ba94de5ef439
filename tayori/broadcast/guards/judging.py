"""Judging: which guard says no, and, before anybody sends, what each of them says."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from sqlalchemy import Connection

from tayori.broadcast.brake import Stop
from tayori.broadcast.guards.objection import Effect, Objection
from tayori.broadcast.guards.overrides import is_overridden
from tayori.broadcast.guards.quota import AskRoom
from tayori.broadcast.guards.situation import Situation
from tayori.broadcast.guards.table import GUARDS, Guard, guard_named
from tayori.broadcast.guards.validation import AskFaults
from tayori.domain.identifiers import BroadcastId
from tayori.domain.sending_policy import quiet_until
from tayori.domain.states import FRESH, BroadcastState
from tayori.errors import Refused, TayoriError
from tayori.office import Office
from tayori.warehouse import broadcasts
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import reading

NOT_STARTED: Final = frozenset({BroadcastState.DRAFT, BroadcastState.SUBMITTED, *FRESH, BroadcastState.HELD})
NOBODY_ASKED: Final = "LINE was not asked."
T = TypeVar("T")
LINES_ANSWERS: Final = {"quota": "room", "validation": "faults"}


class Verdict(StrEnum):
    """What a guard says."""

    PASSES = "passes"
    HOLDS = "holds"
    DROPS = "drops"
    WAITS = "waits"
    OVERRIDDEN = "overridden"
    NOT_ASKED = "not_asked"


VERDICTS: Final = {Effect.HOLD: Verdict.HOLDS, Effect.DROP: Verdict.DROPS, Effect.WAIT: Verdict.WAITS}


@dataclass(frozen=True, slots=True)
class Ruling:
    """The first no, and whose it is."""

    guard: str
    objection: Objection


@dataclass(frozen=True, slots=True)
class Finding:
    """What one guard says, for the eyes of staff."""

    guard: str
    looks_at: str
    verdict: Verdict
    sentence: str | None
    overridable: bool


def first_objection(here: Situation) -> Ruling | None:
    """Ask the guards of a start in their order; give the first no that nobody overrode."""
    for guard in GUARDS:
        if not guard.is_asked_at_start(here.row):
            continue
        objection = guard.rule(here)
        standing = _standing(here, guard, objection) if objection else None
        if standing is not None:
            return Ruling(guard.name, standing)
    return None


def _standing(here: Situation, guard: Guard, objection: Objection) -> Objection | None:
    """Give the objection, None where a second handler overrode it; a false override is an objection of its own."""
    try:
        return None if is_overridden(here, guard) else objection
    except TayoriError as error:
        return Objection(error.sentence, error=type(error))


def rests_until(here: Situation) -> datetime | None:
    """Until when a broadcast under way rests at night; None by day, or where a second handler overrode quiet hours.

    Raises:
        Tampered: the override is not one for this broadcast.

    """
    until = quiet_until(here.policy, here.row.genre, here.now)
    return None if until is None or is_overridden(here, guard_named("quiet_hours")) else until


def rests_at_night(connection: Connection, row: BroadcastRow, now: datetime) -> Stop | None:
    """Stop a broadcast under way at the beginning of quiet hours; it may go on by itself at their end."""
    until = rests_until(Situation(connection, row, now))
    return Stop(f"quiet hours until {until:%H:%M}", resume_at=until) if until else None


def examine(
    office: Office, broadcast_id: BroadcastId, *, room: AskRoom | None = None, faults: AskFaults | None = None
) -> tuple[Finding, ...]:
    """Say what every guard would say now to a broadcast that has not started; nothing is changed.

    Raises:
        Refused: the broadcast has started, or has ended.

    """
    with reading(office.warehouse) as connection:
        row = broadcasts.find(connection, broadcast_id)
    if row.state not in NOT_STARTED:
        raise Refused(f"The broadcast is {row.state}; guards look at it before it starts.")
    asked_room = _told(room)
    asked_faults = _told(faults and (lambda: faults(row.messages)))
    with reading(office.warehouse) as connection:
        folder = office.media_folder
        here = Situation(connection, row, office.now(), room=asked_room, faults=asked_faults, folder=folder)
        return tuple(_finding(here, guard) for guard in GUARDS)


def _told(ask: Callable[[], T] | None) -> T | None:
    try:
        return ask() if ask else None
    except TayoriError:
        return None


def _finding(here: Situation, guard: Guard) -> Finding:
    verdict, sentence = _verdict(here, guard)
    return Finding(guard.name, guard.looks_at, verdict, sentence, guard.may_be_overridden(here.policy))


def _verdict(here: Situation, guard: Guard) -> tuple[Verdict, str | None]:
    answer = LINES_ANSWERS.get(guard.name)
    if answer and getattr(here, answer) is None:
        return Verdict.NOT_ASKED, NOBODY_ASKED
    objection = guard.rule(here)
    if objection is None:
        return Verdict.PASSES, None
    standing = _standing(here, guard, objection)
    if standing is None:
        return Verdict.OVERRIDDEN, objection.sentence
    return VERDICTS[standing.effect], standing.sentence
