"""Every sentence of a report holds where there is little, much is hidden, or no year before."""

import re
from dataclasses import replace
from typing import Final

import pytest

from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.reports.contents import Contents
from tayori.reports.sentences import findings, headline, summary
from tests.reports.test_opinion_report import a_year


def a_kind(*counts: int | None, rows: tuple[str, ...] = ("要望", "苦情", "（未定）")) -> SuppressedTable:
    cells = (*((one,) for one in counts), (sum(one or 0 for one in counts),))
    return SuppressedTable("kind", "種別", "種別", (*rows, "計"), ("件数",), cells, 10)


def with_tables(*tables: SuppressedTable) -> Contents:
    named = {table.name: table for table in (*a_year().tables, *tables)}
    return replace(a_year(), tables=tuple(named.values()))


def all_hidden() -> Contents:
    """A report in which no count could be printed, beside a year before."""
    tables = [replace(one, cells=tuple(tuple(None for _ in row) for row in one.cells)) for one in a_year().tables]
    return replace(a_year(), tables=tuple(tables), changes=(), new_words=(), times=())


SAID_OF_NOTHING: Final = [
    "寄せられた意見等の合計は、秘匿のため示しません。",
    "前年度との比較は、秘匿した数があるため示しません。",
]


def test_where_all_is_hidden_no_count_and_no_absence_is_said() -> None:
    """Neither a number, nor that there were few, nor that nothing changed: what is hidden may have changed."""
    contents = all_hidden()
    assert summary(contents, short=True) == SAID_OF_NOTHING
    assert [value for _, value in headline(contents)][:3] == ["－"] * 3
    assert findings(contents)["changes"].startswith("数を示せるもののうち、")


def test_without_a_year_before_nothing_is_counted_as_no_rise() -> None:
    """The mayor's page says 0 only where something was compared."""
    assert headline(replace(a_year(), changes=()))[-1][1] == "0項目"
    assert headline(replace(a_year(), changes=(), compared_years=0))[-1][1] == "－"


@pytest.mark.parametrize(("before", "warned"), [((20, 30, 50), False), ((0, 50, 50), True)])
def test_a_rise_beside_a_month_without_record_says_so(before: tuple[int, ...], warned: bool) -> None:  # noqa: FBT001
    """An office that began in the middle of last year: what was not recorded is no rise, and no month is outdone."""
    cells = tuple(zip((40, 60, 100), before, strict=True))
    table = SuppressedTable("month_before", "月", "月", ("4月", "5月", "計"), ("当期", "前年同期"), cells, 10)
    said = findings(with_tables(table))
    assert ("1件も記録のない月" in said["years"]) is warned
    assert ("上回りました" in said["months"]) is not warned


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (((60, 40), (30, 45)), "最も増えたのは「健康部」（20件増の60件）、最も減ったのは「福祉部」（15件減の30件）"),
        (((60, 40), (None, 45)), "数を示したもののうち、最も増えたのは「健康部」（20件増の60件）"),
        (((60, None), (54, 45)), None),
        (((60, 40), (65, 45)), None),
    ],
)
def test_what_grew_and_shrank_most_is_told_of_printed_counts(
    cells: tuple[tuple[int | None, int | None], ...], said: str | None
) -> None:
    """By ten and more, of equals none, and a hidden count may have changed by more; what is undecided is no answer."""
    rows, columns = ("健康部", "福祉部", "（未定）", "計"), ("当期", "前年同期")
    table = SuppressedTable("department_before", "部", "部", rows, columns, (*cells, (300, 10), (900, 800)), 10)
    told = findings(with_tables(table)).get("departments", "")
    assert told.partition("前年度と比べ、")[2] == (f"{said}です。" if said else "")


@pytest.mark.parametrize(("done", "told"), [(0, True), (4, False), (None, False)])
def test_measures_that_nobody_gave_are_said_to_be_missing(done: int | None, told: bool) -> None:  # noqa: FBT001 - a case
    """The table stands in any case; a row of noughts is told in words, a hidden count is none of them."""
    rows, cells = ("実施済", "（未定）", "計"), ((done,), (60,), (64,))
    table = SuppressedTable("measure", "区分", "区分", rows, ("件数",), cells, 10)
    assert ("記録されていません" in findings(with_tables(table)).get("measures", "")) is told


@pytest.mark.parametrize(
    ("undecided", "said"),
    [
        (20, "「要望」が60件で最も多く、全体の54.5%です。"),
        (110, "「（未定）」を除くと、「要望」が60件で最も多く、全体の30.0%です。"),
    ],
)
def test_what_leads_is_not_called_the_largest_beside_more_that_is_undecided(undecided: int, said: str) -> None:
    """The reader sees the larger bar of what is not decided: it is named."""
    assert findings(with_tables(a_kind(60, 30, undecided)))["kinds"] == said


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((60, 30), "媒体別では、「一般投書」60件が最も多く寄せられました。"),
        ((60, None), "媒体別では、数を示したもののうち、「一般投書」60件が最も多く寄せられました。"),
        ((60, 60), None),
    ],
)
def test_a_way_is_called_the_most_used_only_if_it_is(counts: tuple[int | None, ...], said: str | None) -> None:
    """A hidden count can be larger, and of two equals none is the most."""
    rows, cells = ("一般投書", "メール", "計"), (*((one,) for one in counts), (120,))
    table = SuppressedTable("channel", "媒体別", "媒体", rows, ("件数",), cells, 10)
    assert [one for one in summary(with_tables(table)) if one.startswith("媒体別")] == ([said] if said else [])


def test_measures_are_shares_of_answers_and_reasons_of_late_ones() -> None:
    """Neither is a share of everything that came in: most of that needs no answer, or was answered in time."""
    late = replace(a_kind(30, 10, 12, rows=("制度・方針の検討", "その他", "（未定）")), name="lateness")
    told = findings(with_tables(replace(a_kind(60, 20, 20, rows=("実施済", "検討", "（未定）")), name="measure"), late))
    assert told["measures"].startswith("回答したもののうち、「実施済」が60件で最も多く、回答の60.0%です。")
    assert told["times"].endswith("目安を過ぎた理由は「制度・方針の検討」が30件で最も多く、そのうちの57.7%です。")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([(60, 40, 100, 72, 28)], "、2025年度は100件のうち72件（72.0%）です。"),
        ([(None, 40, 100, None, 28)], None),
        ([(0, 0, 0, 0, 0)], None),
        (
            [(30, 20, 50, 40, 10), (60, 40, 100, 72, 28)],
            "、2025年度は100件のうち72件（72.0%）、2024年度は50件のうち40件（80.0%）です。",
        ),
    ],
)
def test_what_became_of_promises_is_told_where_both_counts_are_printed(
    cells: list[tuple[int | None, ...]], said: str | None
) -> None:
    """The last year first; a hidden count, or a year in which nothing was promised, is silent."""
    rows = ("2024年度", "2025年度")[-len(cells) :]
    table = SuppressedTable("promised", "今", "期間", rows, ("検討", "予定", "計", "済", "他"), tuple(cells), 10)
    told = findings(with_tables(table))["measures"]
    lead = "先の年に「検討」「実施予定」と回答したもののうち、今までに実施済となったものは"
    assert (lead in told) is (said is not None)
    assert said is None or told.endswith(lead + said)


def test_what_has_no_field_is_told_without_a_word_about_the_office() -> None:
    """Residents read how many have no field, not what waits for whom inside."""
    told = " ".join(summary(a_year()))
    assert "どの分野にも含めていません" in told
    assert not re.search("待って|確認", told)
