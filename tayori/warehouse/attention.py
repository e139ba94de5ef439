"""The desk's queue of letters on prohibited or sensitive matters (level 2 and 3), by case; never their text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select

from tayori.warehouse.bulk import rows_where_in
from tayori.warehouse.schema.attention import case_attended
from tayori.warehouse.schema.opinions import masked_opinion, opinion_case

_FROM_LEVEL = 2


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that waits to be looked at: its receipt number, level, day and department."""

    case_no: int
    receipt_no: str
    level: int
    received_on: date
    department: str | None


def waiting(connection: Connection) -> list[Waiting]:
    """The letters of the mart that nobody has looked at yet, those about third parties first, then the oldest."""
    held, case = masked_opinion.c, opinion_case.c
    seen = select(case_attended.c.case_no).where(case_attended.c.case_no == held.case_no).exists()
    chosen = (
        select(case.case_no, case.receipt_no, held.level, case.received_on, case.department)
        .join_from(masked_opinion, opinion_case, held.case_no == case.case_no)
        .where(held.level >= _FROM_LEVEL, ~seen)
        .order_by(held.level.desc(), case.received_on, case.case_no)
    )
    return [Waiting(*row) for row in connection.execute(chosen)]


def mark(connection: Connection, numbers: Sequence[int], on: date, by: str) -> int:
    """Take letters off the queue; give how many were on it. Marked once, a letter stays marked."""
    there = {row[0] for row in rows_where_in(connection, case_attended, "case_no", numbers, ("case_no",))}
    rows = [
        {"case_no": number, "attended_on": on, "attended_by": by}
        for number in dict.fromkeys(numbers)
        if number not in there
    ]
    if rows:
        connection.execute(insert(case_attended), rows)
    return len(rows)
