"""Holds (廃棄の停止): what may not be disposed of until who ordered it says so."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from tayori.errors import NotFound
from tayori.warehouse.schema.endings import disposal_hold


@dataclass(frozen=True, slots=True)
class HoldRow:
    """One hold: why, by which document, over what (a series, one receipt number, or everything), until it is lifted."""

    hold_id: str
    reason: str
    document_no: str
    series: str | None
    receipt_no: str | None
    placed_by: str
    placed_at: datetime
    statement: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    lifted_by: str | None = None
    lifted_at: datetime | None = None
    lift_document_no: str | None = None
    lift_statement: bytes | None = field(default=None, repr=False)
    lift_signature: bytes | None = field(default=None, repr=False)

    def covers(self, series: str, receipt_no: str) -> bool:
        """Whether the hold keeps a letter of this series and receipt number."""
        if self.lifted_at is not None:
            return False
        return self.series in {None, series} and self.receipt_no in {None, receipt_no}


def add(connection: Connection, row: HoldRow) -> None:
    """Write a hold down."""
    connection.execute(insert(disposal_hold).values({name: getattr(row, name) for name in HoldRow.__slots__}))


def find(connection: Connection, hold_id: str) -> HoldRow:
    """Give a hold by its id.

    Raises:
        NotFound: there is none of this id.

    """
    found = connection.execute(select(disposal_hold).where(disposal_hold.c.hold_id == hold_id)).mappings().first()
    if found is None:
        raise NotFound(f"There is no hold {hold_id}; see `tayori disposal list`.")
    return HoldRow(**found)


def every(connection: Connection) -> list[HoldRow]:
    """Give all holds, lifted ones too, in the order in which they were placed."""
    chosen = select(disposal_hold).order_by(disposal_hold.c.placed_at, disposal_hold.c.hold_id)
    return [HoldRow(**row) for row in connection.execute(chosen).mappings()]


def active(connection: Connection) -> list[HoldRow]:
    """Give the holds that stand."""
    return [row for row in every(connection) if row.lifted_at is None]


def lift(connection: Connection, row: HoldRow) -> bool:
    """Write down that a hold was lifted, by whom and by which document; whether it stood until now."""
    names = ("lifted_by", "lifted_at", "lift_document_no", "lift_statement", "lift_signature")
    done = connection.execute(
        update(disposal_hold)
        .where(disposal_hold.c.hold_id == row.hold_id, disposal_hold.c.lifted_at.is_(None))
        .values({name: getattr(row, name) for name in names})
    )
    return done.rowcount == 1
