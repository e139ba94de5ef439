"""The versions of a broadcast's text: each is kept as it was, none is ever changed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, insert, or_, select

from tayori.domain.identifiers import BroadcastId, HandlerId
from tayori.domain.standing import StandingState
from tayori.domain.states import BroadcastState
from tayori.errors import NotFound
from tayori.warehouse.schema.broadcasts import broadcast
from tayori.warehouse.schema.kinds import standing
from tayori.warehouse.schema.messages import broadcast_version


@dataclass(frozen=True, slots=True)
class TextVersion:
    """One version of a text: what LINE would get, and the writer's own words to be used again."""

    broadcast_id: BroadcastId
    version: int
    genre: int
    content_hash: str
    written_by: HandlerId
    written_at: datetime
    source: bytes = field(repr=False)
    messages: bytes = field(repr=False)


def newest(connection: Connection, broadcast_id: BroadcastId) -> int:
    """Give the number of the newest version; 0 where there is none."""
    versions = broadcast_version.c
    chosen = select(func.max(versions.version)).where(versions.broadcast_id == broadcast_id)
    return int(connection.execute(chosen).scalar() or 0)


def add(connection: Connection, row: TextVersion) -> None:
    """Keep a version; a number that is taken is a conflict, never a replacement."""
    connection.execute(insert(broadcast_version).values({name: getattr(row, name) for name in TextVersion.__slots__}))


def versions(connection: Connection, broadcast_id: BroadcastId) -> list[TextVersion]:
    """Give every version of a broadcast's text, the first one first.

    Raises:
        NotFound: no text is kept under this id.

    """
    table = broadcast_version
    chosen = select(table).where(table.c.broadcast_id == broadcast_id).order_by(table.c.version)
    found = [TextVersion(**row) for row in connection.execute(chosen).mappings()]
    if not found:
        raise NotFound("No text is kept under this id; see `tayori broadcast status`.")
    return found


def messages_shown(connection: Connection) -> Iterator[bytes]:
    """Give the message bytes of all that residents may see: broadcasts, plans and templates that were handed in.

    One that was called off is shown for good if any of it went out.
    """
    written = broadcast.c.state.in_((BroadcastState.DRAFT, BroadcastState.CANCELLED))
    yield from connection.execute(
        select(broadcast.c.messages).where(or_(~written, broadcast.c.started_at.is_not(None)))
    ).scalars()
    over = standing.c.state.in_((StandingState.DRAFT, StandingState.ENDED, StandingState.CANCELLED))
    yield from connection.execute(select(standing.c.messages).where(~over)).scalars()
