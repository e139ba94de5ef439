"""Rows of what was held back, and the signatures that allow it. Counts only, never a person."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from tayori.domain.identifiers import HandlerId
from tayori.warehouse.schema.leaving import hold, hold_signature


@dataclass(frozen=True, slots=True)
class HoldRow:
    """One hold: its kind, how many people of how many, how many would have passed, its state and moments."""

    hold_id: str
    kind: str
    people: int
    of_people: int
    bound: int
    state: str
    opened_at: datetime
    seen_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """A handler's signature under a hold, for so many people."""

    hold_id: str
    handler_id: HandlerId
    people: int
    signature: bytes = field(repr=False)
    signed_at: datetime


def every(connection: Connection) -> list[HoldRow]:
    """Give all holds, oldest first."""
    found = connection.execute(select(hold).order_by(hold.c.opened_at, hold.c.hold_id)).mappings()
    return [HoldRow(**row) for row in found]


def of_kind(connection: Connection, kind: str, state: str) -> list[HoldRow]:
    """Give the holds of a kind in a state, oldest first."""
    return [row for row in every(connection) if (row.kind, row.state) == (kind, state)]


def find(connection: Connection, hold_id: str) -> HoldRow | None:
    """Give one hold."""
    row = connection.execute(select(hold).where(hold.c.hold_id == hold_id).with_for_update()).mappings().first()
    return HoldRow(**row) if row else None


def add(connection: Connection, row: HoldRow) -> None:
    """Write down a hold."""
    connection.execute(insert(hold).values({name: getattr(row, name) for name in HoldRow.__slots__}))


def change(connection: Connection, hold_id: str, **changes: object) -> None:
    """Change what stands in a hold."""
    connection.execute(update(hold).where(hold.c.hold_id == hold_id).values(**changes))


def sign(connection: Connection, row: SignatureRow) -> None:
    """Keep a signature; one a handler: what they signed before, for another number, goes."""
    mine = (hold_signature.c.hold_id == row.hold_id) & (hold_signature.c.handler_id == row.handler_id)
    connection.execute(delete(hold_signature).where(mine))
    connection.execute(insert(hold_signature).values({name: getattr(row, name) for name in SignatureRow.__slots__}))


def signatures(connection: Connection, hold_id: str) -> list[SignatureRow]:
    """Give the signatures under a hold, in their order."""
    chosen = select(hold_signature).where(hold_signature.c.hold_id == hold_id).order_by(hold_signature.c.signed_at)
    return [SignatureRow(**row) for row in connection.execute(chosen).mappings()]
