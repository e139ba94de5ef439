"""Attacks on what a report prints beside its counts."""

from datetime import date

import pandas as pd
import pytest

from tayori.opinions.disclosure.tables import TOTAL_LABEL
from tayori.opinions.period import Period
from tayori.opinions.report_tables import NO_TOPIC, OTHER
from tayori.opinions.trends import tabulate
from tests.opinions.builders import dice, facts_frame, whole_facts

YEAR = Period(date(2026, 4, 1), date(2027, 3, 31))
WRITTEN = "模擬花子 090-0000-0000"


@pytest.mark.parametrize("k", [5, 10])
def test_what_few_letters_say_is_no_label_either(k: int) -> None:
    """A topic is made of what letters say: one that fewer than k letters have is printed nowhere."""
    facts = facts_frame(dice(1), 400, YEAR.months).assign(topic="0001")
    facts.loc[facts.index[:k], "topic"] = "0002"
    facts.loc[facts.index[k : 2 * k - 1], "topic"] = "0003"
    table = next(one for one in tabulate(facts, k, period=YEAR) if one.name == "topic")
    assert table.rows == ("0001", "0002", OTHER, NO_TOPIC, TOTAL_LABEL)
    assert table.cells[-1][-1] == len(facts)


def test_a_source_makes_no_department() -> None:
    """A department is what a source wrote there: what the ward does not list is printed nowhere, however often."""
    facts = facts_frame(dice(1), 400, YEAR.months)
    facts.loc[facts.index[:50], "department"] = WRITTEN
    for table in tabulate(facts, 10, period=YEAR):
        assert WRITTEN not in (*table.rows, *table.columns)


def test_offices_are_counted_as_the_ward_lists_them() -> None:
    """A section counts under its division; what nobody lists under one label."""
    facts = facts_frame(dice(1), 400, YEAR.months).assign(kind="request", department="健康部")
    facts.loc[facts.index[:60], "department"] = "道路課"
    facts.loc[facts.index[60:90], "department"] = "広聴担当課"
    table = next(one for one in tabulate(facts, 10, period=YEAR) if one.name == "department_kind")
    counts = dict(zip(table.rows, (cells[-1] for cells in table.cells), strict=True))
    assert (counts["みどり土木部"], counts[OTHER], counts["健康部"]) == (60, 30, 310)


def test_one_letter_that_counts_often_makes_no_department() -> None:
    """Letters are counted, not matters: one letter of ten matters is one."""
    facts = facts_frame(dice(1), 400, YEAR.months)
    ten = pd.concat([facts.head(1).assign(department=WRITTEN)] * 10)
    for table in tabulate(pd.concat([facts, ten]), 10, period=YEAR):
        assert WRITTEN not in (*table.rows, *table.columns)


@pytest.mark.parametrize("seed", range(12))
def test_late_answers_do_not_follow_from_the_states(seed: int) -> None:
    """A month prints 回答 in one table and 目安内 in another: what is left of it is no count under k."""
    month = Period(date(2026, 4, 1), date(2026, 4, 30))
    facts = whole_facts(dice(seed), 60, month.months)
    tables = {table.name: table for table in tabulate(facts, 10, period=month)}
    paces = dict(zip(tables["pace"].rows, (cells[0] for cells in tables["pace"].cells), strict=True))
    answered = dict(zip(tables["state"].rows, (cells[0] for cells in tables["state"].cells), strict=True))["回答"]
    late = int((facts["pace"] == "over").sum())
    assert late or not seed
    if 0 < late < 10 and answered is not None and paces["目安内の回答"] is not None:
        assert answered - paces["目安内の回答"] >= 10
