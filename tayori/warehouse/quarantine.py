"""Quarantine in the warehouse: what the gate refused, sealed, with its place and rule and an end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from tayori.domain.identifiers import HandlerId
from tayori.warehouse.bulk import rows_where_in
from tayori.warehouse.schema.approvals import quarantine_approval
from tayori.warehouse.schema.records import quarantine

WAITING: Final = "waiting"
DECIDED: Final = frozenset({"released", "discarded"})
"""A person ended it; what reached its end by itself is `expired`."""
FACTS: Final = ("quarantine_no", "source", "row_no", "rule", "state", "received_at", "expires_at")


@dataclass(frozen=True, slots=True)
class Held:
    """A row to hold: where it came from, which rule refused it, its sealed form, until when it is kept."""

    source: str
    row_no: int
    rule: str
    epoch: int
    sealed: bytes = field(repr=False)
    line_index: bytes | None = field(repr=False)
    received_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """What may be shown of a held row: never its content."""

    quarantine_no: int
    source: str
    row_no: int
    rule: str
    state: str
    received_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A held row's sealed content; None once it ended."""

    epoch: int
    sealed: bytes | None = field(repr=False)


def held_rows(connection: Connection, source: str, row_nos: Sequence[int]) -> set[int]:
    """Give which rows of a source stand here already, in whatever state: they are not set aside twice."""
    return set(states_of(connection, source, row_nos))


def add(connection: Connection, rows: Sequence[Held]) -> None:
    """Hold rows."""
    if rows:
        names = Held.__slots__
        written = [{name: getattr(row, name) for name in names} | {"state": WAITING} for row in rows]
        connection.execute(insert(quarantine), written)


def waiting(connection: Connection) -> list[QuarantineRow]:
    """Give the rows that wait for a decision, oldest first."""
    chosen = select(*(quarantine.c[name] for name in FACTS)).where(quarantine.c.state == WAITING)
    return [_row(row) for row in connection.execute(chosen.order_by(quarantine.c.quarantine_no)).mappings()]


def states_of(connection: Connection, source: str, row_nos: Sequence[int]) -> dict[int, str]:
    """Give, by row number, how it stands with what was set aside of a source."""
    rows = rows_where_in(connection, quarantine, "row_no", list(set(row_nos)), ("source", "row_no", "state"))
    return {row[1]: row[2] for row in rows if row[0] == source}


def find(connection: Connection, number: int) -> QuarantineRow | None:
    """Give one row by its number."""
    chosen = select(*(quarantine.c[name] for name in FACTS)).where(quarantine.c.quarantine_no == number)
    found = connection.execute(chosen).mappings().first()
    return _row(found) if found else None


def sealed(connection: Connection, number: int) -> SealedRow:
    """Give the sealed content of a row that exists, held until the transaction ends."""
    chosen = select(quarantine.c.epoch, quarantine.c.sealed).where(quarantine.c.quarantine_no == number)
    row = connection.execute(chosen.with_for_update()).one()
    return SealedRow(row.epoch, row.sealed)


def close(connection: Connection, number: int, state: str) -> None:
    """End a row: its content goes, its place, rule and state stay."""
    ended = update(quarantine).where(quarantine.c.quarantine_no == number)
    connection.execute(ended.values(state=state, sealed=None, line_index=None))


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """A handler's signature under the release of one row."""

    approval_no: str
    quarantine_no: int
    handler_id: HandlerId
    signature: bytes
    approved_at: datetime


def add_approval(connection: Connection, row: ApprovalRow) -> None:
    """Keep an approval."""
    connection.execute(insert(quarantine_approval).values({name: getattr(row, name) for name in ApprovalRow.__slots__}))


def find_approval(connection: Connection, approval_no: str) -> ApprovalRow | None:
    """Give an approval by its number."""
    chosen = select(quarantine_approval).where(quarantine_approval.c.approval_no == approval_no)
    found = connection.execute(chosen).mappings().first()
    return ApprovalRow(**found) if found else None


@dataclass(frozen=True, slots=True)
class WaitingForSomebody:
    """A sealed row that waits for the person of its look-up value."""

    quarantine_no: int
    line_index: bytes = field(repr=False)
    epoch: int
    sealed: bytes = field(repr=False)


def waiting_for_somebody(connection: Connection, rule: str) -> list[WaitingForSomebody]:
    """Give the waiting rows of a rule whose person could be read, oldest first, held until the transaction ends."""
    names = WaitingForSomebody.__slots__
    chosen = select(*(quarantine.c[name] for name in names)).where(
        quarantine.c.state == WAITING, quarantine.c.rule == rule, quarantine.c.line_index.is_not(None)
    )
    found = connection.execute(chosen.order_by(quarantine.c.quarantine_no).with_for_update())
    return [WaitingForSomebody(**row) for row in found.mappings()]


def refuse_anew(connection: Connection, number: int, rule: str) -> None:
    """Let a waiting row stand under another rule."""
    connection.execute(update(quarantine).where(quarantine.c.quarantine_no == number).values(rule=rule))


def close_of_people(connection: Connection, indexes: Sequence[bytes], state: str, *, but: Collection[str]) -> int:
    """End every row that concerns one of these people, except those of some rules; give how many."""
    found = rows_where_in(connection, quarantine, "line_index", indexes, ("quarantine_no", "rule"))
    numbers = [row[0] for row in found if row[1] not in but]
    for number in numbers:
        close(connection, number, state)
    return len(numbers)


def counts(connection: Connection) -> dict[str, int]:
    """Give how many rows wait, by rule."""
    chosen = (
        select(quarantine.c.rule, func.count().label("rows"))
        .where(quarantine.c.state == WAITING)
        .group_by(quarantine.c.rule)
    )
    return {row.rule: row.rows for row in connection.execute(chosen)}


def _row(found: RowMapping) -> QuarantineRow:
    return QuarantineRow(**found)
