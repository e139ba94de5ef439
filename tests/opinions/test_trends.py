"""Masked facts become released tables and words."""

from datetime import date

import pandas as pd
import pytest

from tayori.errors import BadInput
from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.period import Period
from tayori.opinions.trends import courses_of, field_words, figures_of, tabulate
from tayori.opinions.words import counted
from tests.opinions.builders import dice, facts_frame

YEAR = Period(date(2026, 4, 1), date(2027, 3, 31))


def by_name(tables: list[SuppressedTable]) -> dict[str, SuppressedTable]:
    return {table.name: table for table in tables}


def test_a_period_is_its_months_and_those_a_year_before() -> None:
    """From the month of the first day to the month of the last, over the turn of the year."""
    period = Period(date(2026, 11, 15), date(2027, 1, 3))
    assert period.months == ("2026-11", "2026-12", "2027-01")
    assert period.months_before == ("2025-11", "2025-12", "2026-01")


def test_letters_outside_the_period_count_only_for_the_comparison() -> None:
    """Rows of the same months a year earlier stand beside, other rows nowhere."""
    now, before = facts_frame(dice(1), 300, YEAR.months), facts_frame(dice(2), 200, YEAR.months_before)
    other = facts_frame(dice(3), 50, ["2020-01"])
    tables = by_name(tabulate(pd.concat([now, before, other]), 5, period=YEAR))
    assert tables["month_before"].cells[-1] == (300, 200)
    assert tables["month_channel"].cells[-1][-1] == 300


def test_without_an_earlier_year_there_is_no_comparison() -> None:
    """A first year has no table of the year before."""
    assert "month_before" not in by_name(tabulate(facts_frame(dice(1), 300, YEAR.months), 5, period=YEAR))


@pytest.mark.parametrize(("end", "compared"), [(date(2027, 3, 31), True), (date(2027, 4, 30), False)])
def test_a_period_over_a_year_is_compared_with_nothing(end: date, compared: bool) -> None:  # noqa: FBT001 - a case
    """Thirteen months and "the same months a year before" share one: a letter would be compared with itself."""
    period = Period(date(2026, 4, 1), end)
    facts = pd.concat([facts_frame(dice(1), 400, period.months), facts_frame(dice(2), 300, YEAR.months_before)])
    assert set(period.months).isdisjoint(period.months_before)
    assert ("month_before" in by_name(tabulate(facts, 5, period=period))) is compared


def test_letters_and_matters_are_reconciled() -> None:
    """件 = 通 + further matters of the same letter; the bug of printing the one under the other's name shows."""
    facts = facts_frame(dice(1), 300, YEAR.months)
    twice = facts.head(20)
    units = by_name(tabulate(pd.concat([facts, twice]), 5, period=YEAR))["units"]
    assert [row[0] for row in units.cells] == [300, 20, 320]


def test_what_is_not_decided_is_a_row_of_its_own() -> None:
    """A letter without a department or a kind is counted, so that totals agree in every table."""
    tables = by_name(tabulate(facts_frame(dice(1), 400, YEAR.months), 5, period=YEAR))
    assert "（未定）" in tables["department_kind"].rows
    assert {table.cells[-1][-1] for name, table in tables.items() if name != "units"} == {400}


def test_departments_and_ways_stand_beside_the_year_before() -> None:
    """The same rows for both years, each adding up to the year's total: letters of no listed office too."""
    now, before = facts_frame(dice(1), 420, YEAR.months), facts_frame(dice(2), 300, YEAR.months_before)
    tables = by_name(tabulate(pd.concat([now, before.assign(mart_key="b" + before["mart_key"])]), 5, period=YEAR))
    for name in ("department_before", "channel_before", "theme_before", "month_before"):
        assert tables[name].columns == ("当期", "前年同期")
        assert tables[name].cells[-1] == (420, 300)
    waste = dict(zip(tables["department_before"].rows, tables["department_before"].cells, strict=True))["環境清掃部"]
    assert waste == tuple(int((one["department"] == "環境清掃部").sum()) for one in (now, before))


def test_quarters_are_protected_with_their_months() -> None:
    """A quarter is the sum of months that another table prints: the audit knows that sum."""
    figures = figures_of(facts_frame(dice(1), 300, YEAR.months), YEAR)
    quarters = [entry for entry in figures.sums() if entry.total == (("quarter", "2026-Q1"),)]
    assert (("month", "2026-04"),) in {part for entry in quarters for part in entry.parts}


def test_a_quarter_names_only_its_months_in_the_period() -> None:
    """A period that begins inside a quarter does not claim the whole of it."""
    period = Period(date(2026, 5, 1), date(2026, 7, 31))
    table = by_name(tabulate(facts_frame(dice(1), 300, period.months), 5, period=period))["theme_quarter"]
    assert table.columns == ("2026年度第1四半期（5～6月）", "2026年度第2四半期（7月）", "計")


def test_an_empty_period_and_a_missing_column_are_told() -> None:
    """Nothing is written and the sentence says what is missing, never a value."""
    facts = facts_frame(dice(1), 20, YEAR.months)
    with pytest.raises(BadInput, match="no letter"):
        tabulate(facts, 5, period=Period(date(2020, 1, 1), date(2020, 2, 1)))
    with pytest.raises(BadInput, match="channel"):
        tabulate(facts.drop(columns="channel"), 5, period=YEAR)


def test_a_field_that_nobody_writes_about_any_more_has_its_row() -> None:
    """Last year's letters of it count within last year's total, so the table says none for now; the report is made."""
    now = facts_frame(dice(1), 420, YEAR.months)
    before = facts_frame(dice(2), 300, YEAR.months_before).assign(mart_key=[f"b{at}" for at in range(300)])
    facts = pd.concat([now[now["theme"] != "動物"], before])
    table = by_name(tabulate(facts, 5, period=YEAR))["theme_before"]
    assert dict(zip(table.rows, table.cells, strict=True))["動物"] == (0, int((before["theme"] == "動物").sum()))


def test_a_month_is_held_against_the_same_month_of_earlier_years() -> None:
    """A year has twelve such series; a month alone has none beside its fields, departments and ways."""
    counts = {"2026-08": 60, "2025-08": 21, "2024-08": 18, "2026-09": 12, "2025-07": 40, "2024-05": 40}
    facts = pd.concat([facts_frame(dice(at), count, [month]) for at, (month, count) in enumerate(counts.items())])
    facts = facts.assign(mart_key=[f"{at:032x}" for at in range(len(facts))])
    courses = {one.code: (one.now, *one.earlier) for one in courses_of(facts, YEAR) if one.what == "month"}
    assert len(courses) == 12
    assert (courses["2026-08"], courses["2026-09"]) == ((60, 21, 18), (12, 0, 0))
    august = Period(date(2026, 8, 1), date(2026, 8, 31))
    assert "month" not in {one.what for one in courses_of(facts, august)}


def test_words_follow_the_order_of_fields_and_skip_letters_without_one() -> None:
    """分類保留 has no words; fields stand as the dictionary of duties lists them."""
    facts = facts_frame(dice(1), 400, YEAR.months)
    found = field_words(counted(zip(facts["mart_key"], facts["theme"], facts["terms"], strict=True)), 5)
    assert [entry.theme for entry in found][:2] == ["ごみ・リサイクル", "公園・みどり"]
    assert "分類保留" not in {entry.theme for entry in found}
