"""The target date of an answer counts the ward's open days, and nothing else (O2)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.domain.calendar import ClosingDay, WardCalendar, explain, open_days_taken, read_calendar, reply_due
from tayori.errors import BadInput

DAY = timedelta(days=1)
PLAIN = WardCalendar()
DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
CLOSINGS = st.dictionaries(
    DAYS, st.sampled_from([ClosingDay("停電", "決定第1号"), ClosingDay("選挙", "決定第2号")]), max_size=60
)
CLOSED = {"reason": "庁舎停電", "authority": "8総総第12号"}
UNREAD = [
    ["2026-10-01"],
    {"1 October": CLOSED},
    {"2026-10-01": "庁舎停電"},
    {"2026-10-01": None},
    {"2026-10-01": {"reason": "庁舎停電"}},
    {"2026-10-01": CLOSED | {"authority": " "}},
    {"2026-10-01": CLOSED | {"reason": "長" * 41}},
]

# Written down from the Cabinet Office's list, by hand: the days of 2026 and the new year 2027 that are no weekend.
HOLIDAYS_2026 = {
    date(2026, month, day)
    for month, day in [
        (1, 1), (1, 12), (2, 11), (2, 23), (3, 20), (4, 29), (5, 4), (5, 5), (5, 6), (7, 20),
        (8, 11), (9, 21), (9, 22), (9, 23), (10, 12), (11, 3), (11, 23),
    ]
}  # fmt: skip


def naive_due(received: date, calendar: WardCalendar, days: int) -> date:
    """Count one day at a time, the way a clerk does with a wall calendar."""
    day = received
    left = days
    while left:
        day += DAY
        if calendar.is_open(day):
            left -= 1
    return day


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 6, 1), date(2026, 6, 19)),  # no holiday: 14 open days are 18 days later
        (date(2026, 6, 6), date(2026, 6, 25)),  # received on a Saturday: Monday is day 1
        (date(2026, 4, 24), date(2026, 5, 20)),  # 4/29, 5/4, 5/5 and the 振替休日 of 5/3 on 5/6
        (date(2026, 9, 11), date(2026, 10, 6)),  # 敬老の日 21, 国民の休日 22, 秋分の日 23
        (date(2026, 12, 18), date(2027, 1, 14)),  # 12/29-1/3 and 成人の日 2027-01-11
        (date(2025, 2, 20), date(2025, 3, 13)),  # 天皇誕生日 2025-02-23 is a Sunday: 振替休日 24
        (date(2019, 4, 26), date(2019, 5, 24)),  # ten days closed for the accession
    ],
)
def test_dates_counted_by_hand(received: date, due: date) -> None:
    """Fourteen open days after receipt, as counted on paper."""
    assert reply_due(received, PLAIN) == due


def test_every_open_weekday_of_2026() -> None:
    """Through 2026 the ward is closed exactly on weekends, the listed holidays, and the year's end."""
    year = [date(2026, 1, 1) + DAY * step for step in range(365)]
    year_end = {date(2026, 1, 2), date(2026, 12, 29), date(2026, 12, 30), date(2026, 12, 31)}
    expected = [day for day in year if day.weekday() < 5 and day not in HOLIDAYS_2026 | year_end]
    assert [day for day in year if PLAIN.is_open(day)] == expected


@pytest.mark.parametrize("year", range(2015, 2036))
def test_the_year_end_is_closed_on_whatever_weekday(year: int) -> None:
    """From 29 December to 3 January no day counts, every year; the days around them are judged on their own."""
    days = [date(year, 12, day) for day in (29, 30, 31)] + [date(year + 1, 1, day) for day in (1, 2, 3)]
    assert {PLAIN.closed_because(day) for day in days} == {"年末年始"}
    assert PLAIN.closed_because(date(year, 12, 28)) != "年末年始" != PLAIN.closed_because(date(year + 1, 1, 4))


def test_the_day_between_two_holidays_is_closed() -> None:
    """2026-09-22 lies between two holidays and is one itself (国民の休日)."""
    assert PLAIN.closed_because(date(2026, 9, 22)) == "祝日（国民の休日）"


def test_the_explanation_names_every_day() -> None:
    """A clerk can read why each day counts or not, from receipt to target."""
    told = explain(date(2026, 9, 18), PLAIN, days=2)
    assert [(step.day.day, step.count) for step in told] == [
        (18, None), (19, None), (20, None), (21, None), (22, None), (23, None), (24, 1), (25, 2),
    ]  # fmt: skip
    assert [step.reason for step in told][1:4] == ["土曜日", "日曜日", "祝日（敬老の日）"]


def test_the_wards_own_closing_days_are_skipped_and_named() -> None:
    """A closing day given as data moves the target, is named, and changes the calendar's version."""
    calendar = read_calendar({"2026-06-10": CLOSED, date(2026, 6, 11): CLOSED})
    assert reply_due(date(2026, 6, 1), calendar) == date(2026, 6, 23)
    assert calendar.closed_because(date(2026, 6, 10)) == "休庁日（庁舎停電、8総総第12号）"
    assert calendar.version != PLAIN.version
    assert read_calendar(None).version == PLAIN.version


@given(DAYS, CLOSINGS, st.integers(1, 60))
def test_the_target_is_what_a_clerk_counts(received: date, closings: dict[date, ClosingDay], days: int) -> None:
    """For any receipt, closing days and term the target equals the naive count."""
    calendar = WardCalendar(closings)
    assert reply_due(received, calendar, days) == naive_due(received, calendar, days)


@given(DAYS, CLOSINGS, st.integers(1, 40))
def test_targets_are_open_later_and_ordered(received: date, closings: dict[date, ClosingDay], days: int) -> None:
    """The target is an open day after receipt, never earlier for a later receipt, and takes exactly `days`."""
    calendar = WardCalendar(closings)
    due = reply_due(received, calendar, days)
    assert calendar.is_open(due)
    assert due > received
    assert reply_due(received + DAY, calendar, days) >= due
    assert open_days_taken(received, due, calendar) == days


def test_an_answer_on_the_day_of_receipt_took_no_day() -> None:
    """Days taken start after the day of receipt, as the target does."""
    assert open_days_taken(date(2026, 6, 1), date(2026, 6, 1), PLAIN) == 0


@pytest.mark.parametrize("written", UNREAD)
def test_closing_days_that_cannot_be_read_are_refused(written: object) -> None:
    """A closing day without date or reason is refused, not skipped."""
    with pytest.raises(BadInput):
        read_calendar(written)


@pytest.mark.parametrize(
    ("received", "days"),
    [(date(2026, 6, 1), 0), (date(2026, 6, 1), 1001), (date(1900, 6, 1), 14), (date(2099, 12, 31), 1)],
)
def test_terms_and_years_outside_the_rules_are_refused(received: date, days: int) -> None:
    """No target is guessed where the holidays are not known or the term makes no sense."""
    with pytest.raises(BadInput):
        reply_due(received, PLAIN, days)


def test_an_answer_before_its_receipt_is_refused() -> None:
    """Days taken are never negative."""
    with pytest.raises(BadInput):
        open_days_taken(date(2026, 6, 2), date(2026, 6, 1), PLAIN)
