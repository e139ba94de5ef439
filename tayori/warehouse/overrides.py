"""Overrides of guards, as they are stored."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from tayori.domain.identifiers import BroadcastId, HandlerId
from tayori.warehouse.schema.guards import guard_override


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """One handler's signature that lets one guard of one broadcast pass, with the bytes that they signed."""

    broadcast_id: BroadcastId
    guard: str
    reason: str
    handler_id: HandlerId
    key_id: str
    statement: bytes
    signature: bytes
    signed_at: datetime


def put(connection: Connection, row: OverrideRow) -> None:
    """Keep an override; a second one of the same guard takes the first one's place."""
    signed = guard_override.c
    mine = signed.broadcast_id == row.broadcast_id, signed.guard == row.guard
    connection.execute(delete(guard_override).where(*mine))
    connection.execute(insert(guard_override).values({name: getattr(row, name) for name in OverrideRow.__slots__}))


def find(connection: Connection, broadcast_id: BroadcastId, guard: str) -> OverrideRow | None:
    """Give the override of a guard, if there is one."""
    signed = guard_override.c
    chosen = select(guard_override).where(signed.broadcast_id == broadcast_id, signed.guard == guard)
    found = connection.execute(chosen).mappings().first()
    return OverrideRow(**found) if found else None


def void(connection: Connection, broadcast_id: BroadcastId) -> None:
    """Take every override of a broadcast away: what they stood for has changed."""
    connection.execute(delete(guard_override).where(guard_override.c.broadcast_id == broadcast_id))
