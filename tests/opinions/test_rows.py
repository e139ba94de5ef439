"""A reader who counts rows: which rows a report has tells nothing that its cells hide."""

from collections.abc import Iterator
from datetime import date

import pandas as pd
import pytest

from tayori.domain.organisation import organisation
from tayori.domain.ward import ward
from tayori.opinions.disclosure.tables import Figures
from tayori.opinions.period import Period
from tayori.opinions.report_tables import COMPARED, NO_TOPIC, OTHER, PAIRS, TRIED, UNSET
from tayori.opinions.themes import theme_rules
from tayori.opinions.trends import figures_of
from tests.opinions.builders import dice, whole_facts

YEAR = Period(date(2026, 4, 1), date(2027, 3, 31))
MONTH = Period(date(2026, 10, 1), date(2026, 10, 31))
K = 10
Layout = list[tuple[str, tuple[str, ...], tuple[str, ...]]]
RARE = {
    "channel": "telephone",
    "department": "福祉部",
    "kind": "inquiry",
    "theme": "自転車",
    "state": "anonymous",
    "topic": "0003",
}
"""What three letters of each year say."""
NO_ANSWER = ["measure", "lateness", "outcome"]
OTHER_MEASURE = "other"
"""What three answers of each year say."""


def two_years(period: Period, letters: int = 300) -> pd.DataFrame:
    """Letters of a period and of the year before, some cells small."""
    now, before = whole_facts(dice(3), letters, period.months), whole_facts(dice(4), letters, period.months_before)
    for held in (now, before):
        held.loc[held.index[:3], list(RARE)] = list(RARE.values())
        held.loc[held.index[:3], NO_ANSWER] = None
        held.loc[held.index[held["state"] == "answered"][:3], "measure"] = OTHER_MEASURE
    return pd.concat([now, before.assign(mart_key="b" + before["mart_key"])], ignore_index=True)


def layout(figures: Figures) -> Layout:
    return [(table.name, table.rows, table.columns) for table in figures.tables]


def without(facts: pd.DataFrame, name: str, code: str, months: tuple[str, ...]) -> pd.DataFrame:
    """The same letters, and no one of some months has this code: the truth that a reader must not exclude."""
    theirs = facts["month"].isin(months)
    other = facts.loc[theirs & (facts[name] != code), name].mode()[0]
    return facts.assign(**{name: facts[name].where(~theirs | (facts[name] != code), other)})


def small_margins(figures: Figures) -> Iterator[tuple[str, str]]:
    """Every margin that fewer than k letters stand behind."""
    for key, letters in figures.letters.items():
        if len(key) == 1 and 0 < letters < K and key[0][0] not in {"unit", "month", "related", "part"}:
            yield key[0]


@pytest.mark.parametrize("period", [YEAR, MONTH])
def test_no_row_says_that_a_small_count_is_not_none(period: Period) -> None:
    """For each small margin, now and a year before: a report of whose letters none has it prints the same rows."""
    facts = two_years(period)
    figures, met = figures_of(facts, period, K), set()
    for name, code in small_margins(figures):
        told, months = name.removesuffix("_before"), period.months if name in facts else period.months_before
        other = without(facts, told, RARE["topic"] if code == OTHER and told == "topic" else code, months)
        assert layout(figures_of(other, period, K)) == layout(figures), (name, code)
        met.add(name)
    assert met >= RARE.keys() | {"measure"} | {f"{name}_before" for name in COMPARED if name != "month"}


def test_every_code_that_the_ward_lists_has_its_row() -> None:
    """Whether anybody wrote so or not; the ways that are for trials are no way in."""
    tables = {table.name: table for table in figures_of(two_years(YEAR), YEAR, K).tables}
    themes = theme_rules()
    assert tables["theme_kind"].rows[:-1] == (*themes.fields, themes.undecided, themes.withheld)
    assert tables["theme_kind"].columns[:-1] == (*ward().kinds.values(), UNSET)
    assert tables["department_kind"].rows[:-1] == (*organisation().divisions, OTHER, UNSET)
    assert tables["channel"].rows[:-1] == tuple(term for code, term in ward().channels.items() if code not in TRIED)
    assert tables["topic"].rows[-3:-1] == (OTHER, NO_TOPIC)
    assert tables["measure"].rows[-2] == UNSET
    for name, beside in {"theme": "theme_kind", "department": "department_kind", "channel": "channel"}.items():
        assert tables[f"{name}_before"].rows == tables[beside].rows


def test_a_field_that_the_ward_lists_no_longer_has_its_row_where_it_occurs() -> None:
    """Letters of an earlier dictionary keep their field, now or a year before."""
    facts = two_years(YEAR)
    facts.loc[facts["month"].isin(YEAR.months_before) & (facts["theme"] == "動物"), "theme"] = "以前の分野"
    tables = {table.name: table for table in figures_of(facts, YEAR, K).tables}
    assert tables["theme_before"].rows[-2] == tables["theme_kind"].rows[-2] == "以前の分野"


@pytest.mark.parametrize(("letters", "compared"), [(9, False), (10, True)])
def test_a_year_of_few_letters_is_no_year_to_compare_with(letters: int, compared: bool) -> None:  # noqa: FBT001 - a case
    """The tables stand from ten letters on, so that their standing there says nothing of a small count."""
    facts = two_years(YEAR)
    before = facts[facts["month"].isin(YEAR.months_before)].head(letters)
    figures = figures_of(pd.concat([facts[facts["month"].isin(YEAR.months)], before]), YEAR, K)
    assert ("theme_before" in {table.name for table in figures.tables}) is compared


@pytest.mark.parametrize(("letters", "fine"), [(3_479, set()), (3_480, {"theme_month", "department_month"})])
def test_months_of_fields_stand_only_where_there_are_letters_enough(letters: int, fine: set[str]) -> None:
    """29 fields, 12 months, ten letters a cell: a table of hidden counts says nothing. Departments need fewer."""
    facts = whole_facts(dice(1), letters, YEAR.months)
    names = {table.name for table in figures_of(facts, YEAR, K).tables}
    assert names & {"theme_month"} == fine & {"theme_month"}
    assert "department_month" in names


def test_quarters_of_fields_are_the_sums_of_their_months() -> None:
    """Where both tables stand, the audit knows that each quarter of a field is three months of it."""
    sums = figures_of(whole_facts(dice(1), 3_480, YEAR.months), YEAR, K).sums()
    parts = {entry.total: entry.parts for entry in sums if len(entry.parts) == 3 and len(entry.total) == 2}
    assert parts[("quarter", "2026-Q1"), ("theme", "動物")] == tuple(
        (("month", month), ("theme", "動物")) for month in YEAR.months[:3]
    )


def names_of(period: Period, letters: int = 4_000) -> set[str]:
    return {table.name for table in figures_of(two_years(period, letters), period, K).tables}


def test_short_periods_have_few_tables_whatever_the_counts() -> None:
    """A month has single columns, a quarter fields by kind besides; a count stands in one of them and not in two."""
    pairs = {"_".join(pair) for pair in PAIRS}
    quarter = Period(MONTH.start, MONTH.end.replace(month=12))
    assert names_of(MONTH, 4_000) & pairs == set()
    assert names_of(quarter) & pairs == {"theme_kind"}
    assert names_of(MONTH) >= {"channel", "kind", "state", "pace", "theme_before", "department_before"}
    assert not names_of(MONTH) & {"theme", "department", "month", "month_before"}
    assert "month_before" in names_of(quarter)
