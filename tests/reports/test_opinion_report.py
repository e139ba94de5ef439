"""The printed report: what stands in it, that it stands alone, and that it says nothing that is hidden."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from tayori.analysis.report_contents import times_of
from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.new_words import NewWord
from tayori.opinions.period import Period
from tayori.opinions.signals import Change
from tayori.opinions.trends import field_words, tabulate
from tayori.opinions.words import counted
from tayori.reports.contents import (
    BY_MACHINE,
    Contents,
    Gist,
    LineGenre,
    LineMonth,
    LineSide,
    ToldChange,
    read,
    with_topic_labels,
)
from tayori.reports.opinion_report import Report, pages, pdf_available, render
from tayori.reports.parts import PARTS, heading_of, in_order
from tayori.reports.sentences import findings, summary, within_target
from tayori.reports.sheets import Kind, change, said
from tests.opinions.builders import dice, whole_facts

YEAR = Period(date(2026, 4, 1), date(2027, 3, 31))
VERSIONS = {"SudachiDict-core": "20260101", "分野辞書": "2026-11"}
SECRET = "<script>"
RARE_NAMES = "髙橋﨑𠮷"
LINE = LineSide(
    followers=10_240,
    followers_on=date(2027, 3, 31),
    with_settings=8_120,
    genres=(LineGenre("防災・防犯", 12, 5_310), LineGenre("韓国語", 2, None)),
    months=(LineMonth("2027年3月", 14, 1.25, 2.5),),
)


@cache
def a_year() -> Contents:
    """A yearly report with everything in it."""
    now, before = whole_facts(dice(1), 420, YEAR.months), whole_facts(dice(2), 300, YEAR.months_before)
    facts = pd.concat([now, before], ignore_index=True)
    tables = tabulate(facts, 10, period=YEAR)
    pace = next(table for table in tables if table.name == "department_pace")
    return Contents(
        tables=with_topic_labels(tables, {"0001": "遊具・公園", "0002": f"集積所・からす{BY_MACHINE}"}),
        start=YEAR.start,
        end=YEAR.end,
        made_on=date(2027, 4, 20),
        versions=VERSIONS,
        edition=3,
        words=tuple(field_words(counted(zip(now["mart_key"], now["theme"], now["terms"], strict=True)), 10)),
        new_words=(NewWord("電動キックボード", first=True),),
        word_months=YEAR.months,
        changes=(a_printed_change(tables),),
        compared_years=1,
        times=tuple(times_of(facts, YEAR, pace, 10)),
        gists=(
            Gist("公園・みどり", f"{RARE_NAMES}公園の遊具を直してほしい。", "直しました。", "h1", date(2027, 4, 1)),
        ),
        line=LINE,
    )


def a_printed_change(tables: list[SuppressedTable]) -> ToldChange:
    """A change as it is told: of a row whose two counts are printed."""
    compared = next(table for table in tables if table.name == "theme_before")
    now, before = dict(zip(compared.rows, compared.cells, strict=True))["公園・みどり"]
    assert now is not None
    return ToldChange("分野", "公園・みどり", Change.RISEN, now, before)


def _report(contents: Contents) -> str:
    return pages(contents)["opinion-report"]


def _mayors_page(contents: Contents) -> str:
    return pages(contents)["mayor"]


@cache
def a_page() -> str:
    return _report(a_year())


def rendered(folder: Path, *, pdf: bool = False) -> Report:
    return render(a_year(), folder, pdf=pdf)


def test_a_report_of_a_rehearsal_says_so_on_every_page() -> None:
    """Headed by the ward, made of dummies: a banner and the head of each page say 稽古用; in live none does."""
    assert a_page().count("稽古用") == 2
    assert "稽古用" in _mayors_page(a_year())
    live = replace(a_year(), rehearsal=False)
    assert "稽古" not in _report(live)
    assert "稽古" not in _mayors_page(live)


def test_the_twelve_parts_stand_in_order_and_hold_every_table() -> None:
    """What the yearly report must hold, each part with its heading, no table left out and none twice."""
    headings = re.findall(r'<h2 id="p-[a-z]+">(\d+)　([^<]+)</h2>', a_page())
    assert [(int(number), heading) for number, heading in headings] == [
        (number, heading_of(part, a_year())) for number, part in enumerate(PARTS, 1)
    ]
    assert len(PARTS) == 12
    names = [sheet.name for sheet in in_order(a_year())]
    assert len(names) == len({*names})
    assert {table.name for table in a_year().tables} < {*names}


def test_a_label_that_a_machine_made_is_told_from_one_of_staff() -> None:
    """In the table with a small mark and what it means, in a sentence too; where staff named all, no word of it."""
    note = "担当者がまだ確かめていません"
    assert f"集積所・からす<small>{BY_MACHINE}</small></th>" in a_page()
    assert '<th scope="row">遊具・公園</th>' in a_page()
    assert note in a_page()
    risen = ToldChange("話題", f"集積所・からす{BY_MACHINE}", Change.RISEN, 40, None)
    assert "話題「集積所・からす」（機械による見出し、40件）" in "".join(summary(replace(a_year(), changes=(risen,))))
    tables = tuple(
        replace(table, rows=tuple(row.removesuffix(BY_MACHINE) for row in table.rows)) for table in a_year().tables
    )
    assert note not in _report(replace(a_year(), tables=tables))


def test_what_is_not_on_record_is_said_and_not_left_out() -> None:
    """A first report without answers, measures or gists says so part by part."""
    bare = replace(
        a_year(), tables=tuple(t for t in a_year().tables if t.name in {"units", "theme_kind"}), times=(), gists=()
    )
    page = _report(bare)
    for part in PARTS:
        assert part.name not in {"years", "times", "measures", "gists"} or part.absent in page


class Cells(HTMLParser):
    """Reads the text of every table cell, table by table."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: D102 the parser's own name
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"} and ("class", "derived") not in attrs:
            self.tables[-1][-1].append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:  # noqa: D102 the parser's own name
        self._inside = self._inside and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:  # noqa: D102 the parser's own name
        if self._inside:
            self.tables[-1][-1][-1] += data


def test_the_page_prints_exactly_the_released_tables() -> None:
    """Every count as released, every hidden one as 秘; what is worked out of them stands in a column of its own."""
    by_caption = dict(zip(re.findall(r"<caption>表\d+　(.+?)（単位", a_page()), Cells(a_page()).tables, strict=True))
    for table in a_year().tables:
        wanted = [["秘" if count is None else f"{count:,}" for count in cells] for cells in table.cells]
        assert [row[1:] for row in by_caption[table.title][1:]] == wanted


def test_a_share_or_a_change_is_never_printed_of_a_hidden_count() -> None:
    """Percentages are worked out from printed counts alone, a fall with the △ of Japanese accounts."""
    told = [said(change(now, 20), Kind.CHANGE) for now in (None, 15, 30, 20)]
    assert told == ["－", "△25.0%", "+50.0%", "0.0%"]
    assert (change(20, None), change(20, 0)) == (None, None)


def test_an_edition_is_read_back_as_it_was_written() -> None:
    """The kept document gives the same contents, and so the same bytes."""
    assert read(a_year().written()) == a_year()
    assert _report(read(a_year().written())) == a_page()


def test_a_document_from_before_a_value_was_told_is_read() -> None:
    """An edition that was kept before friends by month and sends by genre and month were told is printed without."""
    old = json.loads(a_year().written())
    for entry in [*old["line"]["genres"], *old["line"]["months"]]:
        for name in ("by_month", "blocks_after", "followers"):
            if name != "blocks_after" or "genre" in entry:
                entry.pop(name, None)
    contents = read(json.dumps(old))
    assert "line_genre_months" not in {sheet.name for sheet in in_order(contents)}
    assert "韓国語" in _report(contents)


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
    assert len(told) == 4
    assert a_page().count("<svg") == 2 * len(told)  # each for a desk and for a phone
    assert all("件" in said for said in told)
    assert len(ids) == len(set(ids))


def test_the_page_is_made_for_reading_aloud() -> None:
    """Japanese is declared, headers have their scope, every table its caption."""
    page = a_page()
    assert '<html lang="ja">' in page
    in_words = {"new_words", "words", "repeated_words"}
    assert page.count("<caption>") == page.count("<table") == sum(s.name not in in_words for s in in_order(a_year()))
    assert not re.search(r"<th(?![^>]*scope=)[ >]", page)


def test_the_page_says_its_period_rules_and_limits() -> None:
    """Period, threshold, how many cells are hidden, 通 and 件, the dictionaries and what the numbers cannot say."""
    hidden = a_year().hidden_cells
    for words in [
        "2026年4月1日から2027年3月31日まで",
        "10通",
        f"{hidden}か所",
        "通と件",
        "20260101",
        "マスキング済み",
        "言い換え",
    ]:
        assert words in a_page()
    assert "匿名化" not in a_page()


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """A second run writes the same files, byte for byte."""
    first, second = rendered(tmp_path / "one"), rendered(tmp_path / "two")
    assert [path.name for path in first.paths] == [path.name for path in second.paths]
    for one, two in zip(first.paths, second.paths, strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_the_report_says_what_it_wrote(tmp_path: Path) -> None:
    """Two pages, a workbook, one CSV for each figure, the number of hidden cells."""
    report = rendered(tmp_path)
    assert {path.suffix for path in report.paths} == {".html", ".csv", ".xlsx"}
    assert len(report.paths) == 3 + len(in_order(a_year())) > 3 + report.tables
    assert report.suppressed_cells == a_year().hidden_cells > 0


def test_a_label_is_never_markup() -> None:
    """A department's name out of an old database is printed, not run; also inside the drawings."""
    tables = [*a_year().tables]
    at = next(at for at, table in enumerate(tables) if table.name == "department_kind")
    old = tables[at]
    tables[at] = SuppressedTable(
        old.name, old.title, old.corner, (SECRET, *old.rows[1:]), old.columns, old.cells, old.k
    )
    assert SECRET not in _report(replace(a_year(), tables=tuple(tables)))


def units(letters: int | None, further: int | None, matters: int | None) -> SuppressedTable:
    return SuppressedTable("units", "数", "数", ("通", "追", "計"), ("数",), ((letters,), (further,), (matters,)), 10)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((300, 20, 320), "寄せられた意見等は300通、内容ごとに数えて320件でした。"),
        ((300, 0, 300), "寄せられた意見等は300件（300通）でした。"),
        ((None, None, 320), "寄せられた意見等は320件でした。"),
        ((None, None, None), "寄せられた意見等の合計は、秘匿のため示しません。"),
    ],
)
def test_the_first_sentence_tells_letters_from_matters(counts: tuple[int | None, ...], said: str) -> None:
    """通 and 件 are never mixed up, and what is hidden is not said."""
    tables = (units(*counts), *(table for table in a_year().tables if table.name != "units"))
    assert summary(replace(a_year(), tables=tables))[0] == said


def test_sentences_say_only_what_the_tables_print() -> None:
    """Every number of the summary stands in a table or is worked out from printed ones."""
    tables = {table.name: table for table in a_year().tables}
    said = summary(a_year())
    shown = {count for table in tables.values() for row in table.cells for count in row if count is not None}
    numbers = {int(number.replace(",", "")) for line in said for number in re.findall(r"([\d,]+)件", line)}
    now, before = tables["month_before"].cells[-1]
    assert now is not None
    assert before is not None
    assert numbers <= shown | {abs(now - before)}


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((60, 30), "「要望」が60件で最も多く、全体の66.7%です。"),
        ((45, 45), None),
        ((60, None), None),
    ],
)
def test_a_part_says_what_leads_only_if_nothing_hidden_can_be_larger(
    counts: tuple[int | None, ...], said: str | None
) -> None:
    """Of equals, or beside a hidden count, none is called the largest."""
    table = SuppressedTable(
        "kind", "種別", "種別", ("要望", "苦情", "計"), ("件数",), (*((one,) for one in counts), (90,)), 10
    )
    told = replace(a_year(), tables=(table, *(one for one in a_year().tables if one.name != "kind")))
    assert findings(told).get("kinds") == said
    assert said is None or f'<p class="finding">{said}</p>' in _report(told)


@pytest.mark.parametrize(
    ("kind", "before", "said"),
    [
        (
            Change.RISEN,
            21,
            "例年の同じ時期に比べ、偶然とは考えにくい増え方をしたものは、分野「動物」（前年度21件から60件）です。",
        ),
        (Change.NEW, None, "比べた年の同じ時期になく、新しく寄せられたものは、分野「動物」（60件）です。"),
    ],
)
def test_a_change_is_told_by_its_kind_and_its_printed_counts(kind: Change, before: int | None, said: str) -> None:
    """One sentence for each kind of change, with the counts that are printed."""
    told = replace(a_year(), changes=(ToldChange("分野", "動物", kind, 60, before),))
    assert said in summary(told)
    assert said in _report(told)


def test_a_month_is_told_beside_the_same_month_of_the_year_before() -> None:
    """A field of a year stands beside the year before, a month of it beside that month."""
    told = replace(a_year(), changes=(ToldChange("月", "2025年11月", Change.RISEN, 102, 15),))
    assert any("月「2025年11月」（前年同月15件から102件）" in one for one in summary(told))


def test_without_a_printed_count_there_is_no_share_of_answers() -> None:
    """One hidden count of the two, and the share within the target is not said."""
    table = a_year().table("department_pace")
    assert table is not None
    hidden = replace(table, cells=(*table.cells[:-1], (None, *table.cells[-1][1:])))
    others = tuple(one for one in a_year().tables if one.name != "department_pace")
    assert within_target(replace(a_year(), tables=(*others, hidden))) is None


@pytest.mark.pdf
@pytest.mark.skipif(not pdf_available(), reason="needs Pango")
def test_the_pdf_carries_the_font_and_is_the_same_each_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Every character finds its glyph in the font that the page brings along; two runs write the same bytes."""
    one, two = (rendered(tmp_path / name, pdf=True).paths[-2:] for name in ("one", "two"))
    for first, second in zip(one, two, strict=True):
        assert first.read_bytes().startswith(b"%PDF")
        assert first.read_bytes() == second.read_bytes()
    assert "notdef" not in caplog.text
    assert "cannot be loaded" not in caplog.text


@pytest.mark.pdf
@pytest.mark.skipif(not pdf_available() or not shutil.which("pdftotext"), reason="needs Pango and poppler-utils")
def test_the_pdfs_give_their_text_back_and_the_mayors_is_one_page(tmp_path: Path) -> None:
    """A search finds 髙, 﨑 and 𠮷 as they are written, and the counts; the structure is tagged."""
    report, mayor = rendered(tmp_path, pdf=True).paths[-2:]
    told = subprocess.run(["pdftotext", "-layout", report, "-"], check=True, capture_output=True).stdout.decode()
    assert RARE_NAMES in told
    assert "集計の方法と限界" in told
    facts = subprocess.run(["pdfinfo", mayor], check=True, capture_output=True).stdout.decode()
    assert re.search(r"Pages:\s+1\n", facts)
    assert re.search(r"Tagged:\s+yes", facts)
