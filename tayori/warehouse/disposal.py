"""Disposal of letters in the warehouse: what is due, the lists, their signatures, and the register that stays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, Table, delete, func, insert, literal, select, update

from tayori.domain.columns import CASE_RULES
from tayori.domain.states import DONE
from tayori.errors import NotFound
from tayori.warehouse.bulk import delete_where_in, insert_rows, rows_where_in
from tayori.warehouse.erasure import rules_of
from tayori.warehouse.migrating import not_cut_over
from tayori.warehouse.schema.desk import disclosure, disclosure_case
from tayori.warehouse.schema.endings import (
    disposal_item,
    disposal_list,
    disposal_register,
    disposal_signature,
    disposed_letter,
)
from tayori.warehouse.schema.opinions import opinion_case


class ListState(StrEnum):
    """Where a list for disposal stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


ENDED = ("handed_out", "withdrawn")
ASKED = timedelta(days=366)
OPEN = frozenset({ListState.PROPOSED, ListState.APPROVED, ListState.RUNNING})


@dataclass(frozen=True, slots=True)
class Listed:
    """One letter on a list: its number and receipt number, its series, and since when its period is over."""

    case_no: int
    receipt_no: str
    series: str
    due_from: date


@dataclass(frozen=True, slots=True)
class DoneOn:
    """A letter whose case is done: number, receipt number, and the day."""

    case_no: int
    receipt_no: str
    done_on: date


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list for disposal (廃棄予定一覧): as of which day, how many letters, the hash of what it names."""

    list_id: str
    as_of: date
    cases: int
    digest: str
    state: ListState
    proposed_by: str
    proposed_at: datetime
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """A handler's signature over a list, in one role."""

    list_id: str
    role: str
    handler_id: str
    key_id: str
    statement: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A line of the disposal register (廃棄簿): what was disposed of, by whose authority and approval, which proof."""

    list_id: str
    series: str
    term: str
    fiscal_years: int
    authority: str
    disposed: int
    withheld: int
    approved_by: str
    disposed_on: date
    certificate_no: str | None = None


def done_before(connection: Connection, addressees: Sequence[str], day: date) -> list[DoneOn]:
    """Give the letters to these addressees whose cases were done before a day and that no open list names.

    Migrated ones are not among them before the cut-over: the old system has them, and would bring them back.
    """
    columns = opinion_case.c
    listed = (
        select(literal(1))
        .select_from(disposal_item.join(disposal_list))
        .where(disposal_item.c.case_no == columns.case_no, disposal_list.c.state.in_(sorted(OPEN)))
        .exists()
    )
    chosen = (
        select(columns.case_no, columns.receipt_no, columns.done_on)
        .where(columns.addressee.in_(sorted(addressees)), columns.state.in_(sorted(DONE)))
        .where(columns.done_on < day, columns.case_no > 0, ~listed)
        .where(columns.source.not_in(not_cut_over()))
        .order_by(columns.case_no)
    )
    return [DoneOn(*row) for row in connection.execute(chosen)]


def add_list(connection: Connection, row: ListRow, items: Sequence[Listed]) -> None:
    """Write a list down with the letters that it names."""
    connection.execute(insert(disposal_list).values({name: getattr(row, name) for name in ListRow.__slots__}))
    connection.execute(
        insert(disposal_item),
        [{"list_id": row.list_id} | {name: getattr(one, name) for name in Listed.__slots__} for one in items],
    )


def find_list(connection: Connection, list_id: str) -> ListRow:
    """Give a list by its id.

    Raises:
        NotFound: there is none of this id.

    """
    found = connection.execute(select(disposal_list).where(disposal_list.c.list_id == list_id)).mappings().first()
    if found is None:
        raise NotFound(f"There is no list for disposal {list_id}; see `tayori disposal list`.")
    return ListRow(**dict(found) | {"state": ListState(found["state"])})


def lists(connection: Connection) -> list[ListRow]:
    """Give all lists, in the order in which they were proposed."""
    chosen = select(disposal_list).order_by(disposal_list.c.proposed_at, disposal_list.c.list_id)
    return [ListRow(**dict(row) | {"state": ListState(row["state"])}) for row in connection.execute(chosen).mappings()]


def move(connection: Connection, list_id: str, state: ListState, run_id: str | None = None) -> None:
    """Move a list on; `run_id` names the run that takes it in hand."""
    values: dict[str, object] = {"state": state} | ({"run_id": run_id} if run_id is not None else {})
    connection.execute(update(disposal_list).where(disposal_list.c.list_id == list_id).values(values))


def items(connection: Connection, list_id: str) -> list[Listed]:
    """Give the letters that a list names, by ascending number; once it is done they end with the backups."""
    chosen = select(*(disposal_item.c[name] for name in Listed.__slots__)).where(disposal_item.c.list_id == list_id)
    return [Listed(*row) for row in connection.execute(chosen.order_by(disposal_item.c.case_no))]


def next_items(connection: Connection, list_id: str, after: int, size: int) -> list[Listed]:
    """Give the next letters of a list that are not disposed of yet, by ascending number after `after`."""
    columns = disposal_item.c
    chosen = select(*(columns[name] for name in Listed.__slots__)).where(
        columns.list_id == list_id, columns.disposed_at.is_(None), columns.case_no > after
    )
    return [Listed(*row) for row in connection.execute(chosen.order_by(columns.case_no).limit(size))]


def dispose(
    connection: Connection, list_id: str, gone: Sequence[tuple[Listed, bytes]], now: datetime
) -> dict[str, int]:
    """Delete letters with all that belongs to them, and note who was disposed of; give how many rows went, by table.

    What each came from is remembered by its keyed digest, so that reading the source again does not bring it back.
    """
    numbers = [item.case_no for item, _ in gone]
    sources = rows_where_in(connection, opinion_case, "case_no", numbers, ("source_key",))
    insert_rows(connection, disposed_letter, ("source_key",), [(bytes(row[0]),) for row in sources], ignore=True)
    rows = delete_letters(connection, numbers)
    for item, commitment in gone:
        mine = (disposal_item.c.list_id == list_id) & (disposal_item.c.case_no == item.case_no)
        connection.execute(update(disposal_item).where(mine).values(commitment=commitment, disposed_at=now))
    return rows


def asked_for(connection: Connection, numbers: Sequence[int], today: date) -> set[int]:
    """Give those of these letters that an open disclosure request (開示の請求) covers: within its year, not ended.

    The law gives two months to answer; one that is left open for longer than a year has ended some other way, and
    what is fought over has its hold.
    """
    listed = rows_where_in(connection, disclosure_case, "case_no", numbers, ("case_no", "disclosure_id"))
    chosen = select(disclosure.c.disclosure_id).where(
        disclosure.c.state.not_in(ENDED), disclosure.c.asked_on > today - ASKED
    )
    waiting = set(connection.execute(chosen).scalars()) if listed else set()
    return {case_no for case_no, disclosure_id in listed if disclosure_id in waiting}


def delete_letters(connection: Connection, numbers: Sequence[int]) -> dict[str, int]:
    """Delete letters with every row that belongs to their cases; give how many rows went, by table."""
    return {table.name: delete_where_in(connection, table, "case_no", numbers) for table in case_tables()}


def case_tables() -> list[Table]:
    """Give the tables that hold rows of cases, by their erasure rules, those that depend on others first."""
    tables = reversed(opinion_case.metadata.sorted_tables)
    return [table for table in tables if rules_of(table) & CASE_RULES and "case_no" in table.columns]


def disposed_numbers(connection: Connection, list_id: str) -> list[int]:
    """Give the numbers of those letters of a list that were disposed of, ascending."""
    chosen = select(disposal_item.c.case_no).where(
        disposal_item.c.list_id == list_id, disposal_item.c.disposed_at.is_not(None)
    )
    return list(connection.execute(chosen.order_by(disposal_item.c.case_no)).scalars())


def count_disposed_until(connection: Connection, moment: datetime) -> int:
    """Count the rows that still name what was disposed of up to a moment."""
    chosen = select(func.count()).select_from(disposal_item).where(disposal_item.c.disposed_at <= moment)
    return int(connection.execute(chosen).scalar_one())


@dataclass(frozen=True, slots=True)
class Disposed:
    """What became of one series of a list: disposed, withheld, from when to when their periods were over."""

    series: str
    disposed: int
    withheld: int
    first_due: date
    last_due: date


def outcome(connection: Connection, list_id: str) -> list[Disposed]:
    """Count a list by its items, canaries left out."""
    columns = disposal_item.c
    chosen = (
        select(
            columns.series,
            func.count(columns.disposed_at),
            func.count() - func.count(columns.disposed_at),
            func.min(columns.due_from),
            func.max(columns.due_from),
        )
        .where(columns.list_id == list_id, columns.case_no > 0)
        .group_by(columns.series)
        .order_by(columns.series)
    )
    return [Disposed(*row) for row in connection.execute(chosen)]


def span(connection: Connection, list_id: str) -> tuple[datetime, datetime] | None:
    """Give when the first and the last letter of a list was disposed of; None where none was."""
    columns = disposal_item.c
    mine = (columns.list_id == list_id, columns.case_no > 0)
    began, ended = connection.execute(
        select(func.min(columns.disposed_at), func.max(columns.disposed_at)).where(*mine)
    ).one()
    return None if began is None else (began, ended)


def commitments(connection: Connection, list_id: str) -> list[bytes]:
    """Give the commitments to the letters that were disposed of, ascending, so that their order tells nothing."""
    columns = disposal_item.c
    chosen = select(columns.commitment).where(
        columns.list_id == list_id, columns.case_no > 0, columns.disposed_at.is_not(None)
    )
    return sorted(bytes(one) for one in connection.execute(chosen).scalars())


def drop_withheld(connection: Connection, list_id: str) -> int:
    """Take the letters that were not disposed of off a list that ended; the next list may name them again."""
    columns = disposal_item.c
    return connection.execute(
        delete(disposal_item).where(columns.list_id == list_id, columns.disposed_at.is_(None))
    ).rowcount


def sign(connection: Connection, row: SignatureRow) -> None:
    """Add a signature; a second one in one role, or by one credential, is a conflict."""
    connection.execute(insert(disposal_signature).values({name: getattr(row, name) for name in SignatureRow.__slots__}))


def signatures(connection: Connection, list_id: str) -> dict[str, SignatureRow]:
    """Give a list's signatures by role."""
    rows = connection.execute(select(disposal_signature).where(disposal_signature.c.list_id == list_id)).mappings()
    return {row["role"]: SignatureRow(**row) for row in rows}


def enter(connection: Connection, rows: Sequence[RegisterRow]) -> None:
    """Enter a list into the register; entered again, it is the same."""
    for row in rows:
        mine = (disposal_register.c.list_id == row.list_id) & (disposal_register.c.series == row.series)
        connection.execute(delete(disposal_register).where(mine))
        connection.execute(
            insert(disposal_register).values({name: getattr(row, name) for name in RegisterRow.__slots__})
        )


def register(connection: Connection) -> list[RegisterRow]:
    """Give the whole disposal register, oldest first."""
    columns = disposal_register.c
    chosen = select(disposal_register).order_by(columns.disposed_on, columns.list_id, columns.series)
    return [RegisterRow(**row) for row in connection.execute(chosen).mappings()]
