"""Disclosure requests in the warehouse: which cases, what is blacked out (sealed), who approved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from tayori.errors import NotFound
from tayori.warehouse.schema.desk import disclosure, disclosure_case
from tayori.warehouse.schema.opinions import opinion_case

OF_CANARIES: Final = "canary"
"""The request of canaries: about nobody, of the year 1 so that it keeps nothing, in no list, and gone with them."""


@dataclass(frozen=True, slots=True)
class DisclosureRow:
    """A request: its document, who prepared it, where it stands, who approved it, and the copy that was handed out."""

    disclosure_id: str
    document_no: str
    asked_on: date
    prepared_by: str
    state: str
    approved_by: str | None = None
    statement: bytes | None = field(repr=False, default=None)
    signature: bytes | None = field(repr=False, default=None)
    copy_id: str | None = None


def add(connection: Connection, row: DisclosureRow, numbers: list[int]) -> None:
    """Add a request with the cases that it covers."""
    connection.execute(insert(disclosure).values({name: getattr(row, name) for name in DisclosureRow.__slots__}))
    cases = [{"disclosure_id": row.disclosure_id, "case_no": number, "black_outs": None} for number in numbers]
    if cases:
        connection.execute(insert(disclosure_case), cases)


def add_canaries(connection: Connection, black_outs: Mapping[int, bytes]) -> None:
    """Add sealed black-outs of canaries, by the numbers of their cases, to the request of canaries: made if need be."""
    if connection.execute(select(disclosure).where(disclosure.c.disclosure_id == OF_CANARIES)).first() is None:
        add(connection, DisclosureRow(OF_CANARIES, OF_CANARIES, date.min, OF_CANARIES, OF_CANARIES), [])
    rows = [
        {"disclosure_id": OF_CANARIES, "case_no": number, "black_outs": sealed} for number, sealed in black_outs.items()
    ]
    connection.execute(insert(disclosure_case), rows)


def drop_canaries(connection: Connection) -> None:
    """Delete the request of canaries once none is in it any more, so that it is handed to nobody as a request."""
    mine = disclosure.c.disclosure_id == OF_CANARIES
    still = select(disclosure_case).where(disclosure_case.c.disclosure_id == disclosure.c.disclosure_id).exists()
    connection.execute(delete(disclosure).where(mine, ~still))


def no_request(disclosure_id: str) -> str:
    """Say that there is no request of an id."""
    return f"There is no disclosure {disclosure_id}; see `tayori disclosure list`."


def find(connection: Connection, disclosure_id: str) -> DisclosureRow:
    """Give a request.

    Raises:
        NotFound: there is none of this id.

    """
    chosen = select(disclosure).where(disclosure.c.disclosure_id == disclosure_id)
    row = connection.execute(chosen).mappings().first()
    if row is None:
        raise NotFound(no_request(disclosure_id))
    return DisclosureRow(**row)


def every(connection: Connection) -> list[DisclosureRow]:
    """Give every request, oldest first; that of canaries is none."""
    requests = select(disclosure).where(disclosure.c.disclosure_id != OF_CANARIES)
    chosen = requests.order_by(disclosure.c.asked_on, disclosure.c.disclosure_id)
    return [DisclosureRow(**row) for row in connection.execute(chosen).mappings()]


def cases(connection: Connection, disclosure_id: str) -> list[dict[str, Any]]:
    """Give the cases of a request with their sealed black-outs, by number."""
    columns = disclosure_case.c
    chosen = (
        select(columns.case_no, columns.disclosure_id, columns.black_outs, opinion_case.c.receipt_no)
        .join_from(disclosure_case, opinion_case, columns.case_no == opinion_case.c.case_no)
        .where(columns.disclosure_id == disclosure_id)
        .order_by(columns.case_no)
    )
    return [dict(row) for row in connection.execute(chosen).mappings()]


def set_black_outs(connection: Connection, disclosure_id: str, case_no: int, sealed: bytes) -> None:
    """Keep what is blacked out of one case."""
    mine = (disclosure_case.c.disclosure_id == disclosure_id) & (disclosure_case.c.case_no == case_no)
    connection.execute(update(disclosure_case).where(mine).values(black_outs=sealed))


def forget_black_outs(connection: Connection, disclosure_id: str) -> None:
    """Forget what was blacked out of the cases of a request."""
    mine = disclosure_case.c.disclosure_id == disclosure_id
    connection.execute(update(disclosure_case).where(mine).values(black_outs=None))


def alter(connection: Connection, disclosure_id: str, **values: object) -> None:
    """Move a request on."""
    connection.execute(update(disclosure).where(disclosure.c.disclosure_id == disclosure_id).values(**values))
