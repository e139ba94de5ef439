"""The memory of reports that were given out, so that a new one is judged beside them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from tayori.warehouse.schema.editions import report_edition


@dataclass(frozen=True, slots=True)
class EditionRow:
    """One edition: for whom, over which months, and what it printed (JSON)."""

    edition_no: int
    made_at: datetime
    is_public: bool
    threshold: int
    first_month: str
    last_month: str
    earliest_month: str
    digest: str
    printed: str


def add(connection: Connection, row: EditionRow) -> None:
    """Keep an edition; a number that is taken fails, so of two reports made at once one has to begin anew."""
    connection.execute(insert(report_edition).values({name: getattr(row, name) for name in EditionRow.__slots__}))


def overlapping(connection: Connection, first_month: str, last_month: str) -> list[EditionRow]:
    """The editions that share a month with these, both ends included, oldest first."""
    columns = report_edition.c
    chosen = select(*(columns[name] for name in EditionRow.__slots__))
    chosen = chosen.where(columns.last_month >= first_month, columns.earliest_month <= last_month)
    return [EditionRow(*row) for row in connection.execute(chosen.order_by(columns.edition_no))]


def latest(connection: Connection) -> int:
    """The number of the newest edition; 0 before the first."""
    return connection.execute(select(func.max(report_edition.c.edition_no))).scalar_one() or 0


def listed(connection: Connection) -> list[EditionRow]:
    """Every edition, oldest first."""
    chosen = select(*(report_edition.c[name] for name in EditionRow.__slots__))
    return [EditionRow(*row) for row in connection.execute(chosen.order_by(report_edition.c.edition_no))]
