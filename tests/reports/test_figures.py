"""Figures of a report in one form: their queries, the workbook and the CSV files."""

import csv
import io
import re
from dataclasses import replace

import openpyxl

from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.reports.opinion_report import pages
from tayori.reports.parts import in_order
from tayori.reports.queries import NUMBERS, query_of
from tayori.reports.sheets import Kind, of_table
from tayori.reports.spreadsheet import csv_bytes
from tests.reports.test_opinion_report import YEAR, a_page, a_year


def test_every_figure_says_by_which_query_it_was_counted() -> None:
    """Each table, those of words and of the LINE side too, names its query and the edition; a list explains all."""
    page, sheets = a_page(), in_order(a_year())
    sources = re.findall(r'出典　<a href="#(q-\d+)">集計 ([ABL]-\d\d)</a>　第3版', page)
    assert sources == [(f"q-{at}", NUMBERS[sheet.name]) for at, sheet in enumerate(sheets, 1)]
    assert {"times", "changes", "words", "new_words", "line_genres"} < {sheet.name for sheet in sheets}
    for at, sheet in enumerate(sheets, 1):
        query = query_of(sheet.name, YEAR)
        assert f'id="q-{at}"><dt>集計 {query.number}（表{at}）</dt><dd>{query.said}' in page


def test_a_query_says_its_columns_and_months_and_no_number_stands_twice() -> None:
    """The expression counts what the words say; a number is never given to two queries."""
    assert query_of("department_kind", YEAR).expression == (
        "SELECT 主管の部, 種別, COUNT(*) FROM 件 WHERE 集計月 BETWEEN '2026-04' AND '2027-03' GROUP BY 主管の部, 種別"
    )
    assert "BETWEEN '2025-04' AND '2026-03'" in query_of("theme_before", YEAR).expression
    assert len({*NUMBERS.values()}) == len(NUMBERS)
    assert all("{" not in query_of(name, YEAR).expression for name in NUMBERS)


def test_readers_see_no_name_of_a_table_or_file_inside() -> None:
    """A page for the public names neither the stores of the ward nor the files beside it."""
    assert not re.search(r"masked_opinion|tables/|\.csv", a_page() + pages(a_year())["mayor"])


def test_the_workbook_holds_what_the_page_prints() -> None:
    """A sheet for each table, numbers as numbers, hidden ones as 秘, and an index that names the sources."""
    from tayori.reports.workbook import HEAD_ROW, sheet_name, workbook_bytes  # noqa: PLC0415 - openpyxl is slow to load

    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(a_year())))
    sheets = in_order(a_year())
    assert book.sheetnames == ["目次", *(sheet_name(at, one) for at, one in enumerate(sheets, 1)), "集計方法"]
    for page, sheet in zip(book.worksheets[1:-1], sheets, strict=True):
        columns = [at for at, column in enumerate(sheet.columns, 1) if column.kind is Kind.COUNT]
        rows = list(page.iter_rows(min_row=HEAD_ROW + 1, max_row=HEAD_ROW + len(sheet.rows), values_only=True))
        assert [[row[at] for at in columns] for row in rows] == [
            ["秘" if cells[at - 1] is None else cells[at - 1] for at in columns] for _, cells in sheet.rows
        ]


def test_every_sheet_prints_on_a4_with_its_marks_edition_and_heads() -> None:
    """Landscape, one page wide, heads repeated, marks above, edition and page below; what 秘 means stands on it."""
    from tayori.reports.workbook import workbook_bytes  # noqa: PLC0415 - openpyxl is slow to load

    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(replace(a_year(), public=False))))
    for page in book.worksheets:
        assert page.oddHeader is not None
        assert page.oddFooter is not None
        assert (page.page_setup.orientation, page.page_setup.fitToWidth, page.page_setup.fitToHeight) == (
            "landscape",
            1,
            0,
        )
        assert page.print_title_rows
        assert page.freeze_panes
        assert page.oddHeader.center.text == "稽古用　庁内限り"
        assert page.oddFooter.left.text == "第3版"
        assert str(page["A1"].value).startswith("【稽古用】　【庁内限り】")
        assert {cell.font.name for row in page.iter_rows() for cell in row if cell.value is not None} == {"游ゴシック"}
        assert page.title in {"目次", "集計方法"} or "秘匿" in str(page["A2"].value)
    links = [cell.hyperlink.location for (cell,) in book["目次"].iter_rows(max_col=1) if cell.hyperlink]
    assert len(links) == len(book.sheetnames) - 1


def test_a_csv_opens_in_a_spreadsheet_and_runs_nothing() -> None:
    """UTF-8 with BOM, 秘 for hidden, and a label that looks like a formula is only text."""
    table = SuppressedTable("t", "題", "=corner", ("=1+1", "計"), ("@甲", "計"), ((None, None), (12, 1200)), 10)
    written = csv_bytes(of_table(table))
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))
    assert written.startswith(b"\xef\xbb\xbf")
    assert rows == [["'=corner", "'@甲", "計"], ["'=1+1", "秘", "秘"], ["計", "12", "1200"]]
