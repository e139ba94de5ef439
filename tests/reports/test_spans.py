"""The mayor's page, and reports by their span: what a month prints, and what years and months are called."""

import re
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.period import Period
from tayori.opinions.trends import tabulate
from tayori.reports.contents import Contents
from tayori.reports.opinion_report import pages
from tayori.reports.sentences import summary, within_target
from tests.opinions.builders import dice, whole_facts
from tests.reports.test_opinion_report import a_page, a_year


def mayors_page(contents: Contents) -> str:
    return pages(contents)["mayor"]


def test_the_mayors_page_is_one_page_of_what_the_report_prints() -> None:
    """Four numbers, few sentences, charts told in words; every number stands in the report too."""
    page = mayors_page(a_year())
    assert page.count("<svg") == 2 * page.count('role="img"') == 4
    share = within_target(a_year())
    assert share is not None
    assert f"{share:.1%}" in page
    said = set(summary(a_year(), short=True))
    assert said <= set(summary(a_year()))
    assert len(said) <= 6


def a_theme_table(*counts: int | None) -> SuppressedTable:
    """A report's fields with these counts."""
    rows = tuple(f"分野{at}" for at in range(len(counts)))
    cells = (*((one, one) for one in counts), (90, 90))
    return SuppressedTable("theme_kind", "分野別", "分野＼種別", (*rows, "計"), ("要望", "計"), cells, 10)


@pytest.mark.parametrize(
    ("counts", "drawn"), [((30, 0, 20, None, 12), ["分野0", "分野2", "分野4"]), ((11, 0, None), []), ((None, None), [])]
)
def test_the_mayor_sees_only_printed_counts_as_the_largest(counts: tuple[int | None, ...], drawn: list[str]) -> None:
    """Neither a hidden field nor one of none is called large; of too few counts a sentence stands in place of bars."""
    others = tuple(one for one in a_year().tables if not one.name.startswith("theme"))
    page = mayors_page(replace(a_year(), tables=(a_theme_table(*counts), *others)))
    told = re.findall(r'aria-label="多い分野。([^"]+)"', page)
    assert re.findall(r"分野\d", "".join(told)) == drawn
    assert ("数を示せ" in page.partition("多い分野</h2>")[2].partition("</section>")[0]) is True
    assert bool(told) is bool(drawn)


def test_the_contents_list_leads_to_every_part() -> None:
    """Each link of the list goes to a heading that is there."""
    nav = a_page().partition("<nav")[2].partition("</nav>")[0]
    links = re.findall(r'href="#([^"]+)"', nav)
    assert len(links) >= 12 + 3
    assert all(f'id="{link}"' in a_page() for link in links)


def a_month() -> Contents:
    """A monthly report beside the same month of the year before."""
    month = Period(date(2026, 11, 1), date(2026, 11, 30))
    now, before = whole_facts(dice(1), 120, month.months), whole_facts(dice(2), 100, month.months_before)
    tables = tabulate(pd.concat([now, before], ignore_index=True), 10, period=month)
    return replace(a_year(), tables=tuple(tables), start=month.start, end=month.end, changes=(), times=())


def test_a_month_has_single_columns_and_its_own_words() -> None:
    """No table of two dimensions, no part of months; the same month of the year before is 前年同月."""
    page, names = pages(a_month())["opinion-report"], {table.name for table in a_month().tables}
    assert not {name for name in names if "＼" in next(t.corner for t in a_month().tables if t.name == name)}
    assert "月ごとの件数と前年同月" not in page
    assert "前年度" not in page
    assert "令和8年（2026年）11月" in page
    assert "前年同月" in page
    assert within_target(a_month()) is not None


def test_years_are_named_in_japanese_and_axes_bear_the_month_alone() -> None:
    """令和8年度（2026年度） in title and tables; no apostrophe stands for a year."""
    assert "令和8年度（2026年度）" in a_page()
    assert "前年同期" not in a_page()
    assert "’" not in a_page()
    assert ">4月<" in a_page()
    assert ">令和8年度<" in a_page()
