"""A report's figures as one Excel file that prints well: an index, a sheet for each, and how each is counted."""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from tayori.reports.charts import HIDDEN
from tayori.reports.contents import Contents
from tayori.reports.parts import LINE, PARTS, heading_of, in_order
from tayori.reports.queries import NUMBERS, ROWS, query_of
from tayori.reports.sheets import Kind, Sheet, said
from tayori.reports.spreadsheet import harmless

HEAD_ROW: Final = 3  # title and legend stand above
INDEX: Final = "目次"
METHOD: Final = "集計方法"
_FONT: Final = "游ゴシック"
_A4: Final = 9  # the file format's own number
_LONGEST: Final = 31  # characters of a sheet's name
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest moment that a zip knows
_HEAD: Final = PatternFill("solid", fgColor="EEF2F6")
_GONE: Final = PatternFill("solid", fgColor="F3F0E6")
_LINK: Final = "1F4E79"
_THIN: Final = Side("thin", "C9CDD2")
_EDGE: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_FORMATS: Final = {
    Kind.COUNT: "#,##0",
    Kind.SHARE: "0.0%",
    Kind.CHANGE: '+0.0%;"△"0.0%;0.0%',
    Kind.DAYS: '0"日"',
    Kind.RATE: "0.0",
    Kind.TEXT: "@",
}
_PLACES: Final = {Kind.SHARE: 3, Kind.CHANGE: 3, Kind.RATE: 1}
_MODIFIED: Final = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(<)")
_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\]")


def workbook_bytes(contents: Contents) -> bytes:
    """The workbook. Same contents, same bytes."""
    book = Workbook()
    index = book.active
    if not isinstance(index, Worksheet):
        raise TypeError("a new workbook has one sheet")
    index.title = INDEX
    sheets = in_order(contents)
    names = [sheet_name(number, sheet) for number, sheet in enumerate(sheets, 1)]
    for number, (sheet, name) in enumerate(zip(sheets, names, strict=True), 1):
        _fill(book.create_sheet(name), number, sheet, contents)
    _fill_method(book.create_sheet(METHOD), sheets, contents)
    _fill_index(index, contents, sheets, names)
    for one in book.worksheets:
        _set_up_for_print(one, contents)
    book.properties.title = f"{contents.title}（{contents.period.called()}）"
    book.properties.creator = "広聴"
    held = io.BytesIO()
    book.save(held)
    return _timeless(held.getvalue(), datetime(contents.made_on.year, contents.made_on.month, contents.made_on.day))  # noqa: DTZ001 - the file format's own moment has no zone


def sheet_name(number: int, sheet: Sheet) -> str:
    """The name of a sheet: its number and title, without what the file format forbids."""
    title = sheet.title.partition("（")[0]
    return f"{number:02d} {_IN_NAMES.sub('', title)}"[:_LONGEST]


def _headed(contents: Contents, line: str) -> str:
    """A line with every mark of the report before it."""
    return "　".join([*(f"【{word}】" for word in contents.words_of_marks), line])


def _fill_index(sheet: Worksheet, contents: Contents, sheets: Sequence[Sheet], names: Sequence[str]) -> None:
    lines = [_headed(contents, f"{contents.title.removeprefix(contents.stamp)}　{contents.period.called()}")]
    lines += [f"{word}　{sentence}" for word, sentence in contents.marks]
    lines += [contents.replaces.said] if contents.replaces else []
    lines += [f"{contents.edition_name}　作成日 {contents.made_on:%Y-%m-%d}　{_legend(contents)}".strip()]
    lines += [contents.rounding_note] if contents.rounding_note else []
    for line in lines:
        sheet.append([line])
    sheet.append(["シート", "部", "表", "出典"])
    head = sheet.max_row
    headings = {name: heading_of(part, contents) for part in (*PARTS, LINE) for name in part.tables}
    for one, name in zip(sheets, names, strict=True):
        sheet.append([name, headings[one.name], one.title, f"集計 {NUMBERS[one.name]}"])
    sheet.append([METHOD, "", "どの数を、どの列から、どの条件で数えたか", ""])
    _dress(sheet, head, (32, 34, 46, 14))
    for (cell,) in sheet.iter_rows(min_row=head + 1, max_col=1):
        cell.hyperlink = f"#'{cell.value}'!A1"
        cell.font = Font(_FONT, color=_LINK, underline="single")
    sheet.print_title_rows = f"{head}:{head}"
    sheet.freeze_panes = f"A{head + 1}"


def _fill(page: Worksheet, number: int, sheet: Sheet, contents: Contents) -> None:
    page.append([_headed(contents, f"表{number}　{sheet.title}（単位：{sheet.unit}）")])
    page.append([_legend(contents)])
    page.append([harmless(sheet.corner), *(harmless(column.label) for column in sheet.columns)])
    for label, cells in sheet.rows:
        shown = [_value(cell, column.kind) for cell, column in sheet.pairs(cells)]
        page.append([harmless(label), *shown])
    last = page.max_row
    edition = f"　{contents.edition_name}" if contents.edition_name else ""
    page.append([f"出典　集計 {NUMBERS[sheet.name]}（シート「{METHOD}」）{edition}"])
    wide = any(column.kind is Kind.TEXT for column in sheet.columns)
    _dress(page, HEAD_ROW, (30, *(28 if wide else 14 for _ in sheet.columns)), last)
    for row in page.iter_rows(min_row=HEAD_ROW + 1, max_row=last, min_col=2, max_col=len(sheet.columns) + 1):
        for cell, column in zip(row, sheet.columns, strict=True):
            _dress_figure(cell, column.kind, last=sheet.total and cell.row == last)
    page.freeze_panes = f"B{HEAD_ROW + 1}"
    page.print_title_rows = f"1:{HEAD_ROW}"


def _fill_method(page: Worksheet, sheets: Sequence[Sheet], contents: Contents) -> None:
    page.append([_headed(contents, "集計方法")])
    page.append([ROWS])
    page.append(["集計", "表", "何を数えたか", "式"])
    for number, sheet in enumerate(sheets, 1):
        query = query_of(sheet.name, contents.period)
        page.append([query.number, f"表{number}", query.said, query.expression])
    last = page.max_row
    versions = "、".join(f"{name} {version}" for name, version in sorted(contents.versions.items()))
    page.append([f"版　{contents.edition_name or '版の番号なし'}"])
    page.append([f"使ったもの　{versions}"])
    _dress(page, HEAD_ROW, (10, 8, 60, 80), last)
    page.freeze_panes = f"A{HEAD_ROW + 1}"
    page.print_title_rows = f"1:{HEAD_ROW}"


def _legend(contents: Contents) -> str:
    hidden = f"「{HIDDEN}」は秘匿した数（{contents.k}通に満たない数などと、そこから逆算できる数。0件の意味ではない）"
    return f"{hidden}。△は減少、－は示せない割合など"


def _value(cell: float | str | None, kind: Kind) -> int | float | str:
    """Numbers stay numbers, so that they can be worked with, and are no finer than what the page prints."""
    if isinstance(cell, float):
        return round(cell, _PLACES[kind])
    return cell if isinstance(cell, int) else harmless(said(cell, kind))


def _dress(page: Worksheet, head: int, widths: Sequence[int], last: int = 0) -> None:
    """The ward's font in every cell, heads filled, labels wrapped, columns wide enough to read."""
    for row in page.iter_rows():
        for cell in row:
            cell.font = Font(_FONT, bold=cell.row in {1, head})
    for row in page.iter_rows(min_row=head, max_row=last or page.max_row, max_col=len(widths)):
        for cell in row:
            cell.border = _EDGE
            cell.alignment = Alignment(wrap_text=True, vertical="center")
    for cell in page[head][: len(widths)]:
        cell.fill = _HEAD
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    for at, width in enumerate(widths, 1):
        page.column_dimensions[get_column_letter(at)].width = width


def _dress_figure(cell: Cell | MergedCell, kind: Kind, *, last: bool) -> None:
    cell.number_format = _FORMATS[kind]
    side = "left" if kind is Kind.TEXT else "center" if cell.value == HIDDEN else "right"
    cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=kind is Kind.TEXT)
    cell.font = Font(_FONT, bold=last)
    if cell.value == HIDDEN:
        cell.fill = _GONE


def _set_up_for_print(page: Worksheet, contents: Contents) -> None:
    """A4 landscape, one page wide; marks on top of every page, edition and page number below."""
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", _A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.print_options.horizontalCentered = True
    if page.oddHeader is None or page.oddFooter is None:
        raise TypeError("a new sheet has a header and a footer")
    page.oddHeader.center.text = "　".join(contents.words_of_marks) or None
    page.oddHeader.right.text = f"{contents.title}　{contents.period.called()}"
    page.oddFooter.left.text = contents.edition_name or None
    page.oddFooter.center.text = "&P / &N"
    page.oddFooter.right.text = "&A"


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
