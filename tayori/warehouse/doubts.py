"""The queue of doubts: letters that a second reader read, the places where it saw a name, what people decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Select, select, update

from tayori.warehouse.analysis import SealedRow
from tayori.warehouse.bulk import delete_where_in, insert_rows, rows_where_in
from tayori.warehouse.people import reserve
from tayori.warehouse.schema.doubts import name_doubt, second_reading
from tayori.warehouse.schema.opinions import masked_opinion, opinion_case

Place = tuple[int, int]

_WITHHELD: Final = 3  # letters of this level have no text
_DOUBT: Final = ("doubt_no", "case_no", "begins", "ends")


class Decision(StrEnum):
    """What a person said of a doubt."""

    NAME = "name"
    NO_NAME = "no_name"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A place of a masked copy that a second reader took for a name, whose letter it is, and what was decided."""

    doubt_no: int
    case_no: int
    receipt_no: str
    month: str
    department: str | None
    begins: int
    ends: int
    decision: str | None


def unread(
    connection: Connection, reader: str, limit: int, before: int | None = None, *, again: bool = False
) -> list[SealedRow]:
    """Give letters of the mart that no second reader read, newest first, below a case number if given.

    With `again` also those that another one read. Canaries and letters without a text are left out.
    """
    held, done = masked_opinion.c, second_reading.c
    seen = select(done.case_no).where(done.case_no == held.case_no)
    seen = seen.where(done.reader == reader) if again else seen
    chosen = select(*(held[name] for name in SealedRow.__slots__))
    chosen = chosen.where(held.case_no > 0, held.level < _WITHHELD, ~seen.exists())
    if before is not None:
        chosen = chosen.where(held.case_no < before)
    return [SealedRow(*row) for row in connection.execute(chosen.order_by(held.case_no.desc()).limit(limit))]


def as_it_was(connection: Connection, copies: Mapping[int, bytes]) -> set[int]:
    """Give those of these case numbers whose sealed copy stands unchanged in the mart."""
    rows = rows_where_in(connection, masked_opinion, "case_no", list(copies), ("case_no", "masked_text"))
    return {number for number, copy in rows if bytes(memoryview(copy)) == copies[number]}


def add(connection: Connection, reader: str, on: date, found: Mapping[int, Sequence[Place]]) -> int:
    """Write down that letters were read, and where there are doubts, by case number; give how many are new.

    A place that meets one that stands there already, decided or not, is not asked again.
    """
    delete_where_in(connection, second_reading, "case_no", list(found))
    names = ("case_no", "reader", "read_on")
    insert_rows(connection, second_reading, names, ((number, reader, on) for number in found))
    known = rows_where_in(connection, name_doubt, "case_no", list(found), ("case_no", "begins", "ends"))
    new = [
        (number, begin, end)
        for number, places in found.items()
        for begin, end in places
        if not any(case_no == number and first < end and begin < last for case_no, first, last in known)
    ]
    if new:
        numbers = reserve(connection, "doubt", len(new))
        insert_rows(connection, name_doubt, _DOUBT, ((no, *row) for no, row in zip(numbers, new, strict=True)))
    return len(new)


def listed(connection: Connection, *, everything: bool = False) -> list[Doubt]:
    """Give the doubts that wait, the oldest first; with `everything` also those that were decided."""
    chosen = _doubts() if everything else _doubts().where(name_doubt.c.decision.is_(None))
    return [Doubt(*row) for row in connection.execute(chosen.order_by(name_doubt.c.doubt_no))]


def find(connection: Connection, doubt_no: int) -> Doubt | None:
    """Give a doubt by its number."""
    row = connection.execute(_doubts().where(name_doubt.c.doubt_no == doubt_no)).one_or_none()
    return None if row is None else Doubt(*row)


def decide(connection: Connection, doubt: Doubt, decision: Decision, on: date, by: str) -> None:
    """Write down what a person said of a doubt."""
    mine = update(name_doubt).where(name_doubt.c.doubt_no == doubt.doubt_no)
    connection.execute(mine.values(decision=decision, decided_on=on, decided_by=by))


def put_copy(connection: Connection, doubt: Doubt, sealed: bytes, longer: int) -> None:
    """Put the new copy of a letter in the place of the old one: the doubt's span was masked and grew by `longer`."""
    held, place = masked_opinion.c, name_doubt.c
    masked = {"masked_text": sealed, "masked_spans": held.masked_spans + 1}
    connection.execute(update(masked_opinion).where(held.case_no == doubt.case_no).values(masked))
    behind = update(name_doubt).where(place.case_no == doubt.case_no, place.begins >= doubt.ends)
    connection.execute(behind.values(begins=place.begins + longer, ends=place.ends + longer))
    mine = update(name_doubt).where(place.doubt_no == doubt.doubt_no)
    connection.execute(mine.values(ends=doubt.ends + longer))


def _doubts() -> Select[Any]:
    held, case = masked_opinion.c, opinion_case.c
    names = (case.receipt_no, held.month, held.department, name_doubt.c.begins, name_doubt.c.ends)
    chosen = select(name_doubt.c.doubt_no, name_doubt.c.case_no, *names, name_doubt.c.decision)
    return chosen.join_from(name_doubt, opinion_case, name_doubt.c.case_no == case.case_no).join(
        masked_opinion, held.case_no == case.case_no
    )
