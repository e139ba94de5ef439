"""Attacks on what a report prints beside its counts."""

from datetime import date

import pandas as pd
import pytest

from tayori.opinions.period import Period
from tayori.opinions.report_tables import OTHER
from tayori.opinions.trends import tabulate
from tests.opinions.builders import dice, facts_frame

YEAR = Period(date(2026, 4, 1), date(2027, 3, 31))
WRITTEN = "模擬花子 090-0000-0000"


@pytest.mark.parametrize("k", [5, 10])
def test_what_few_letters_say_is_no_label_either(k: int) -> None:
    """A department is what a source wrote there: a name that fewer than k letters bear is printed nowhere."""
    facts = facts_frame(dice(1), 400, YEAR.months)
    facts.loc[facts.index[:1], "department"] = WRITTEN
    facts.loc[facts.index[1 : k + 1], "department"] = "k通の部"
    facts.loc[facts.index[k + 1 : 2 * k], "department"] = "k通に1通足りない部"
    table = next(one for one in tabulate(facts, k, period=YEAR) if one.name == "department_kind")
    assert "k通の部" in table.rows
    assert OTHER in table.rows
    assert not {WRITTEN, "k通に1通足りない部"} & set(table.rows)
    assert table.cells[-1][-1] == len(facts)


def test_one_letter_that_counts_often_makes_no_department() -> None:
    """Letters are counted, not matters: one letter of ten matters is one."""
    facts = facts_frame(dice(1), 400, YEAR.months)
    ten = pd.concat([facts.head(1).assign(department=WRITTEN)] * 10)
    for table in tabulate(pd.concat([facts, ten]), 10, period=YEAR):
        assert WRITTEN not in (*table.rows, *table.columns)
