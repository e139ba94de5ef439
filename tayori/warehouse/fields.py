"""Letters of the mart whose field (分野) nothing decided: they wait for a person; never their text."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, select, update

from tayori.warehouse.schema.analysis import settled_opinion
from tayori.warehouse.schema.opinions import masked_opinion, opinion_case


@dataclass(frozen=True, slots=True)
class Undecided:
    """A letter without a field: its receipt number, way, day and department."""

    case_no: int
    receipt_no: str
    channel: str
    received_on: date
    department: str | None


def waiting(connection: Connection, undecided: str) -> list[Undecided]:
    """Give the letters that were settled without a field, the oldest first; `undecided` is the word for none."""
    case = opinion_case.c
    chosen = (
        select(*(case[name] for name in Undecided.__slots__))
        .join_from(masked_opinion, opinion_case, masked_opinion.c.case_no == case.case_no)
        .where(_waits(undecided), case.case_no > 0)
        .order_by(case.received_on, case.case_no)
    )
    return [Undecided(*row) for row in connection.execute(chosen)]


def decide(connection: Connection, case_no: int, theme: str, undecided: str) -> bool:
    """Give a waiting letter its field; False where it waits for none (any more)."""
    mine = (masked_opinion.c.case_no == case_no) & _waits(undecided)
    return connection.execute(update(masked_opinion).where(mine).values(theme=theme)).rowcount > 0


def _waits(undecided: str) -> ColumnElement[bool]:
    settled = select(settled_opinion.c.case_no).where(settled_opinion.c.case_no == masked_opinion.c.case_no)
    return (masked_opinion.c.theme == undecided) & settled.exists()
