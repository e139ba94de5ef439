"""How letters came in: their files, and which of them say the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from tayori.warehouse.bulk import insert_rows, rows_where_in
from tayori.warehouse.people import reserve
from tayori.warehouse.schema.arrivals import case_arrival, letter_file
from tayori.warehouse.schema.opinions import opinion_case

ARRIVAL = ("case_no", "text_mark", "doubtful")
FILE = ("file_no", "case_no", "role", "media_type", "title", "content")


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of a letter as it is stored: `title` and `content` sealed under the case's key."""

    file_no: int
    case_no: int
    role: str
    media_type: str
    title: bytes = field(repr=False)
    content: bytes = field(repr=False)


def reserve_files(connection: Connection, count: int) -> range:
    """Reserve numbers of files that were never used."""
    return reserve(connection, "file", count)


def add_files(connection: Connection, rows: Iterable[FileRow]) -> None:
    """Add files of letters."""
    insert_rows(connection, letter_file, FILE, ([getattr(row, name) for name in FILE] for row in rows))


def files_of(connection: Connection, cases: Sequence[int]) -> list[FileRow]:
    """Give the files of cases, in the order in which they came."""
    found = rows_where_in(connection, letter_file, "case_no", cases, FILE)
    return sorted((FileRow(*row) for row in found), key=lambda row: row.file_no)


def add_arrivals(connection: Connection, rows: Iterable[tuple[int, bytes | None, int]]) -> None:
    """Write down how cases came in: number, mark of the text, how many signs are doubtful."""
    insert_rows(connection, case_arrival, ARRIVAL, rows)


def same_text(connection: Connection, case_no: int) -> list[int]:
    """Give the other cases whose letter says the same: texts are linked, their writers never."""
    mine = select(case_arrival.c.text_mark).where(case_arrival.c.case_no == case_no).scalar_subquery()
    chosen = select(case_arrival.c.case_no).where(case_arrival.c.text_mark == mine, case_arrival.c.case_no != case_no)
    return list(connection.execute(chosen.order_by(case_arrival.c.case_no)).scalars())


def linked(connection: Connection) -> list[dict[str, Any]]:
    """Give the cases whose letter another letter repeats, those of one text together, the text with the first first."""
    mark, case = case_arrival.c.text_mark, opinion_case.c
    twice = select(mark, func.min(case_arrival.c.case_no).label("first")).where(mark.is_not(None)).group_by(mark)
    doubled = twice.having(func.count() > 1).subquery()
    chosen = (
        select(doubled.c.first, case.receipt_no, case.received_on, case.channel, case.state)
        .join_from(case_arrival, doubled, mark == doubled.c.text_mark)
        .join(opinion_case, case.case_no == case_arrival.c.case_no)
        .order_by(doubled.c.first, case.case_no)
    )
    return [dict(row) for row in connection.execute(chosen).mappings()]


def revisions(connection: Connection) -> list[dict[str, Any]]:
    """Give the cases whose source said something else after they were read, and how often it did."""
    case = opinion_case.c
    chosen = (
        select(case.receipt_no, case.received_on, case.channel, case.state, func.count().label("times"))
        .join_from(letter_file, opinion_case, letter_file.c.case_no == case.case_no)
        .where(letter_file.c.role == "revision")
        .group_by(case.case_no)
        .order_by(case.case_no)
    )
    return [dict(row) for row in connection.execute(chosen).mappings()]


def doubtful_signs(connection: Connection, case_no: int) -> int:
    """How many signs of a case's letter nobody could read for certain."""
    chosen = select(case_arrival.c.doubtful).where(case_arrival.c.case_no == case_no)
    return connection.execute(chosen).scalar_one_or_none() or 0
