"""Figures as CSV, and labels that no spreadsheet runs."""

import csv
import io
from collections.abc import Sequence
from typing import Final

from tayori.reports.sheets import Cell, Kind, Sheet, said

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(sheet: Sheet, heads: Sequence[str] = ()) -> bytes:
    """A table as CSV that a spreadsheet opens rightly: UTF-8 with BOM, no cell that could run as a formula.

    Counts are plain numbers, shares and changes as they are printed. `heads` are lines before it, of what has to be
    known first.
    """
    held = io.StringIO(newline="")
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerows([harmless(line)] for line in heads)
    writer.writerow([harmless(sheet.corner), *(harmless(column.label) for column in sheet.columns)])
    for label, cells in sheet.rows:
        writer.writerow([harmless(label), *(_plain(cell, column.kind) for cell, column in sheet.pairs(cells))])
    return held.getvalue().encode("utf-8-sig")


def harmless(label: str) -> str:
    """The label as a spreadsheet shows it and never runs it."""
    return f"'{label}" if label.startswith(_FORMULA) else label


def _plain(cell: Cell, kind: Kind) -> str | int:
    """A cell as a program reads it; a rise has no plus, which would run."""
    if isinstance(cell, int) and kind in {Kind.COUNT, Kind.DAYS}:
        return cell
    return harmless(said(cell, kind).removeprefix("+") if isinstance(cell, float) else said(cell, kind))
