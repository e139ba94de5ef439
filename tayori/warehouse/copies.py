"""The ledger of copies as it is stored; approvals of 甲, restore drills, and the mark of a warehouse being restored."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, insert, inspect, select, update

from tayori.errors import NotFound
from tayori.warehouse.engines import Absent, reading, writing
from tayori.warehouse.schema.copies import copy_approval, copy_entry, restore_drill, restoring


@dataclass(frozen=True, slots=True)
class CopyRow:
    """One copy. `holds` says what is in it (stores, epochs, counts); `proof` is what ended it."""

    copy_id: str
    kind: str
    purpose: str
    recipient: str | None
    made_by: str
    made_at: datetime
    expires_at: datetime
    approval: str | None
    sha256: str
    holds: Mapping[str, Any]
    ended_at: datetime | None = None
    ended_by: str | None = None
    proof_kind: str | None = None
    proof: str | None = None
    certificate: str | None = None

    def overdue(self, now: datetime) -> bool:
        """Whether it should have ended by now."""
        return self.ended_at is None and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """An approval document of 甲 for one kind of copy to leave the place (P6), filed under a handler's signature."""

    document_no: str
    kind: str
    ends_on: date
    handler_id: str
    statement: bytes
    signature: bytes
    filed_at: datetime


@dataclass(frozen=True, slots=True)
class DrillRow:
    """A restore, rehearsed or real: of which copy, by whom, and what it found (counts)."""

    drill_id: str
    copy_id: str
    rehearsal: bool
    handler_id: str
    began_at: datetime
    ended_at: datetime
    found: Mapping[str, Any]


def add(connection: Connection, row: CopyRow) -> None:
    """Enter a copy; a second one of the same id is a conflict."""
    values = {name: getattr(row, name) for name in CopyRow.__slots__}
    connection.execute(insert(copy_entry).values(values | {"holds": _written(row.holds)}))


def end(connection: Connection, copy_id: str, **ending: Any) -> bool:  # noqa: ANN401 - columns by name
    """Write down that a copy ended; whether it had not ended before."""
    standing = (copy_entry.c.copy_id == copy_id) & copy_entry.c.ended_at.is_(None)
    return connection.execute(update(copy_entry).where(standing).values(**ending)).rowcount == 1


def find(connection: Connection, copy_id: str, *, lock: bool = False) -> CopyRow:
    """Give a copy.

    Raises:
        NotFound: there is none of this id.

    """
    chosen = select(copy_entry).where(copy_entry.c.copy_id == copy_id)
    found = _rows(connection, chosen.with_for_update() if lock else chosen)
    if not found:
        raise NotFound("No copy of this id is in the ledger; see `tayori copies list`.")
    return found[0]


def every(connection: Connection) -> list[CopyRow]:
    """Give all copies, in the order in which they were made."""
    return _rows(connection, select(copy_entry).order_by(copy_entry.c.made_at, copy_entry.c.copy_id))


def standing(connection: Connection, *kinds: str) -> list[CopyRow]:
    """Give the copies that have not ended, of these kinds or of all, the oldest first."""
    chosen = select(copy_entry).where(copy_entry.c.ended_at.is_(None))
    chosen = chosen.where(copy_entry.c.kind.in_(kinds)) if kinds else chosen
    return _rows(connection, chosen.order_by(copy_entry.c.made_at, copy_entry.c.copy_id))


def of_kind(connection: Connection, kind: str) -> list[CopyRow]:
    """Give the copies of a kind, ended or not, the oldest first."""
    chosen = select(copy_entry).where(copy_entry.c.kind == kind)
    return _rows(connection, chosen.order_by(copy_entry.c.made_at, copy_entry.c.copy_id))


def approve(connection: Connection, row: ApprovalRow) -> None:
    """File an approval; a document of the same number is a conflict."""
    connection.execute(insert(copy_approval).values({name: getattr(row, name) for name in ApprovalRow.__slots__}))


def approval(connection: Connection, document_no: str) -> ApprovalRow | None:
    """Give an approval by the number of its document."""
    chosen = select(copy_approval).where(copy_approval.c.document_no == document_no)
    found = connection.execute(chosen).mappings().first()
    return ApprovalRow(**found) if found else None


def add_drill(connection: Connection, row: DrillRow) -> None:
    """Write down a restore."""
    values = {name: getattr(row, name) for name in DrillRow.__slots__}
    connection.execute(insert(restore_drill).values(values | {"found": _written(row.found)}))


def last_drill(connection: Connection) -> DrillRow | None:
    """Give the last restore, rehearsed or real."""
    chosen = select(restore_drill).order_by(restore_drill.c.ended_at.desc(), restore_drill.c.drill_id).limit(1)
    found = connection.execute(chosen).mappings().first()
    return DrillRow(**{**found, "found": json.loads(found["found"])}) if found else None


def restored_from(engine: Engine) -> str | None:
    """Give the copy that a warehouse is being restored from; None where it serves, or does not stand at all."""
    try:
        with reading(engine) as connection:
            if not inspect(connection).has_table(restoring.name):
                return None
            return connection.execute(select(restoring.c.copy_id)).scalar()
    except Absent:
        return None


def mark_restoring(engine: Engine, copy_id: str, now: datetime) -> None:
    """Let nothing serve from this warehouse until it is restored; before anything is loaded."""
    with writing(engine) as connection:
        restoring.create(connection, checkfirst=True)
        connection.execute(delete(restoring))
        connection.execute(insert(restoring).values(mark=1, copy_id=copy_id, since=now))


def let_serve(connection: Connection) -> None:
    """Take the mark away: the warehouse is whole again."""
    connection.execute(delete(restoring))


def _rows(connection: Connection, chosen: Select[Any]) -> list[CopyRow]:
    return [CopyRow(**{**row, "holds": json.loads(row["holds"])}) for row in connection.execute(chosen).mappings()]


def _written(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, sort_keys=True)
