"""Migrated cases in the warehouse: what was loaded, changed and taken back, and where the migration stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, func, insert, select, update

from tayori.errors import NotFound
from tayori.warehouse.bulk import delete_where_in, rows_where_in
from tayori.warehouse.schema.arrivals import case_arrival, letter_file
from tayori.warehouse.schema.migrating import migration
from tayori.warehouse.schema.opinions import masked_opinion, opinion_case

LOADING: Final = "loading"
CUT_OVER: Final = "cut_over"
CASE: Final = tuple(column.name for column in opinion_case.columns)


@dataclass(frozen=True, slots=True)
class MigrationRow:
    """Where one migration stands."""

    source: str
    phase: str
    watermark: str | None
    loaded_at: datetime
    report: str | None = None
    cut_over_at: datetime | None = None
    cut_over_by: str | None = None


def find(connection: Connection, source: str) -> MigrationRow:
    """Give where a migration stands.

    Raises:
        NotFound: nothing was migrated from a source of this name.

    """
    row = connection.execute(select(migration).where(migration.c.source == source)).first()
    if row is None:
        raise NotFound("Nothing was migrated from a source of this name; see `tayori migrate load`.")
    return MigrationRow(*row)


def begun(connection: Connection, source: str, now: datetime) -> MigrationRow:
    """Give where a migration stands, beginning it where it did not."""
    try:
        return find(connection, source)
    except NotFound:
        row = MigrationRow(source, LOADING, None, now)
        connection.execute(insert(migration).values({name: getattr(row, name) for name in MigrationRow.__slots__}))
        return row


def not_cut_over() -> "Select[Any]":
    """Choose the sources whose cases still live in the old system."""
    return select(migration.c.source).where(migration.c.phase == LOADING)


def any_not_cut_over(connection: Connection, numbers: Sequence[int]) -> bool:
    """Whether one of these cases still lives in the old system."""
    theirs = opinion_case.c.source.in_(not_cut_over())
    return any(
        connection.execute(
            select(func.count())
            .select_from(opinion_case)
            .where(opinion_case.c.case_no.in_(numbers[start : start + 500]), theirs)
        ).scalar_one()
        for start in range(0, len(numbers), 500)
    )


def note(connection: Connection, source: str, **values: object) -> None:
    """Write down how far a migration came."""
    connection.execute(update(migration).where(migration.c.source == source).values(**values))


def cases_by_key(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, dict[str, Any]]:
    """Give the cases that came from these source keys, as they are stored."""
    rows = rows_where_in(connection, opinion_case, "source_key", keys, CASE)
    return {bytes(row[CASE.index("source_key")]): dict(zip(CASE, row, strict=True)) for row in rows}


def marks_by_key(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]:
    """Give number and content mark of the cases that came from these source keys."""
    rows = rows_where_in(connection, opinion_case, "source_key", keys, ("source_key", "case_no", "content_mark"))
    return {bytes(row[0]): (row[1], bytes(row[2] or b"")) for row in rows}


def numbers(connection: Connection, source: str) -> list[tuple[int, bytes]]:
    """Give number and source key of every case that came from a source."""
    chosen = select(opinion_case.c.case_no, opinion_case.c.source_key).where(opinion_case.c.source == source)
    return [(row[0], bytes(row[1])) for row in connection.execute(chosen.order_by(opinion_case.c.case_no))]


def named(connection: Connection, cases: Sequence[int]) -> list[tuple[str, str]]:
    """Give receipt number and addressee of cases: by these a hold (廃棄の停止) covers them."""
    rows = rows_where_in(connection, opinion_case, "case_no", cases, ("receipt_no", "addressee"))
    return [(str(row[0]), str(row[1])) for row in rows]


def clear(connection: Connection, cases: Sequence[int]) -> None:
    """Take cases away with all that belongs to them, to be written anew or not at all."""
    for table in (letter_file, case_arrival, masked_opinion, opinion_case):
        delete_where_in(connection, table, "case_no", cases)


def tabulated(connection: Connection, source: str, columns: Iterable[str]) -> dict[str, dict[str | None, int]]:
    """Count a source's cases by the values of each of some columns."""
    found = {}
    for name in columns:
        column = opinion_case.c[name]
        counted = select(column, func.count()).where(opinion_case.c.source == source).group_by(column)
        found[name] = dict(connection.execute(counted).tuples().all())
    return found


def arrivals_missing(connection: Connection, source: str) -> int:
    """How many cases of a source have no line of how they came in."""
    lost = ~select(case_arrival.c.case_no).where(case_arrival.c.case_no == opinion_case.c.case_no).exists()
    chosen = select(func.count()).select_from(opinion_case).where(opinion_case.c.source == source, lost)
    return connection.execute(chosen).scalar_one()
