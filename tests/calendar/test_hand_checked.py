"""Targets that were counted by hand, across substitutes, 国民の休日 and the year's end (O2)."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.domain.calendar import ClosingDay, WardCalendar, explain, open_days_taken, open_days_until, reply_due

TABLE = Path(__file__).with_name("hand_checked.txt")
DAY = timedelta(days=1)
DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
CLOSINGS = st.dictionaries(DAYS, st.just(ClosingDay("停電", "決定第1号")), max_size=40)
LINES = [line.split(" ", 3) for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#")]
CASES = [(date.fromisoformat(received), int(days), date.fromisoformat(due), why) for received, days, due, why in LINES]


def test_the_table_is_long_enough_and_names_each_case_once() -> None:
    """At least forty cases, no receipt twice under one clock."""
    assert len(CASES) >= 40
    assert len({(received, days) for received, days, _, _ in CASES}) == len(CASES)


@pytest.mark.parametrize(("received", "days", "due", "why"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_a_target_is_the_one_counted_by_hand(received: date, days: int, due: date, why: str) -> None:
    """The target, its explanation's last day and its last count agree with the paper."""
    calendar = WardCalendar()
    told = explain(received, calendar, days)
    assert reply_due(received, calendar, days) == due, why
    assert (told[-1].day, told[-1].count) == (due, days)
    assert open_days_taken(received, due, calendar) == days


@given(DAYS, CLOSINGS, st.integers(1, 30))
def test_the_days_left_come_down_to_nothing_and_go_on_below(
    received: date, closings: dict[date, ClosingDay], days: int
) -> None:
    """On receipt `days` are left, on the target none, and each open day takes one, beyond the target too."""
    calendar = WardCalendar(closings)
    due = reply_due(received, calendar, days)
    assert open_days_until(received, due, calendar) == days
    assert open_days_until(due, due, calendar) == 0
    day, left = received, days
    while day < due + 10 * DAY:
        day += DAY
        left -= calendar.is_open(day)
        assert open_days_until(day, due, calendar) == left
