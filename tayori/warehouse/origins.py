"""Where a draft came from that no writer wrote: a feed, or the record of a wrong send."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BroadcastState
from tayori.warehouse.schema.broadcasts import broadcast
from tayori.warehouse.schema.results import draft_origin


@dataclass(frozen=True, slots=True)
class OriginRow:
    """A draft's origin ("feed:NAME", "incident:ID"), what its reader must know, and how old its news is."""

    broadcast_id: BroadcastId
    origin: str
    note: str
    content_at: datetime | None
    made_at: datetime


def add(connection: Connection, row: OriginRow) -> None:
    """Write down where a draft came from."""
    connection.execute(insert(draft_origin).values({name: getattr(row, name) for name in OriginRow.__slots__}))


def find(connection: Connection, broadcast_id: BroadcastId) -> OriginRow | None:
    """Give a draft's origin; None where a writer wrote it."""
    chosen = select(draft_origin).where(draft_origin.c.broadcast_id == broadcast_id)
    found = connection.execute(chosen).mappings().first()
    return OriginRow(**found) if found else None


def waiting(connection: Connection, origin: str = "") -> Sequence[OriginRow]:
    """Give the drafts of an origin (or of any, beginning so) that no writer has taken over, oldest first."""
    joined = draft_origin.join(broadcast, broadcast.c.broadcast_id == draft_origin.c.broadcast_id)
    untaken = [broadcast.c.state == BroadcastState.DRAFT, broadcast.c.drafted_by == draft_origin.c.origin]
    chosen = select(draft_origin).select_from(joined).where(*untaken, draft_origin.c.origin.startswith(origin))
    ordered = chosen.order_by(draft_origin.c.made_at, draft_origin.c.broadcast_id)
    return [OriginRow(**found) for found in connection.execute(ordered).mappings()]
