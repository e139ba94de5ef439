"""The emergency lane as it is stored: what was filled in, and the second person's review."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from tayori.domain.identifiers import BroadcastId
from tayori.warehouse.schema.kinds import emergency


@dataclass(frozen=True, slots=True)
class EmergencyRow:
    """One broadcast of the emergency lane: its template, what was filled in, until when it has to be reviewed."""

    broadcast_id: BroadcastId
    standing_id: str
    filled_in: str
    as_of: datetime
    review_by: datetime
    reviewed_at: datetime | None = None
    reviewer: str | None = None
    verdict: str | None = None
    statement: bytes | None = None
    signature: bytes | None = None


def add(connection: Connection, row: EmergencyRow) -> None:
    """Write down that a broadcast went the emergency lane."""
    connection.execute(insert(emergency).values({name: getattr(row, name) for name in EmergencyRow.__slots__}))


def find(connection: Connection, broadcast_id: BroadcastId, *, lock: bool = False) -> EmergencyRow | None:
    """Give what the emergency lane holds of a broadcast; None if it did not go that lane."""
    chosen = select(emergency).where(emergency.c.broadcast_id == broadcast_id)
    found = connection.execute(chosen.with_for_update() if lock else chosen).mappings().first()
    return EmergencyRow(**found) if found else None


def reviewed(connection: Connection, broadcast_id: BroadcastId, **review: str | bytes | datetime) -> None:
    """Keep a review."""
    connection.execute(update(emergency).where(emergency.c.broadcast_id == broadcast_id).values(**review))


def since(connection: Connection, standing_id: str, moment: datetime) -> list[EmergencyRow]:
    """Give the emergency broadcasts of a template whose content holds since a moment or later."""
    chosen = select(emergency).where(emergency.c.standing_id == standing_id, emergency.c.as_of >= moment)
    return [EmergencyRow(**row) for row in connection.execute(chosen.order_by(emergency.c.as_of)).mappings()]


def unreviewed(connection: Connection) -> list[EmergencyRow]:
    """Give the emergency broadcasts that nobody reviewed yet, the most urgent first."""
    chosen = select(emergency).where(emergency.c.reviewed_at.is_(None)).order_by(emergency.c.review_by)
    return [EmergencyRow(**row) for row in connection.execute(chosen).mappings()]
