"""The agenda: what is planned, day by day, and where two sends come too close. Counts and ids, nobody's number."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from tayori.broadcast.audiences import narrowing, read_audience
from tayori.domain.recurrence import TOKYO, occurrences_between
from tayori.domain.standing import Kind, StandingState, stored_plan
from tayori.domain.states import BroadcastState
from tayori.errors import BadInput
from tayori.office import Office
from tayori.warehouse import audience, broadcasts, standing
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import reading
from tayori.warehouse.standing import StandingRow

NEAR: Final = timedelta(hours=3)
MOST_A_DAY: Final = 3
LONGEST: Final = timedelta(days=400)
SHOWN: Final = (
    BroadcastState.SUBMITTED,
    BroadcastState.APPROVED,
    BroadcastState.SCHEDULED,
    BroadcastState.SENDING,
    BroadcastState.PAUSED,
    BroadcastState.HELD,
    BroadcastState.SENT,
)
PLANNED: Final = (StandingState.SUBMITTED, StandingState.APPROVED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One send: when it begins, what it is about, to whom, and the broadcast or plan that it is of."""

    at: datetime
    genre: int
    segment: str
    of: str
    state: str


@dataclass(frozen=True, slots=True)
class Collision:
    """Two sends, or one day, that are too much: which, and why (`genre`, `audience` or `day`)."""

    day: date
    why: str
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is planned between two days, in its order, and the collisions in it."""

    entries: tuple[Entry, ...]
    collisions: tuple[Collision, ...]


def agenda(office: Office, first: date, last: date, *, near: timedelta = NEAR, most_a_day: int = MOST_A_DAY) -> Agenda:
    """Give what is planned from first to last, both included, by Tokyo's days.

    Two sends collide if they begin within `near` of each other and are of one genre, or reach somebody in common; a
    day collides if it holds more than `most_a_day` sends.

    Raises:
        BadInput: the days run backwards, or are more than 400 apart.

    """
    if not first <= last <= first + LONGEST:
        raise BadInput(f"The days run from the first to the last, at most {LONGEST.days} days.")
    with reading(office.warehouse) as connection:
        held = (broadcasts.find(connection, one) for one in broadcasts.in_states(connection, *SHOWN))
        entries = [_of_broadcast(row) for row in held]
        for plan in standing.of_kind(connection, Kind.PLAN, *PLANNED):
            entries += _of_plan(connection, office, plan, first, last)
        within = sorted((one for one in entries if first <= day_of(one) <= last), key=lambda one: (one.at, one.of))
        return Agenda(tuple(within), (*_close(connection, within, near), *_crowded(within, most_a_day)))


def _of_broadcast(row: BroadcastRow) -> Entry:
    return Entry(row.started_at or row.not_before, row.genre, row.segment, row.broadcast_id, row.state.value)


def _of_plan(connection: Connection, office: Office, plan: StandingRow, first: date, last: date) -> list[Entry]:
    """Give the days of a plan that are still to come and were not made into broadcasts yet."""
    rule, done = stored_plan(plan.particulars).rule, standing.noted_days(connection, plan.standing_id)
    days = [day for day in occurrences_between(rule, first, last) if day not in done]
    moments = [rule.moment(day) for day in days]
    return [
        Entry(moment, plan.genre, plan.segment, plan.standing_id, plan.state.value)
        for moment in moments
        if moment >= office.now()
    ]


def _close(connection: Connection, entries: Sequence[Entry], near: timedelta) -> list[Collision]:
    shared: dict[tuple[object, ...], bool] = {}
    reasons = ((one, other, _why(connection, one, other, shared)) for one, other in _neighbours(entries, near))
    return [Collision(day_of(one), why, (one.of, other.of)) for one, other, why in reasons if why is not None]


def _neighbours(entries: Sequence[Entry], near: timedelta) -> Iterator[tuple[Entry, Entry]]:
    """Give the pairs that begin within so long of each other; entries are in the order of their moments."""
    for at, one in enumerate(entries):
        until = one.at + near
        for other in entries[at + 1 :]:
            if other.at >= until:
                break
            yield one, other


def _why(connection: Connection, one: Entry, other: Entry, shared: dict[tuple[object, ...], bool]) -> str | None:
    if one.genre == other.genre:
        return "genre"
    pair = (one.genre, one.segment, other.genre, other.segment)
    if pair not in shared:
        here, there = (narrowing(read_audience(two.segment)) for two in (one, other))
        shared[pair] = audience.overlap(connection, (one.genre, here), (other.genre, there))
    return "audience" if shared[pair] else None


def _crowded(entries: Sequence[Entry], most_a_day: int) -> list[Collision]:
    counted = Counter(map(day_of, entries))
    crowded = sorted(day for day, sends in counted.items() if sends > most_a_day)
    return [Collision(day, "day", tuple(one.of for one in entries if day_of(one) == day)) for day in crowded]


def day_of(entry: Entry) -> date:
    """The day of a send, by Tokyo's calendar."""
    return entry.at.astimezone(TOKYO).date()
