"""The roster's table: who handles personal data, in which roles, from when to when (L17)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from tayori.warehouse.schema.records import handler


@dataclass(frozen=True, slots=True)
class HandlerRow:
    """One handler. `roles` are the ward's role names, joined by commas; `side` is 甲 or 乙."""

    handler_id: str
    name: str
    roles: str
    side: str
    public_key: bytes
    starts_on: date
    ends_on: date | None
    added_at: datetime

    def serves(self, day: date) -> bool:
        """Whether the handler stands in the roster on that day."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


def add(connection: Connection, row: HandlerRow) -> None:
    """Write a handler into the roster."""
    connection.execute(insert(handler).values({name: getattr(row, name) for name in HandlerRow.__slots__}))


def find(connection: Connection, handler_id: str) -> HandlerRow | None:
    """Give a handler by id."""
    found = connection.execute(select(handler).where(handler.c.handler_id == handler_id)).mappings().first()
    return HandlerRow(**found) if found else None


def everyone(connection: Connection) -> list[HandlerRow]:
    """Give the whole roster, in the order of ids."""
    return [HandlerRow(**row) for row in connection.execute(select(handler).order_by(handler.c.handler_id)).mappings()]


def end(connection: Connection, handler_id: str, last_day: date) -> bool:
    """Set a handler's last day; whether there was such a handler."""
    done = connection.execute(update(handler).where(handler.c.handler_id == handler_id).values(ends_on=last_day))
    return done.rowcount == 1
