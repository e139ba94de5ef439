"""The printed report: what stands in it, that it stands alone, and that it says nothing that is hidden."""

import csv
import io
import re
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.trends import Period, tabulate, theme_words
from tayori.opinions.words import ThemeWords
from tayori.reports.opinion_report import Report, csv_bytes, opinion_page, pdf_available, render
from tayori.reports.sentences import summary
from tests.opinions.builders import dice, facts_frame

YEAR = Period(date(2026, 4, 1), date(2027, 3, 31))
VERSIONS = {"SudachiDict-core": "20260101", "分野辞書": "2026-11"}
SECRET = "<script>"


@cache
def a_year() -> tuple[list[SuppressedTable], list[ThemeWords]]:
    now, before = facts_frame(dice(1), 420, YEAR.months), facts_frame(dice(2), 300, YEAR.months_before)
    facts = pd.concat([now, before])
    return tabulate(facts, 10, period=YEAR), theme_words(facts, 10, period=YEAR)


@cache
def a_page() -> str:
    tables, words = a_year()
    return opinion_page(tables, YEAR, made_on=date(2027, 4, 20), versions=VERSIONS, words=words)


def rendered(folder: Path, *, pdf: bool = False) -> Report:
    tables, words = a_year()
    return render(tables, folder, YEAR, made_on=date(2027, 4, 20), versions=VERSIONS, words=words, pdf=pdf)


def test_a_report_of_a_rehearsal_says_so_on_every_page() -> None:
    """Headed by the ward, made of dummies: a banner and the head of each page say 稽古用; in live none does."""
    tables, words = a_year()
    assert a_page().count("稽古用") == 2
    live = opinion_page(tables, YEAR, made_on=date(2027, 4, 20), versions=VERSIONS, words=words, rehearsal=False)
    assert "稽古" not in live


class Cells(HTMLParser):
    """Reads the text of every table cell, table by table."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:  # noqa: D102 the parser's own name
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:  # noqa: D102 the parser's own name
        self._inside = self._inside and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:  # noqa: D102 the parser's own name
        if self._inside:
            self.tables[-1][-1][-1] += data


def test_the_page_prints_exactly_the_released_tables() -> None:
    """Every count as released, every hidden one as 秘, in the order given."""
    printed = Cells(a_page()).tables
    for table, rows in zip(a_year()[0], printed, strict=True):
        wanted = [["秘" if count is None else f"{count:,}" for count in cells] for cells in table.cells]
        assert [row[1:] for row in rows[1:]] == wanted


def test_the_page_stands_alone() -> None:
    """No script, no address but the names of formats, the font inside: it opens on a bare machine without a network."""
    addresses = set(re.findall(r"https?://[^\s\"'<>)]+", a_page()))
    assert "<script" not in a_page().lower()
    assert all(address.startswith("http://www.w3.org/") for address in addresses)
    assert a_page().count("data:font/woff2") == 2


def test_every_chart_is_told_in_words_and_ids_do_not_clash() -> None:
    """A reader who hears the page gets the numbers of each chart; drawings do not share ids."""
    told = re.findall(r'role="img" aria-label="([^"]+)"', a_page())
    ids = re.findall(r'\bid="([^"]+)"', a_page())
    assert len(told) == a_page().count("<svg") == 3
    assert all("件" in said for said in told)
    assert len(ids) == len(set(ids))


def test_the_page_is_made_for_reading_aloud() -> None:
    """Japanese is declared, headers have their scope, every table its caption."""
    page = a_page()
    assert '<html lang="ja">' in page
    assert page.count("<caption>") == page.count("<table") == len(a_year()[0])
    assert not re.search(r"<th(?![^>]*scope=)[ >]", page)


def test_the_page_says_its_period_rules_and_limits() -> None:
    """Period, threshold, how many cells are hidden, 通 and 件, the dictionaries and what the numbers cannot say."""
    hidden = sum(table.hidden for table in a_year()[0])
    for said in [
        "2026年4月1日から2027年3月31日まで",
        "10通",
        f"{hidden}か所",
        "通と件",
        "20260101",
        "マスキング済み",
        "言い換え",
    ]:
        assert said in a_page()
    assert "匿名化" not in a_page()


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """A second run writes the same files, byte for byte."""
    first, second = rendered(tmp_path / "one"), rendered(tmp_path / "two")
    assert [path.name for path in first.paths] == [path.name for path in second.paths]
    for one, two in zip(first.paths, second.paths, strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_the_report_says_what_it_wrote(tmp_path: Path) -> None:
    """One page, one CSV for each table, the number of hidden cells."""
    report = rendered(tmp_path)
    assert {path.suffix for path in report.paths} == {".html", ".csv"}
    assert len(report.paths) == 1 + len(report.tables)
    assert report.suppressed_cells == sum(table.hidden for table in report.tables) > 0


def test_a_csv_opens_in_a_spreadsheet_and_runs_nothing() -> None:
    """UTF-8 with BOM, 秘 for hidden, and a label that looks like a formula is only text."""
    table = SuppressedTable("t", "題", "=corner", ("=1+1", "計"), ("@甲", "計"), ((None, None), (12, 1200)), 10)
    written = csv_bytes(table)
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))
    assert written.startswith(b"\xef\xbb\xbf")
    assert rows == [["'=corner", "'@甲", "計"], ["'=1+1", "秘", "秘"], ["計", "12", "1200"]]


def test_a_label_is_never_markup() -> None:
    """A department's name out of an old database is printed, not run; also inside the drawings."""
    tables = [*a_year()[0]]
    at = next(at for at, table in enumerate(tables) if table.name == "department_kind")
    old = tables[at]
    tables[at] = SuppressedTable(
        old.name, old.title, old.corner, (SECRET, *old.rows[1:]), old.columns, old.cells, old.k
    )
    assert SECRET not in opinion_page(tables, YEAR, made_on=date(2027, 4, 20), versions=VERSIONS)


def units(letters: int | None, further: int | None, matters: int | None) -> SuppressedTable:
    return SuppressedTable("units", "数", "数", ("通", "追", "計"), ("数",), ((letters,), (further,), (matters,)), 10)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((300, 20, 320), "寄せられた意見等は300通、内容ごとに数えて320件でした。"),
        ((300, 0, 300), "寄せられた意見等は300件（300通）でした。"),
        ((None, None, 320), "寄せられた意見等は320件でした。"),
        ((None, None, None), "寄せられた意見等が少ないため、合計を含めて数を示しません。"),
    ],
)
def test_the_first_sentence_tells_letters_from_matters(counts: tuple[int | None, ...], said: str) -> None:
    """通 and 件 are never mixed up, and what is hidden is not said."""
    tables = {table.name: table for table in a_year()[0]} | {"units": units(*counts)}
    assert summary(tables, k=10)[0] == said


def test_sentences_say_only_what_the_tables_print() -> None:
    """Every number of the summary stands in a table or is worked out from printed ones."""
    tables = {table.name: table for table in a_year()[0]}
    said = summary(tables, k=10)
    shown = {count for table in tables.values() for row in table.cells for count in row if count is not None}
    numbers = {int(number.replace(",", "")) for line in said for number in re.findall(r"([\d,]+)件", line)}
    now, before = tables["month_before"].cells[-1]
    assert now is not None
    assert before is not None
    assert numbers <= shown | {abs(now - before)}


@pytest.mark.pdf
@pytest.mark.skipif(not pdf_available(), reason="needs Pango")
def test_the_pdf_carries_the_font_and_is_the_same_each_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Every character finds its glyph in the font that the page brings along; two runs write the same bytes."""
    one, two = (rendered(tmp_path / name, pdf=True).paths[-1].read_bytes() for name in ("one", "two"))
    assert one.startswith(b"%PDF")
    assert one == two
    assert "notdef" not in caplog.text
    assert "cannot be loaded" not in caplog.text
