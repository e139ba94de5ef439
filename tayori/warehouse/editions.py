"""The memory of reports that were given out, so that a new one is judged beside them, and what was withdrawn."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select

from tayori.warehouse.schema.analysis import edition_document
from tayori.warehouse.schema.editions import edition_withdrawal, report_edition, withdrawal_signature


@dataclass(frozen=True, slots=True)
class EditionRow:
    """One edition: for whom, over which months, which withdrawn one it corrects, and what it printed (JSON).

    `earliest_month` is the first of the months that it told, those of earlier years included; `counted_here` is false
    where it came back by an escrow and its letters did not.
    """

    edition_no: int
    made_at: datetime
    is_public: bool
    threshold: int
    first_month: str
    last_month: str
    earliest_month: str
    replaces: int | None
    digest: str
    printed: str
    counted_here: bool = True


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """A handler's signature, in a role, under the withdrawal of an edition for a reason."""

    edition_no: int
    reason: str
    role: str
    handler_id: str
    key_id: str
    statement: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawalRow:
    """That an edition does not stand any more: why, and since when."""

    edition_no: int
    reason: str
    withdrawn_at: datetime


def add(connection: Connection, row: EditionRow, document: str) -> None:
    """Keep an edition and its document; a number that is taken fails, so of two made at once one has to begin anew."""
    connection.execute(insert(report_edition).values({name: getattr(row, name) for name in EditionRow.__slots__}))
    connection.execute(insert(edition_document).values(edition_no=row.edition_no, document=document))


def find(connection: Connection, number: int) -> EditionRow | None:
    """Give an edition; None where there is none of this number."""
    return next(iter(_rows(connection, report_edition.c.edition_no == number)), None)


def of_digest(connection: Connection, digest: str) -> int | None:
    """Give the number of the edition that printed exactly this; None where none did."""
    chosen = select(report_edition.c.edition_no).where(report_edition.c.digest == digest)
    return connection.execute(chosen).scalar_one_or_none()


def overlapping(connection: Connection, first_month: str, last_month: str) -> list[EditionRow]:
    """The editions that share a month with these, both ends included, oldest first."""
    columns = report_edition.c
    return _rows(connection, (columns.last_month >= first_month) & (columns.earliest_month <= last_month))


def spans(connection: Connection) -> list[tuple[str, str, str]]:
    """The first, last and earliest months (YYYY-MM) of every edition of letters of this store, withdrawn ones too."""
    columns = report_edition.c
    chosen = select(columns.first_month, columns.last_month, columns.earliest_month).where(columns.counted_here)
    return [(row[0], row[1], row[2]) for row in connection.execute(chosen.distinct())]


def latest(connection: Connection) -> int:
    """The number of the newest edition; 0 before the first."""
    return connection.execute(select(func.max(report_edition.c.edition_no))).scalar_one() or 0


def listed(connection: Connection) -> list[EditionRow]:
    """Every edition, oldest first."""
    return _rows(connection)


def correction_of(connection: Connection, number: int) -> int | None:
    """Give the edition that corrects a withdrawn one; None where there is none yet."""
    chosen = select(func.max(report_edition.c.edition_no)).where(report_edition.c.replaces == number)
    return connection.execute(chosen).scalar_one_or_none()


def sign(connection: Connection, row: SignatureRow) -> None:
    """Keep a signature; a second one in one role is a conflict."""
    values = {name: getattr(row, name) for name in SignatureRow.__slots__}
    connection.execute(insert(withdrawal_signature).values(values))


def signatures(connection: Connection, number: int | None = None) -> list[SignatureRow]:
    """Give the signatures under the withdrawal of an edition, or of every edition, in their order."""
    columns = withdrawal_signature.c
    chosen = select(*(columns[name] for name in SignatureRow.__slots__))
    if number is not None:
        chosen = chosen.where(columns.edition_no == number)
    ordered = chosen.order_by(columns.edition_no, columns.signed_at, columns.role)
    return [SignatureRow(*row) for row in connection.execute(ordered)]


def withdraw(connection: Connection, row: WithdrawalRow) -> None:
    """Write down that an edition does not stand any more; a second time is a conflict."""
    values = {name: getattr(row, name) for name in WithdrawalRow.__slots__}
    connection.execute(insert(edition_withdrawal).values(values))


def withdrawals(connection: Connection) -> dict[int, WithdrawalRow]:
    """Give what was withdrawn, by the edition's number."""
    chosen = select(*(edition_withdrawal.c[name] for name in WithdrawalRow.__slots__))
    return {row[0]: WithdrawalRow(*row) for row in connection.execute(chosen)}


def _rows(connection: Connection, *conditions: ColumnElement[bool]) -> list[EditionRow]:
    chosen = select(*(report_edition.c[name] for name in EditionRow.__slots__)).where(*conditions)
    return [EditionRow(*row) for row in connection.execute(chosen.order_by(report_edition.c.edition_no))]
