"""Letters in the warehouse: cases with sealed items, counts without persons, and the masked mart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Row, case, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from tayori.domain.states import ANALYSED, OPEN_CASES, CaseState, case_sources
from tayori.warehouse.bulk import insert_rows, rows_where_in
from tayori.warehouse.engines import is_sqlite
from tayori.warehouse.people import reserve
from tayori.warehouse.schema.endings import disposed_letter
from tayori.warehouse.schema.opinions import (
    SEALED_ITEMS,
    counted_letter,
    masked_opinion,
    opinion_case,
    opinion_tally,
    source_watermark,
)

CASE = tuple(column.name for column in opinion_case.columns)
MANAGED = ("channel", "addressee", "answer_wanted", "department", "kind")
NEW_CASE = (
    *("case_no", "receipt_no", "source", "source_key", "received_on", "target_on", "calendar_version", "state"),
    *("content_mark", *MANAGED, "name", "postal_code", "address", "telephone", "email", "fax", "opinion"),
)
TALLY_KEY = [opinion_tally.c.source, opinion_tally.c.month, opinion_tally.c.channel, opinion_tally.c.reason]
MASKED = tuple(column.name for column in masked_opinion.columns)


@dataclass(frozen=True, slots=True)
class DoneCase:
    """A case that is done and not yet in the mart: its 管理項目 and the sealed letter."""

    case_no: int
    received_on: date
    channel: str
    department: str | None
    kind: str | None
    state: str
    opinion: bytes


@dataclass(frozen=True, slots=True)
class MaskedRow:
    """A row of the mart: coarse facts, and the masked text sealed under its case's key."""

    mart_key: str
    case_no: int
    month: str
    channel: str
    department: str | None
    kind: str | None
    theme: str | None
    state: str
    masked_spans: int
    level: int
    masked_text: bytes


def reserve_cases(connection: Connection, count: int) -> range:
    """Reserve case numbers that were never used."""
    return reserve(connection, "case", count)


def marks_of_cases(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, bytes | None]:
    """Give those look-up values of source keys that came in as a case, with the mark of what they said then.

    A letter that was disposed of has no mark any more: read again, it is a duplicate whatever it says.
    """
    cases = rows_where_in(connection, opinion_case, "source_key", keys, ("source_key", "content_mark"))
    marks = {bytes(row[0]): bytes(row[1]) if row[1] is not None else None for row in cases}
    return dict.fromkeys(disposed_before(connection, keys)) | marks


def disposed_before(connection: Connection, keys: Sequence[bytes]) -> set[bytes]:
    """Give those look-up values of source keys whose letter was disposed of: it never comes in again."""
    return {bytes(row[0]) for row in rows_where_in(connection, disposed_letter, "source_key", keys, ("source_key",))}


def cases_of(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, int]:
    """Give the case numbers of those look-up values of source keys that came in as a case."""
    rows = rows_where_in(connection, opinion_case, "source_key", keys, ("source_key", "case_no"))
    return {bytes(row[0]): row[1] for row in rows}


def counted_before(connection: Connection, keys: Sequence[bytes]) -> set[bytes]:
    """Give those look-up values of source keys that came in as a count."""
    return {bytes(row[0]) for row in rows_where_in(connection, counted_letter, "source_key", keys, ("source_key",))}


def add_cases(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add cases; each row holds every column of `opinion_case`."""
    insert_rows(connection, opinion_case, CASE, ([row[name] for name in CASE] for row in rows))


def add_new_cases(connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
    """Add cases that nobody worked on yet; each row's values stand in the order of `NEW_CASE`."""
    insert_rows(connection, opinion_case, NEW_CASE, rows)


def set_marks(connection: Connection, marks: Sequence[tuple[bytes, int]]) -> None:
    """Write down what cases say at their source by now: mark and number of each."""
    for mark, case_no in marks:
        connection.execute(update(opinion_case).where(opinion_case.c.case_no == case_no).values(content_mark=mark))


def count_letters(
    connection: Connection, source: str, counted: Mapping[tuple[str, str, str], int], keys: Sequence[bytes]
) -> None:
    """Add to the counts of letters without persons, by (month, channel, reason), and remember their source keys."""
    insert_rows(connection, counted_letter, ("source_key",), ((key,) for key in keys))
    insert = sqlite_insert if is_sqlite(connection) else pg_insert
    for (month, channel, reason), letters in counted.items():
        added = insert(opinion_tally).values(
            source=source, month=month, channel=channel, reason=reason, letters=letters
        )
        connection.execute(
            added.on_conflict_do_update(index_elements=TALLY_KEY, set_={"letters": opinion_tally.c.letters + letters})
        )


def watermark(connection: Connection, source: str) -> str | None:
    """Give where the last reading of a source ended."""
    return connection.execute(
        select(source_watermark.c.watermark).where(source_watermark.c.source == source)
    ).scalar_one_or_none()


def set_watermark(connection: Connection, source: str, mark: str, now: datetime) -> None:
    """Keep where the reading of a source ended."""
    connection.execute(delete(source_watermark).where(source_watermark.c.source == source))
    connection.execute(source_watermark.insert().values(source=source, watermark=mark, read_at=now))


def open_cases(connection: Connection, source: str | None = None, limit: int | None = None) -> list[Row[Any]]:
    """Give numbers, receipt date, way and whether an answer is wanted of cases that are not done, oldest first."""
    columns = opinion_case.c
    chosen = select(columns.case_no, columns.received_on, columns.answer_wanted, columns.target_on)
    chosen = chosen.add_columns(columns.receipt_no, columns.channel, columns.state)
    chosen = chosen.where(columns.state.in_(sorted(OPEN_CASES)), columns.case_no > 0)
    chosen = chosen.order_by(columns.case_no).limit(limit)
    if source is not None:
        chosen = chosen.where(columns.source == source)
    return list(connection.execute(chosen))


def count_open(connection: Connection, first: date, last: date) -> int:
    """How many cases that came in on these days, both ends included, are not done."""
    columns = opinion_case.c
    open_ones = columns.state.in_(sorted(OPEN_CASES))
    chosen = select(func.count()).where(open_ones, columns.received_on.between(first, last))
    return connection.execute(chosen).scalar_one()


def days_received(connection: Connection) -> tuple[date, date] | None:
    """Give the first and the last day on which the cases that are here came in; None without a case."""
    first, last = connection.execute(
        select(func.min(opinion_case.c.received_on), func.max(opinion_case.c.received_on)).where(
            opinion_case.c.case_no > 0
        )
    ).one()
    return None if first is None else (first, last)


def by_receipt(connection: Connection, receipts: Sequence[str]) -> dict[str, tuple[int, CaseState]]:
    """Give case number and state by receipt number, for those receipt numbers that are a case's."""
    rows = rows_where_in(connection, opinion_case, "receipt_no", receipts, ("receipt_no", "case_no", "state"))
    return {row[0]: (row[1], CaseState(row[2])) for row in rows}


def receipts(connection: Connection, numbers: Sequence[int]) -> list[str]:
    """Give the receipt numbers of cases."""
    return [row[0] for row in rows_where_in(connection, opinion_case, "case_no", numbers, ("receipt_no",))]


def sealed_letters(connection: Connection, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Give number and sealed items of letters."""
    names = ("case_no", *SEALED_ITEMS)
    return [
        dict(zip(names, row, strict=True)) for row in rows_where_in(connection, opinion_case, "case_no", numbers, names)
    ]


def movable(connection: Connection, numbers: Sequence[int], state: CaseState) -> list[int]:
    """Give those of these cases that may go to a state from where they stand."""
    rows = rows_where_in(connection, opinion_case, "case_no", numbers, ("case_no", "state"))
    return sorted(number for number, before in rows if CaseState(before) in case_sources(state))


def received_after(connection: Connection, numbers: Sequence[int], day: date) -> int:
    """How many of these cases came in after a day."""
    later = 0
    for start in range(0, len(numbers), 500):
        mine = opinion_case.c.case_no.in_(numbers[start : start + 500])
        counted = select(func.count()).select_from(opinion_case).where(mine, opinion_case.c.received_on > day)
        later += connection.execute(counted).scalar_one()
    return later


def set_state(connection: Connection, numbers: Sequence[int], state: CaseState, done_on: date | None) -> int:
    """Move those cases to a state that may go there; give how many moved."""
    moved = 0
    for start in range(0, len(numbers), 500):
        done = connection.execute(
            update(opinion_case)
            .where(opinion_case.c.case_no.in_(numbers[start : start + 500]))
            .where(opinion_case.c.state.in_(sorted(case_sources(state))))
            .values(state=state, done_on=done_on)
        )
        moved += done.rowcount
    return moved


def done_and_unmasked(connection: Connection, limit: int, within: tuple[int, int]) -> list[DoneCase]:
    """Give cases of a span of case numbers that are done and not yet in the mart, oldest first."""
    columns = opinion_case.c
    # a case that was answered and then closed is counted as answered
    outcome = case((columns.state == CaseState.CLOSED, CaseState.ANSWERED.value), else_=columns.state).label("state")
    wanted = [outcome if name == "state" else columns[name] for name in DoneCase.__slots__]
    chosen = select(*wanted).where(_unmasked(), columns.case_no.between(*within))
    return [DoneCase(*row) for row in connection.execute(chosen.order_by(columns.case_no).limit(limit))]


def unmasked_partitions(connection: Connection, size: int) -> list[tuple[int, int]]:
    """Cut the cases that are done and not yet in the mart into spans of case numbers, up to `size` cases in each."""
    chosen = select(opinion_case.c.case_no).where(_unmasked()).order_by(opinion_case.c.case_no)
    found = connection.execute(chosen.execution_options(yield_per=size)).scalars()
    return [(numbers[0], numbers[-1]) for numbers in found.partitions(size)]


def _unmasked() -> ColumnElement[bool]:
    in_mart = select(literal(1, Integer)).where(masked_opinion.c.case_no == opinion_case.c.case_no).exists()
    return opinion_case.c.state.in_(sorted(ANALYSED)) & ~in_mart


def still_unmasked(connection: Connection, numbers: Sequence[int]) -> set[int]:
    """Give those of these cases that are here and not in the mart."""
    there = {row[0] for row in rows_where_in(connection, opinion_case, "case_no", numbers, ("case_no",))}
    return there - {row[0] for row in rows_where_in(connection, masked_opinion, "case_no", numbers, ("case_no",))}


def add_masked(connection: Connection, rows: Iterable[MaskedRow]) -> None:
    """Add rows to the mart."""
    insert_rows(connection, masked_opinion, MASKED, ([getattr(row, name) for name in MASKED] for row in rows))


def masked_between(connection: Connection, first_month: str, last_month: str) -> list[MaskedRow]:
    """Give the mart's rows of a span of months (YYYY-MM), both ends included, in the order of their keys."""
    columns = [masked_opinion.c[name] for name in MaskedRow.__slots__]
    chosen = select(*columns).where(masked_opinion.c.month.between(first_month, last_month))
    return [MaskedRow(*row) for row in connection.execute(chosen.order_by(masked_opinion.c.mart_key))]


def tallies(connection: Connection) -> list[Row[Any]]:
    """Give the counts of letters without persons."""
    return list(connection.execute(select(opinion_tally).order_by(*opinion_tally.primary_key.columns)))


def count_cases(connection: Connection) -> dict[str, int]:
    """Give the number of cases in each state, canaries left out."""
    chosen = select(opinion_case.c.state, func.count()).where(opinion_case.c.case_no > 0)
    chosen = chosen.group_by(opinion_case.c.state).order_by(opinion_case.c.state)
    return dict(connection.execute(chosen).tuples().all())
