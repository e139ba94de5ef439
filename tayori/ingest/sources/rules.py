"""How the columns of a source become the items of an opinion: renamed, translated by table, dated, never guessed.

A value that the mapping's table does not know, or a date in no listed format, passes on unchanged: the gate refuses
that row, and the rest of the file is not lost with it.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from tayori.ingest.sources.frame import ITEMS, Cell

JOINED: Final = {"opinion": "\n", "address": "", "name": " "}  # items that may stand in several columns
WAREKI: Final = "wareki"  # in place of a strptime format: 令和8年7月1日, R8.7.1
_WAREKI_FORM: Final = re.compile(r"(令和|平成|昭和|[RHS])(元|\d{1,2})[年./-](\d{1,2})[月./-](\d{1,2})日?")
_ERAS: Final = {
    "令": (date(2019, 5, 1), date.max),
    "平": (date(1989, 1, 8), date(2019, 4, 30)),
    "昭": (date(1926, 12, 25), date(1989, 1, 7)),
}
_ERA_LETTERS: Final = {"R": "令", "H": "平", "S": "昭"}


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """What one column of the source becomes."""

    item: str
    values: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    formats: tuple[str, ...] = ()

    def applied(self, cells: Sequence[Cell]) -> list[Cell]:
        """Give the item's texts for a column; an empty cell is missing unless the table names it."""
        if self.formats:
            return _dated(cells, self.formats)
        if self.values or self.otherwise is not None:
            return [self.values.get(cell or "", self.otherwise or cell) or None for cell in cells]
        return [cell or None for cell in cells]


@dataclass(frozen=True, slots=True)
class ItemRules:
    """Which columns and constants make up the items."""

    columns: Mapping[str, ColumnRule]
    constants: Mapping[str, str]

    def items(self, columns: Mapping[str, Sequence[Cell]], count: int) -> dict[str, list[Cell]]:
        """Turn the source's columns, each `count` long, into lists of items."""
        made: dict[str, list[Cell]] = {item: [text] * count for item, text in self.constants.items()}
        for item in ITEMS:
            parts = [rule.applied(columns[column]) for column, rule in self.columns.items() if rule.item == item]
            if parts:
                made[item] = parts[0] if len(parts) == 1 else _joined(parts, JOINED[item])
        return made


def iso_date(text: str, formats: Sequence[str]) -> str | None:
    """Read a date in one of the formats; None when none fits or there is no such day."""
    for form in formats:
        read = _wareki(text) if form == WAREKI else _by_format(text, form)
        if read:
            return read.isoformat()
    return None


def _dated(cells: Sequence[Cell], formats: Sequence[str]) -> list[Cell]:
    known: dict[str, str] = {}  # for this column only: letters of one day share their date
    for cell in cells:
        if cell and cell not in known:
            known[cell] = iso_date(cell, formats) or cell
    return [known[cell] if cell else None for cell in cells]


def _by_format(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar day of the ward, no moment
    except ValueError:
        return None


def _wareki(text: str) -> date | None:
    found = _WAREKI_FORM.fullmatch(unicodedata.normalize("NFKC", text))
    if not found:
        return None
    era, year, month, day = found.groups()
    first, last = _ERAS[_ERA_LETTERS.get(era, era[0])]
    try:
        read = date(first.year - 1 + (1 if year == "元" else int(year)), int(month), int(day))
    except ValueError:
        return None
    return read if first <= read <= last else None


def _joined(parts: Sequence[Sequence[Cell]], separator: str) -> list[Cell]:
    return [separator.join(cell for cell in cells if cell) or None for cells in zip(*parts, strict=True)]
