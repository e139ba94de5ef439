"""The access log's table: append-only rows, each bound to the one before by its hash."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, insert, select, text

from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.schema.records import audit_entry, audit_head

PAGE = 5_000


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the access log. `count` is how many persons; `subject` a pseudonym that dies with its key."""

    seq: int
    at: datetime
    actor: str
    action: str
    purpose: str
    object: str
    count: int
    subject: bytes | None
    before: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class HeadRow:
    """The signed end of the log on one day."""

    day: date
    seq: int
    hash: bytes
    signature: bytes
    signed_at: datetime


def lock(connection: Connection) -> None:
    """Let nobody else write a line until the transaction ends. SQLite has one writer at a time anyway."""
    if not is_sqlite(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(7411)"))


def last_line(connection: Connection) -> tuple[int, bytes]:
    """Give number and hash of the last line (0 and zeros for an empty log), locked until the transaction ends."""
    lock(connection)
    found = connection.execute(
        select(audit_entry.c.seq, audit_entry.c.hash).order_by(audit_entry.c.seq.desc()).limit(1)
    ).first()
    return (found.seq, found.hash) if found else (0, bytes(32))


def end(connection: Connection) -> int:
    """Give the number of the last line (0 for an empty log); others may go on writing."""
    return int(connection.execute(select(func.max(audit_entry.c.seq))).scalar() or 0)


def any_since(connection: Connection, seq: int, action: str) -> bool:
    """Whether a line behind this number tells of such an action."""
    chosen = select(audit_entry.c.seq).where(audit_entry.c.seq > seq, audit_entry.c.action == action)
    return connection.execute(chosen.limit(1)).first() is not None


def append(connection: Connection, row: AuditRow) -> None:
    """Write one line."""
    connection.execute(insert(audit_entry).values({name: getattr(row, name) for name in AuditRow.__slots__}))


def holds(connection: Connection, seq: int, line_hash: bytes) -> bool:
    """Whether the line of this number has this hash; there is no line 0, and its hash is zeros."""
    found = connection.execute(select(audit_entry.c.hash).where(audit_entry.c.seq == seq)).scalar()
    return line_hash == (bytes(found) if found is not None else bytes(32) if seq == 0 else b"")


def decisions(connection: Connection, begin: str) -> Iterator[str]:
    """Give the objects of the lines that begin so, in order."""
    chosen = select(audit_entry.c.object).where(audit_entry.c.object.startswith(begin, autoescape=True))
    return iter(connection.execute(chosen.order_by(audit_entry.c.seq)).scalars())


def lines(connection: Connection, after: int = 0) -> Iterator[AuditRow]:
    """Give the lines in order, from the one after `after`."""
    while True:
        chosen = select(audit_entry).where(audit_entry.c.seq > after).order_by(audit_entry.c.seq).limit(PAGE)
        page = [AuditRow(**row) for row in connection.execute(chosen).mappings()]
        if not page:
            return
        yield from page
        after = page[-1].seq


def lines_of_last(connection: Connection, count: int) -> list[AuditRow]:
    """Give the last lines, oldest first."""
    chosen = select(audit_entry).order_by(audit_entry.c.seq.desc()).limit(count)
    return [AuditRow(**row) for row in connection.execute(chosen).mappings()][::-1]


def add_head(connection: Connection, head: HeadRow) -> None:
    """Keep the signed head of a day; a later one of the same day replaces it."""
    connection.execute(audit_head.delete().where(audit_head.c.day == head.day))
    connection.execute(insert(audit_head).values({name: getattr(head, name) for name in HeadRow.__slots__}))


def heads(connection: Connection) -> list[HeadRow]:
    """Give the signed heads, oldest first."""
    return [HeadRow(**row) for row in connection.execute(select(audit_head).order_by(audit_head.c.day)).mappings()]
