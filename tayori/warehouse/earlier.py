"""Earlier broadcasts, asked today: whom their stored segments would reach now, by today's settings.

Nothing here is kept. Who got what is not stored (design.md), so whether somebody would get the same again is asked of
the segment expressions of earlier sends: whoever changed their settings since counts by what they want today.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, literal, or_, select, text

from tayori.domain.identifiers import BroadcastId
from tayori.domain.segments import Segment
from tayori.domain.states import BatchState, BroadcastState
from tayori.warehouse.audience import CHOICE, audience, condition
from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.schema.broadcasts import batch, broadcast

STARTS_LOCK: Final = 7412
GOING_OUT: Final = (
    BroadcastState.SENDING,
    BroadcastState.PAUSED,
    BroadcastState.NEEDS_DECISION,
    BroadcastState.SENT,
)
SENT = broadcast.c


@dataclass(frozen=True, slots=True)
class Earlier:
    """A broadcast that went out, or is going out."""

    broadcast_id: BroadcastId
    genre: int
    segment: str
    messages: bytes
    started_at: datetime


def one_start_at_a_time(connection: Connection) -> None:
    """Let nobody else start a broadcast until the transaction ends: each start sees those before it.

    SQLite has one writer at a time anyway.
    """
    if not is_sqlite(connection):
        connection.execute(text(f"SELECT pg_advisory_xact_lock({STARTS_LOCK})"))


def starts_since(connection: Connection, since: datetime, *, besides: BroadcastId) -> int:
    """How many other broadcasts started since a moment, in all genres, whatever became of them."""
    chosen = select(func.count()).where(SENT.started_at >= since, SENT.broadcast_id != besides)
    return int(connection.execute(chosen).scalar_one())


def sends_since(connection: Connection, since: datetime, *, besides: BroadcastId) -> list[Earlier]:
    """The other broadcasts that started since a moment and reached, or may reach, anybody; the latest first."""
    columns = [SENT[name] for name in Earlier.__slots__]
    chosen = select(*columns).where(SENT.started_at >= since, SENT.broadcast_id != besides, _went_out())
    return [Earlier(**row) for row in connection.execute(chosen.order_by(SENT.started_at.desc())).mappings()]


def _went_out() -> ColumnElement[bool]:
    tried = and_(batch.c.broadcast_id == SENT.broadcast_id, batch.c.state != BatchState.PLANNED)
    return or_(SENT.state.in_(GOING_OUT), exists().where(tried))


def meeting_any(connection: Connection, genre: int, segment: Segment, earlier: Sequence[tuple[int, Segment]]) -> int:
    """How many of an audience are today in the audience of at least one earlier broadcast (genre and segment)."""
    again = or_(*(_in_audience(genre, *one) for one in earlier))
    chosen = audience(genre, segment).where(again).with_only_columns(func.count())
    return int(connection.execute(chosen).scalar_one())


def _in_audience(mine: int, genre: int, segment: Segment) -> ColumnElement[bool]:
    if genre == mine:
        return condition(segment)
    return CHOICE.person_no.in_(audience(genre, segment).correlate(None))


def meeting_often(
    connection: Connection, genre: int, segment: Segment, earlier: Mapping[Segment, int], *, times: int
) -> int:
    """How many of an audience today's settings put into so many earlier sends of the genre, or more.

    `earlier` holds each segment with how often it was sent to. The sum lives within the one statement.
    """
    met = sum((case((condition(one), often), else_=0) for one, often in earlier.items()), start=literal(0))
    chosen = audience(genre, segment).where(met >= times).with_only_columns(func.count())
    return int(connection.execute(chosen).scalar_one())
