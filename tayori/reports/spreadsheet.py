"""Tables as CSV, and labels that no spreadsheet runs."""

import csv
import io
from collections.abc import Sequence
from typing import Final

from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.reports.charts import HIDDEN

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(table: SuppressedTable, heads: Sequence[str] = ()) -> bytes:
    """A table as CSV that a spreadsheet opens rightly: UTF-8 with BOM, no cell that could run as a formula.

    `heads` are lines before it, of what has to be known first.
    """
    held = io.StringIO(newline="")
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerows([harmless(line)] for line in heads)
    writer.writerow([harmless(table.corner), *map(harmless, table.columns)])
    for label, cells in zip(table.rows, table.cells, strict=True):
        writer.writerow([harmless(label), *(HIDDEN if count is None else count for count in cells)])
    return held.getvalue().encode("utf-8-sig")


def harmless(label: str) -> str:
    """The label as a spreadsheet shows it and never runs it."""
    return f"'{label}" if label.startswith(_FORMULA) else label
