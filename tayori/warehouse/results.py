"""What became of broadcasts: people by the state of their batch, and how many opened it by LINE's count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BatchState
from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.schema.broadcasts import batch, broadcast
from tayori.warehouse.schema.results import broadcast_figures


@dataclass(frozen=True, slots=True)
class SentRow:
    """One broadcast that was started, with its people by state, and LINE's figures as far as LINE gives them."""

    broadcast_id: BroadcastId
    genre: int
    started_at: datetime
    people: Mapping[BatchState, int]
    opened: int | None
    clicked: int | None


@dataclass(frozen=True, slots=True)
class FiguresRow:
    """LINE's figures of a broadcast. `final`: LINE counts them no further."""

    broadcast_id: BroadcastId
    opened: int | None
    clicked: int | None
    fetched_at: datetime
    final: bool


def started_between(connection: Connection, begin: datetime, end: datetime) -> list[SentRow]:
    """Give the broadcasts that were started from begin on and before end, oldest first."""
    joined = broadcast.outerjoin(broadcast_figures, broadcast_figures.c.broadcast_id == broadcast.c.broadcast_id)
    named = (broadcast.c.broadcast_id, broadcast.c.genre, broadcast.c.started_at)
    chosen = select(*named, broadcast_figures.c.opened, broadcast_figures.c.clicked).select_from(joined)
    rows = list(connection.execute(_started(chosen, begin, end)).mappings())
    people = _people(connection, begin, end)
    return [SentRow(**row, people=people.get(row["broadcast_id"], {})) for row in rows]


def _people(connection: Connection, begin: datetime, end: datetime) -> dict[str, dict[BatchState, int]]:
    joined = batch.join(broadcast, broadcast.c.broadcast_id == batch.c.broadcast_id)
    chosen = select(batch.c.broadcast_id, batch.c.state, func.sum(batch.c.size)).select_from(joined)
    within = chosen.where(broadcast.c.started_at >= begin, broadcast.c.started_at < end)
    found: dict[str, dict[BatchState, int]] = {}
    for broadcast_id, state, people in connection.execute(within.group_by(batch.c.broadcast_id, batch.c.state)):
        found.setdefault(broadcast_id, {})[BatchState(state)] = int(people)
    return found


def _started(chosen: Select[Any], begin: datetime, end: datetime) -> Select[Any]:
    within = chosen.where(broadcast.c.started_at >= begin, broadcast.c.started_at < end)
    return within.order_by(broadcast.c.started_at, broadcast.c.broadcast_id)


def without_final_figures(
    connection: Connection, asked_before: datetime, most: int
) -> Sequence[tuple[BroadcastId, str, datetime]]:
    """Give id, unit and start of broadcasts whose figures may still change and were not asked since a moment.

    The longest unasked come first.
    """
    joined = broadcast.outerjoin(broadcast_figures, broadcast_figures.c.broadcast_id == broadcast.c.broadcast_id)
    open_still = or_(broadcast_figures.c.final.is_(None), broadcast_figures.c.final.is_(False))
    chosen = select(broadcast.c.broadcast_id, broadcast.c.unit, broadcast.c.started_at).select_from(joined)
    unasked = or_(broadcast_figures.c.fetched_at.is_(None), broadcast_figures.c.fetched_at < asked_before)
    chosen = chosen.where(broadcast.c.started_at.is_not(None), open_still, unasked)
    unasked_first = (broadcast_figures.c.fetched_at.is_not(None), broadcast_figures.c.fetched_at)
    rows = connection.execute(chosen.order_by(*unasked_first, broadcast.c.started_at).limit(most))
    return [(BroadcastId(row.broadcast_id), row.unit, row.started_at) for row in rows]


def put_figures(connection: Connection, row: FiguresRow) -> None:
    """Keep LINE's figures of a broadcast; later ones take the place of earlier ones."""
    values: dict[str, Any] = {name: getattr(row, name) for name in FiguresRow.__slots__}
    insert = sqlite_insert if is_sqlite(connection) else pg_insert
    inserted = insert(broadcast_figures).values(values)
    key = [broadcast_figures.c.broadcast_id]
    connection.execute(inserted.on_conflict_do_update(index_elements=key, set_=values))
