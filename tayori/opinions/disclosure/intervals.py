"""The 秘匿インターバル sheet: what a reader can make of every hidden count, for those who decide on publication.

It says which counts were small and which were hidden for their sake, so it stays inside: it is never published.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tayori.opinions.disclosure.attack import Attack, Range
from tayori.opinions.disclosure.audit import printed_ranges
from tayori.opinions.disclosure.problem import sensitive
from tayori.opinions.disclosure.tables import Figures, SuppressedTable

PRIMARY = "一次秘匿"
COMPLEMENTARY = "二次秘匿"
HEAD = ("表", "行", "列", "区分", "下限", "上限", "必要な下限", "必要な上限", "判定")


@dataclass(frozen=True, slots=True)
class HiddenCell:
    """A hidden cell by its labels, why it is hidden, what a reader can make of it, and what must stay possible."""

    table: str
    row: str
    column: str
    reason: str
    range: Range
    needed: tuple[int, int] | None

    @property
    def holds(self) -> bool:
        """Whether what must stay possible is possible to a reader."""
        if self.needed is None:
            return True
        low, high = self.needed
        return self.range.least <= low and (self.range.greatest is None or self.range.greatest >= high)

    def plain(self) -> tuple[str, ...]:
        """The cell as a line of the sheet, in the order of HEAD."""
        greatest = "なし" if self.range.greatest is None else str(self.range.greatest)
        needed = ("", "") if self.needed is None else tuple(map(str, self.needed))
        line = (self.table, self.row, self.column, self.reason, str(self.range.least), greatest)
        return (*line, *needed, "適" if self.holds else "否")


def hidden_cells(figures: Figures, published: Sequence[SuppressedTable], *, k: int, base: int = 1) -> list[HiddenCell]:
    """The range of every hidden cell, each once, under the table that prints it first."""
    needs = sensitive(figures, k)
    attack = Attack(printed_ranges(figures, published, base), figures.sums())
    found: dict[object, HiddenCell] = {}
    for table, out in zip(figures.tables, published, strict=True):
        for keys, counts, row in zip(table.keys, out.cells, out.rows, strict=True):
            for key, count, column in zip(keys, counts, out.columns, strict=True):
                if count is None and key not in found:
                    need = needs.get(key)
                    reason = COMPLEMENTARY if need is None else PRIMARY
                    needed = None if need is None else (need.low, need.high)
                    found[key] = HiddenCell(table.title, row, column, reason, attack.range(key), needed)
    return list(found.values())
