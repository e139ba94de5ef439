"""Letters of the opinion screen beside their cases: the receipt that is asked for, the confirmation that is due."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from tayori.domain.states import CaseState
from tayori.warehouse.bulk import rows_where_in
from tayori.warehouse.schema.desk import case_trail
from tayori.warehouse.schema.letters import letter_confirmation, letter_receipt
from tayori.warehouse.schema.opinions import opinion_case

WISH: Final = "summary_wish"
"""The line of a case's trail that holds what its writer said of a summary after sending the letter: yes or no."""
RECEIVED, UNDER_WAY, ANSWERED, DONE = "received", "under_way", "answered", "done"
"""What the writer of a letter is told of it."""
TOLD: Final[Mapping[str, str]] = {
    "received": RECEIVED,
    "answered": ANSWERED,
    "closed": ANSWERED,
    "circulated": DONE,
    "no_answer_needed": DONE,
    "anonymous": DONE,
    "not_ours": DONE,
    "withdrawn": DONE,
}
"""What is told of a case in a state; in any other state it is under way."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What stands beside a case for its writer."""

    case_no: int
    receipt_index: bytes = field(repr=False)
    reference: str
    state: str
    answer_by: str | None
    summary: str
    notice: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A mail that is due: sealed receipt number and address, how often it was tried, from when on it may go."""

    case_no: int
    receipt: bytes = field(repr=False)
    email: bytes = field(repr=False)
    tries: int
    due_at: datetime


def add(connection: Connection, receipts: Sequence[Receipt], confirmations: Sequence[Confirmation]) -> None:
    """Add what stands beside new cases."""
    connection.execute(insert(letter_receipt), [asdict(one) for one in receipts])
    if confirmations:
        connection.execute(insert(letter_confirmation), [asdict(one) for one in confirmations])


def without_receipt(connection: Connection, numbers: Sequence[int]) -> set[int]:
    """Give those of these cases that have no receipt yet."""
    there = rows_where_in(connection, letter_receipt, "case_no", numbers, ("case_no",))
    return set(numbers) - {row[0] for row in there}


def receipts_given(connection: Connection, indexes: Sequence[bytes]) -> set[bytes]:
    """Give those look-up values of receipt numbers that a letter has."""
    there = rows_where_in(connection, letter_receipt, "receipt_index", indexes, ("receipt_index",))
    return {bytes(row[0]) for row in there}


def state_of(connection: Connection, receipt_index: bytes) -> str | None:
    """Give what is told of the letter with this look-up value; None if there is none."""
    chosen = select(letter_receipt.c.state).where(letter_receipt.c.receipt_index == receipt_index)
    return connection.execute(chosen).scalar_one_or_none()


def answer_by(connection: Connection, number: int) -> str | None:
    """Give how the writer of a case wishes to be answered; None where they did not say, or wrote by another channel."""
    chosen = select(letter_receipt.c.answer_by).where(letter_receipt.c.case_no == number)
    return connection.execute(chosen).scalar_one_or_none()


def wish() -> ColumnElement[str | None]:
    """Say whether a summary may be published: what was told last, else what the screen asked; None: nobody asked.

    For a query over `opinion_case` that `letter_receipt` is joined to.
    """
    line = case_trail.c
    told = select(line.target).where(line.case_no == opinion_case.c.case_no, line.what == WISH)
    last = told.order_by(line.seq.desc()).limit(1).correlate(opinion_case).scalar_subquery()
    return func.coalesce(last, letter_receipt.c.summary)


def may_be_summed_up(connection: Connection, number: int) -> str | None:
    """Give whether a summary of a case may be published (yes, no); None where its writer was never asked."""
    joined = select(wish()).select_from(opinion_case).outerjoin(letter_receipt)
    return connection.execute(joined.where(opinion_case.c.case_no == number)).scalar_one_or_none()


def case_of(connection: Connection, reference: str) -> list[Row[Any]]:
    """Give receipt number, state, way of answer and wish about a summary of the cases with this reference."""
    case, receipt = opinion_case.c, letter_receipt.c
    chosen = (
        select(case.receipt_no, case.state, receipt.answer_by, wish().label("summary"))
        .join_from(letter_receipt, opinion_case, receipt.case_no == case.case_no)
        .where(receipt.reference == reference)
        .order_by(case.case_no)
    )
    return list(connection.execute(chosen))


def tell_states(connection: Connection) -> int:
    """Bring what writers are told up to the state of their cases; give how many letters changed."""
    changed = 0
    for state in CaseState:
        told = TOLD.get(state, UNDER_WAY)
        cases = select(opinion_case.c.case_no).where(opinion_case.c.state == state)
        stale = update(letter_receipt).where(letter_receipt.c.state != told, letter_receipt.c.case_no.in_(cases))
        changed += connection.execute(stale.values(state=told)).rowcount
    return changed


def due(connection: Connection, now: datetime, limit: int) -> list[Mapping[str, Any]]:
    """Give confirmations that are due, those that wait longest first, sealed as they are."""
    mail = letter_confirmation.c
    chosen = select(letter_confirmation).where(mail.due_at <= now).order_by(mail.due_at, mail.case_no).limit(limit)
    return [dict(row) for row in connection.execute(chosen).mappings()]


def try_again(connection: Connection, number: int, tries: int, due_at: datetime) -> None:
    """Put a confirmation off: it has been tried so often, and may go again from then on."""
    again = update(letter_confirmation).where(letter_confirmation.c.case_no == number)
    connection.execute(again.values(tries=tries, due_at=due_at))


def drop_confirmations(connection: Connection) -> int:
    """End every confirmation that is due; give how many. The screen told the receipt number to each writer."""
    return connection.execute(delete(letter_confirmation)).rowcount


def end_confirmation(connection: Connection, number: int) -> None:
    """End a confirmation: it was sent, or is given up."""
    connection.execute(delete(letter_confirmation).where(letter_confirmation.c.case_no == number))
