"""Records of wrong sends (誤配信): what went out, as counts; each report is a record of its own and stays as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from tayori.domain.identifiers import BroadcastId
from tayori.warehouse.schema.broadcasts import batch
from tayori.warehouse.schema.results import wrong_send


@dataclass(frozen=True, slots=True)
class WrongSendRow:
    """One record, as the JSON that the incident file holds, and the draft of a correction."""

    incident_id: str
    broadcast_id: BroadcastId
    record: str
    correction_id: BroadcastId | None
    reported_at: datetime


def add(connection: Connection, row: WrongSendRow) -> None:
    """Keep a record."""
    connection.execute(insert(wrong_send).values({name: getattr(row, name) for name in WrongSendRow.__slots__}))


def of_broadcast(connection: Connection, broadcast_id: BroadcastId) -> Sequence[WrongSendRow]:
    """Give the records of a broadcast, oldest first."""
    chosen = select(wrong_send).where(wrong_send.c.broadcast_id == broadcast_id)
    ordered = chosen.order_by(wrong_send.c.reported_at, wrong_send.c.incident_id)
    return [WrongSendRow(**found) for found in connection.execute(ordered).mappings()]


def send_times(connection: Connection, broadcast_id: BroadcastId) -> tuple[datetime | None, datetime | None]:
    """Give when the first batch of a broadcast was tried, and when the last one that was settled was."""
    times = select(func.min(batch.c.first_attempt_at), func.max(batch.c.settled_at))
    first, last = connection.execute(times.where(batch.c.broadcast_id == broadcast_id)).one()
    return first, last
