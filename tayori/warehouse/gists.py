"""Gists in the warehouse: by the digest of their text, who wrote and who approved them, and the letters they sum up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from tayori.domain.letters import YES
from tayori.domain.states import ANALYSED
from tayori.warehouse.letters import wish
from tayori.warehouse.schema.gists import gist, gist_letter
from tayori.warehouse.schema.letters import letter_receipt
from tayori.warehouse.schema.opinions import masked_opinion, opinion_case


@dataclass(frozen=True, slots=True)
class GistRow:
    """A gist: how many letters it sums up, who wrote it, who approved it (None: nobody yet)."""

    digest: str
    letters: int
    written_by: str
    written_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    statement: bytes | None = field(repr=False, default=None)
    signature: bytes | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class Source:
    """A letter as a gist needs to know it: month and level once masked, and the wish (None: nobody asked)."""

    receipt_no: str
    case_no: int
    state: str
    month: str | None
    level: int | None
    theme: str | None
    wish: str | None


def find(connection: Connection, digest: str) -> GistRow | None:
    """Give the gist with this text, if it was ever handed in."""
    row = connection.execute(select(gist).where(gist.c.digest == digest)).mappings().first()
    return GistRow(**row) if row is not None else None


def put(connection: Connection, row: GistRow, numbers: Sequence[int]) -> None:
    """Keep a gist and the cases it sums up, in place of an earlier one with the same text: its approval goes."""
    connection.execute(delete(gist_letter).where(gist_letter.c.digest == row.digest))
    connection.execute(delete(gist).where(gist.c.digest == row.digest))
    connection.execute(insert(gist).values({name: getattr(row, name) for name in GistRow.__slots__}))
    connection.execute(insert(gist_letter), [{"digest": row.digest, "case_no": number} for number in numbers])


def approve(connection: Connection, digest: str, by: str, at: datetime, signed: tuple[bytes, bytes]) -> None:
    """Keep an approval: who, when, what was signed and the signature."""
    statement, signature = signed
    values = {"approved_by": by, "approved_at": at, "statement": statement, "signature": signature}
    connection.execute(update(gist).where(gist.c.digest == digest).values(values))


def numbers(connection: Connection, digest: str) -> list[int]:
    """Give the cases that a gist sums up and that are still here."""
    chosen = select(gist_letter.c.case_no).where(gist_letter.c.digest == digest)
    return list(connection.execute(chosen.order_by(gist_letter.c.case_no)).scalars())


def listed(connection: Connection) -> list[tuple[GistRow, int]]:
    """Give every gist with how many of its letters are still here, those written last first."""
    held = select(func.count()).where(gist_letter.c.digest == gist.c.digest).scalar_subquery()
    rows = connection.execute(select(gist, held.label("held")).order_by(gist.c.written_at.desc(), gist.c.digest))
    return [(GistRow(**{name: row[name] for name in GistRow.__slots__}), int(row["held"])) for row in rows.mappings()]


def sources(connection: Connection, receipts: Sequence[str]) -> dict[str, Source]:
    """Give the letters with these receipt numbers by number, those that are not here left out."""
    chosen = _sources().where(opinion_case.c.receipt_no.in_(receipts))
    return {row.receipt_no: Source(*row) for row in connection.execute(chosen)}


def usable(connection: Connection, first_month: str, last_month: str, below: int) -> list[Source]:
    """Give the letters of these months that a gist may sum up, by field: done, below a level, and not refused."""
    chosen = _sources().where(
        masked_opinion.c.month.between(first_month, last_month),
        masked_opinion.c.level < below,
        opinion_case.c.state.in_(sorted(ANALYSED)),
        wish() == YES,
    )
    rows = connection.execute(chosen.order_by(masked_opinion.c.theme, opinion_case.c.receipt_no))
    return [Source(*row) for row in rows]


def _sources() -> "Select[Any]":
    case, held = opinion_case.c, masked_opinion.c
    return (
        select(case.receipt_no, case.case_no, case.state, held.month, held.level, held.theme, wish().label("wish"))
        .select_from(opinion_case)
        .outerjoin(masked_opinion, held.case_no == case.case_no)
        .outerjoin(letter_receipt, letter_receipt.c.case_no == case.case_no)
        .where(case.case_no > 0)
    )
