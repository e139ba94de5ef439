"""A report's tables as one Excel file: a sheet for each, what it shows first, where its counts come from last."""

import io
import re
import zipfile
from datetime import datetime
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.reports.charts import HIDDEN
from tayori.reports.contents import Contents
from tayori.reports.parts import PARTS, file_of, in_order, source
from tayori.reports.spreadsheet import harmless

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest moment that a zip knows
_HEAD: Final = PatternFill("solid", fgColor="EEF2F6")
_MODIFIED: Final = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(<)")


def workbook_bytes(contents: Contents) -> bytes:
    """The workbook. Same contents, same bytes."""
    book = Workbook()
    first = book.active
    if not isinstance(first, Worksheet):
        raise TypeError("a new workbook has one sheet")
    tables = in_order(contents)
    _fill_index(first, contents, tables)
    for number, table in enumerate(tables, 1):
        _fill(book.create_sheet(f"{number:02d} {table.name}"[:31]), number, table, contents)
    book.properties.title = f"{contents.title}（{contents.period.called()}）"
    book.properties.creator = "広聴"
    held = io.BytesIO()
    book.save(held)
    return _timeless(held.getvalue(), datetime(contents.made_on.year, contents.made_on.month, contents.made_on.day))  # noqa: DTZ001 - the file format's own moment has no zone


def _fill_index(sheet: Worksheet, contents: Contents, tables: list[SuppressedTable]) -> None:
    sheet.title = "目次"
    for word, sentence in contents.marks:
        sheet.append([f"{word}　{sentence}"])
    sheet.append([f"{contents.title}　{contents.period.called()}"])
    if contents.replaces:
        sheet.append([contents.replaces.said])
    sheet.append([f"{contents.edition_name}　{contents.k}通に満たない数などは「{HIDDEN}」"])
    sheet.append([])
    sheet.append(["シート", "部", "表", "出典"])
    headings = {name: part.heading for part in PARTS for name in part.tables}
    for number, table in enumerate(tables, 1):
        sheet.append(
            [f"{number:02d} {table.name}", headings[table.name], table.title, source(table, contents) + file_of(table)]
        )
    sheet["A1"].font = Font(bold=True)
    for column, width in zip("ABCD", (24, 30, 32, 80), strict=True):
        sheet.column_dimensions[column].width = width


def _fill(sheet: Worksheet, number: int, table: SuppressedTable, contents: Contents) -> None:
    sheet.append([f"{contents.stamp}表{number}　{table.title}"])
    sheet.append([harmless(table.corner), *map(harmless, table.columns)])
    for label, cells in zip(table.rows, table.cells, strict=True):
        sheet.append([harmless(label), *(HIDDEN if count is None else count for count in cells)])
    sheet.append([])
    sheet.append([f"出典　{source(table, contents)}{file_of(table)}"])
    sheet["A1"].font = Font(bold=True)
    for line in sheet[2]:
        line.font, line.fill, line.alignment = Font(bold=True), _HEAD, Alignment(horizontal="center", wrap_text=True)
    for row in sheet.iter_rows(min_row=3, max_row=2 + len(table.rows), min_col=2):
        for one in row:
            one.number_format, one.alignment = "#,##0", Alignment(horizontal="right")
    sheet.column_dimensions["A"].width = 28
    for at in range(2, len(table.columns) + 2):
        sheet.column_dimensions[get_column_letter(at)].width = 14
    sheet.freeze_panes = "B3"


def _timeless(packed: bytes, made: datetime) -> bytes:
    """The file without the moment at which it was saved."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>" + f"{made:%Y-%m-%dT00:00:00Z}".encode() + rb"\3", content)
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return held.getvalue()
