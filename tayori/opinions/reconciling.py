"""The last look at finished tables: 通 and 件 agree, and each table adds up to what it is a part of.

It reads what is printed and nothing that it was made from. Cities print 202通 in one table and 239 in the next without
a word: here a table that does not add up goes nowhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tayori.domain.states import CaseState
from tayori.errors import Refused
from tayori.opinions.disclosure.tables import TOTAL_LABEL, SuppressedTable
from tayori.opinions.report_tables import PACES, STATES

ANSWERED: Final = STATES[CaseState.ANSWERED]
OVER: Final = PACES["over"]
APART: Final = frozenset({"units", "texts", "measure", "lateness", "department_part", "years", "promised"})
"""Tables whose last cell is not all matters of the period."""
Cells = Sequence[int | None]


def require_reconciled(tables: Sequence[SuppressedTable], *, letters: int, matters: int) -> None:
    """Let finished tables pass if they agree with the letters (通) and matters (件) of the period, and with each other.

    Hidden counts are left out; what stands beside them can be no larger than their total.

    Raises:
        Refused: a table does not; the sentence names it.

    """
    by_name = {table.name: table for table in tables}
    for table in tables:
        wanted = _total_of(table, by_name, letters, matters)
        if not (_adds_up(table) and all(told in {None, whole} for told, whole in wanted)):
            raise Refused(
                f"The report was not made: 「{table.title}」 does not agree with the letters (通) and matters (件) of "
                "its period. This is a fault of the program; tell its maintainers. Nothing was written."
            )


def _total_of(
    table: SuppressedTable, tables: Mapping[str, SuppressedTable], letters: int, matters: int
) -> Iterator[tuple[int | None, int | None]]:
    """Printed counts of a table, each with what it has to be as far as that is printed."""
    last = table.cells[-1]
    match table.name:
        case "units":
            yield from zip([cells[0] for cells in table.cells], (letters, matters - letters, matters), strict=True)
        case "texts":
            yield last[0], letters
        case "measure":
            yield last[0], _printed(tables.get("state"), ANSWERED, 0, last[0])
        case "lateness":
            yield last[0], _over(tables, last[0])
        case "department_part" | "years":
            yield last[0], matters
        case name if name not in APART:
            yield last[0 if name.endswith("_before") or len(last) == 1 else -1], matters


def _printed(table: SuppressedTable | None, row: str, column: int, otherwise: int | None) -> int | None:
    """A printed count of another table; `otherwise` where it is hidden or there is none."""
    found = table.cells[table.rows.index(row)][column] if table is not None and row in table.rows else None
    return otherwise if found is None else found


def _over(tables: Mapping[str, SuppressedTable], otherwise: int | None) -> int | None:
    """Answers past their target, as the table of departments prints them, in a short report that of all."""
    table = tables.get("department_pace")
    if table is None or OVER not in table.columns:
        return _printed(tables.get("pace"), OVER, 0, otherwise)
    return _printed(table, TOTAL_LABEL, table.columns.index(OVER), otherwise)


def _adds_up(table: SuppressedTable) -> bool:
    """Whether the rows and columns of a table that end in a total add up to it."""
    lines: list[Cells] = []
    if table.rows[-1] == TOTAL_LABEL:
        lines += zip(*table.cells, strict=True)
    if table.columns[-1] == TOTAL_LABEL or table.name == "department_part":
        lines += table.cells
    if table.name == "promised":
        lines += [(*cells[:2], cells[2]) for cells in table.cells]
        lines += [(*cells[3:], cells[2]) for cells in table.cells]
    return all(_sum_holds(line) for line in lines)


def _sum_holds(line: Cells) -> bool:
    *parts, total = line
    shown = [part for part in parts if part is not None]
    if total is None:
        return True
    return sum(shown) == total if len(shown) == len(parts) else sum(shown) <= total
