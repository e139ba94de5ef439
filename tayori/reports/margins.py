"""The printed counts of one dimension, wherever a report has them: a short report has few tables of two dimensions."""

from collections.abc import Iterable

from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.report_tables import PAIRS, SINGLES
from tayori.reports.contents import Contents


def counts_by(contents: Contents, name: str) -> SuppressedTable | None:
    """The counts of a dimension as a table of one column, its total last; None where no table prints them."""
    if (table := contents.table(name)) is not None:
        return table
    for pair in PAIRS:
        if name in pair and (table := contents.table("_".join(pair))) is not None:
            by_row = pair[0] == name
            return _single(name, table, table.rows if by_row else table.columns, _margin(table, by_row=by_row))
    if (table := contents.table(f"{name}_before")) is not None:
        return _single(name, table, table.rows, (cells[0] for cells in table.cells))
    return None


def totals(contents: Contents) -> tuple[int | None, int | None] | None:
    """All matters of the period and of the year before; None where nothing is compared."""
    for name in ("month_before", "theme_before"):
        if (table := contents.table(name)) is not None:
            now, before = table.cells[-1]
            return now, before
    return None


def _margin(table: SuppressedTable, *, by_row: bool) -> Iterable[int | None]:
    return (cells[-1] for cells in table.cells) if by_row else table.cells[-1]


def _single(
    name: str, table: SuppressedTable, labels: tuple[str, ...], counts: Iterable[int | None]
) -> SuppressedTable:
    return SuppressedTable(
        name,
        SINGLES[name],
        table.corner.partition("＼")[0],
        labels,
        ("件数",),
        tuple((one,) for one in counts),
        table.k,
    )
