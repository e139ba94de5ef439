"""Answers in the warehouse: drafts, the stamps under them, what went out, and texts that several answers share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from tayori.errors import NotFound
from tayori.warehouse.bulk import rows_where_in
from tayori.warehouse.schema.desk import case_reply, reply_dispatch, reply_stamp, shared_text
from tayori.warehouse.schema.opinions import opinion_case


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """One version of an answer. `mark`: keyed digest of its text; `words`: the text, sealed."""

    case_no: int
    seq: int
    route: str
    form: str
    way: str
    template: str
    shared: str | None
    shared_version: int | None
    changed: bool
    drafted_by: str
    drafted_at: datetime
    mark: bytes
    words: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StampRow:
    """One stamp under one version: which step of the route, as whom, by whom, and the signature."""

    case_no: int
    seq: int
    step: int
    post: str
    department: str
    stamp: str
    by: str
    at: datetime
    statement: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DispatchRow:
    """What goes out of a case: its document number, dates, the two who checked it, and when it left."""

    case_no: int
    document_no: str
    reply: int
    dated_on: date
    decided_on: date
    issued_by: str
    first_check: str | None = None
    second_check: str | None = None
    sent_on: date | None = None
    sent_by: str | None = None


@dataclass(frozen=True, slots=True)
class SharedRow:
    """One version of a text that several answers share (同趣旨)."""

    shared: str
    version: int
    words: str
    written_by: str
    written_at: datetime


def add_reply(connection: Connection, row: ReplyRow) -> None:
    """Add a version of an answer."""
    connection.execute(insert(case_reply).values({name: getattr(row, name) for name in ReplyRow.__slots__}))


def latest(connection: Connection, case_no: int) -> ReplyRow | None:
    """Give the newest version of a case's answer."""
    chosen = select(case_reply).where(case_reply.c.case_no == case_no).order_by(case_reply.c.seq.desc()).limit(1)
    row = connection.execute(chosen).mappings().first()
    return ReplyRow(**row) if row is not None else None


def require_latest(connection: Connection, case_no: int, receipt_no: str) -> ReplyRow:
    """Give the newest version of a case's answer.

    Raises:
        NotFound: nothing was drafted.

    """
    row = latest(connection, case_no)
    if row is None:
        raise NotFound(f"The case {receipt_no} has no draft of an answer; write one with `tayori case draft`.")
    return row


def sign(connection: Connection, row: StampRow) -> None:
    """Add a stamp; a second one at one step, or by one credential, is a conflict."""
    connection.execute(insert(reply_stamp).values({name: getattr(row, name) for name in StampRow.__slots__}))


def stamps(connection: Connection, case_no: int, seq: int) -> list[StampRow]:
    """Give the stamps under a version, in the order of the route."""
    columns = reply_stamp.c
    chosen = select(reply_stamp).where(columns.case_no == case_no, columns.seq == seq).order_by(columns.step)
    return [StampRow(**row) for row in connection.execute(chosen).mappings()]


def deputised(connection: Connection, stamp: str) -> list[dict[str, Any]]:
    """Give the stamps of this kind under the newest version of each answer, with their cases' numbers."""
    columns, newest = reply_stamp.c, case_reply.alias()
    last = select(func.max(newest.c.seq)).where(newest.c.case_no == columns.case_no).scalar_subquery()
    shown = (columns.seq, columns.post, columns.department, columns.by, columns.at)
    chosen = select(opinion_case.c.receipt_no, *shown).join_from(reply_stamp, opinion_case)
    chosen = chosen.where(columns.stamp == stamp, columns.seq == last).order_by(columns.at, columns.step)
    return [dict(row) for row in connection.execute(chosen).mappings()]


def issue(connection: Connection, row: DispatchRow) -> None:
    """Give a case its document number; one issued before and not sent is replaced."""
    connection.execute(delete(reply_dispatch).where(reply_dispatch.c.case_no == row.case_no))
    connection.execute(insert(reply_dispatch).values({name: getattr(row, name) for name in DispatchRow.__slots__}))


def issued(connection: Connection, case_no: int) -> DispatchRow | None:
    """Give what was issued for a case."""
    row = connection.execute(select(reply_dispatch).where(reply_dispatch.c.case_no == case_no)).mappings().first()
    return DispatchRow(**row) if row is not None else None


def any_in_doubt(connection: Connection, numbers: Sequence[int]) -> bool:
    """Whether the mail of one of these open cases may have gone out: it was begun, and nobody said whether it left."""
    rows = rows_where_in(connection, reply_dispatch, "case_no", numbers, ("sent_by",))
    return any(row[0] is not None for row in rows)


def alter_dispatch(connection: Connection, case_no: int, **values: object) -> None:
    """Keep a check, or that it left."""
    connection.execute(update(reply_dispatch).where(reply_dispatch.c.case_no == case_no).values(**values))


def add_shared(connection: Connection, row: SharedRow) -> None:
    """Add a version of a shared text."""
    connection.execute(insert(shared_text).values({name: getattr(row, name) for name in SharedRow.__slots__}))


def next_version(connection: Connection, shared: str) -> int:
    """Give the number of the next version of a shared text."""
    last = select(func.max(shared_text.c.version)).where(shared_text.c.shared == shared)
    return int(connection.execute(last).scalar() or 0) + 1


def find_shared(connection: Connection, shared: str, version: int | None = None) -> SharedRow:
    """Give a version of a shared text, the newest one where none is named.

    Raises:
        NotFound: there is none.

    """
    columns = shared_text.c
    chosen = select(shared_text).where(columns.shared == shared).order_by(columns.version.desc()).limit(1)
    chosen = chosen if version is None else chosen.where(columns.version == version)
    row = connection.execute(chosen).mappings().first()
    if row is None:
        raise NotFound(f"There is no shared text {shared}; write one with `tayori case share`.")
    return SharedRow(**row)
