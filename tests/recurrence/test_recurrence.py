"""A plan's days are those that a clerk counts in the calendar, by hand, day by day."""

import json
from calendar import monthrange
from datetime import date, time, timedelta

import jpholiday
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.domain.recurrence import (
    FARTHEST,
    LONGEST,
    WEEKDAYS,
    DayOfMonth,
    EveryDays,
    Exceptions,
    Excluded,
    NthWeekday,
    OnWeekdays,
    Repeat,
    Rule,
    occurrences,
    occurrences_between,
    plain_rule,
    read_rule,
)
from tayori.errors import BadInput

DAY = timedelta(days=1)


def days(repeat: object, first: str, last: str, **further: object) -> list[str]:
    """Give the days of a rule as written, month and day."""
    rule = read_rule({"at": "10:00", "from": first, "until": last, "repeat": repeat, **further})
    return [f"{day:%m-%d}" for day in occurrences(rule)]


HOLIDAYS: dict[str, object] = {"except": {"holidays": True}}
# Each line was read off a printed calendar.
BY_HAND: dict[str, tuple[tuple[object, str, str], dict[str, object], list[str]]] = {
    "daily": (("daily", "2026-11-02", "2026-11-04"), {}, ["11-02", "11-03", "11-04"]),
    "weekly on Monday and Thursday": (
        ({"weekdays": ["木", "月"]}, "2026-11-01", "2026-11-12"),
        {},
        ["11-02", "11-05", "11-09", "11-12"],
    ),
    "second Tuesday": (({"nth": 2, "weekday": "火"}, "2026-11-11", "2027-01-31"), {}, ["12-08", "01-12"]),
    "fifth Friday: only in months that have one": (
        ({"nth": 5, "weekday": "金"}, "2026-10-01", "2027-04-30"),
        {},
        ["10-30", "01-29", "04-30"],
    ),
    "last Friday": (
        ({"nth": "last", "weekday": "金"}, "2026-12-01", "2027-02-28"),
        {},
        ["12-25", "01-29", "02-26"],
    ),
    "month-end February": (("month-end", "2027-01-15", "2027-03-31"), {}, ["01-31", "02-28", "03-31"]),
    "month-end February of a leap year": (("month-end", "2028-02-01", "2028-03-01"), {}, ["02-29"]),
    "the 31st: not in a short month": (({"day": 31}, "2027-01-01", "2027-05-31"), {}, ["01-31", "03-31", "05-31"]),
    "every 10 days over the year's end": (
        ({"every_days": 10}, "2026-12-20", "2027-01-15"),
        {},
        ["12-20", "12-30", "01-09"],
    ),
    "振替休日 2026-05-06 is a holiday": (
        ({"weekdays": ["水"]}, "2026-05-01", "2026-05-20"),
        HOLIDAYS,
        ["05-13", "05-20"],
    ),
    "国民の休日 2026-09-22 is a holiday": (
        ({"weekdays": ["火"]}, "2026-09-15", "2026-09-29"),
        HOLIDAYS,
        ["09-15", "09-29"],
    ),
    "out of the golden week, to the day after": (
        ({"day": 3}, "2026-05-01", "2026-05-31"),
        {"except": {"holidays": True, "weekdays": ["土", "日"]}, "excluded": "day after"},
        ["05-07"],
    ),
    "out of the silver week, to the day before": (
        ({"day": 22}, "2026-09-01", "2026-09-30"),
        {"except": {"holidays": True, "weekdays": ["土", "日"]}, "excluded": "day before"},
        ["09-18"],
    ),
    "out of the year's end, to the day after, a Monday": (
        ("month-end", "2026-12-01", "2027-01-30"),
        {"except": {"year_end": True, "weekdays": ["土", "日"]}, "excluded": "day after"},
        ["01-04"],
    ),
    "month-end February on a Sunday, to the Friday": (
        ("month-end", "2027-02-01", "2027-02-28"),
        {"except": {"weekdays": ["土", "日"]}, "excluded": "day before"},
        ["02-26"],
    ),
    "moved past the end: does not take place": (
        ({"weekdays": ["土", "金"]}, "2026-11-06", "2026-11-07"),
        {"except": {"weekdays": ["土"]}, "excluded": "day after"},
        ["11-06"],
    ),
    "moved onto one day: one": (
        ({"weekdays": ["金", "土"]}, "2026-11-01", "2026-11-09"),
        {"except": {"weekdays": ["土"]}, "excluded": "day before"},
        ["11-06"],
    ),
    "a single excluded date": (
        ("daily", "2026-12-23", "2026-12-25"),
        {"except": {"dates": [date(2026, 12, 24)]}},
        ["12-23", "12-25"],
    ),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_the_days_are_those_read_off_a_calendar(case: str) -> None:
    """Month ends, fifth weekdays, substitute holidays and the year's end come out as a clerk reads them."""
    (repeat, first, last), further, expected = BY_HAND[case]
    assert days(repeat, first, last, **further) == expected


REPEATS: st.SearchStrategy[Repeat] = st.one_of(
    st.builds(EveryDays, st.integers(1, 40)),
    st.builds(OnWeekdays, st.sets(st.integers(0, 6), min_size=1).map(lambda one: tuple(sorted(one)))),
    st.builds(NthWeekday, st.sampled_from([1, 2, 3, 4, 5, -1]), st.integers(0, 6)),
    st.builds(DayOfMonth, st.sampled_from([*range(1, 32), -1])),
)
FIRST = st.dates(date(2019, 1, 1), date(2032, 12, 31))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Draw any rule."""
    first = draw(FIRST)
    last = first + timedelta(days=draw(st.integers(0, LONGEST.days)))
    within = st.dates(first, last)
    exceptions = Exceptions(
        tuple(sorted(draw(st.sets(st.integers(0, 6), max_size=6)))),
        tuple(sorted(draw(st.sets(within, max_size=8)))),
        draw(st.booleans()),
        draw(st.booleans()),
    )
    return Rule(time(10, 0), first, last, draw(REPEATS), exceptions, draw(st.sampled_from(Excluded)))


def counts(rule: Rule, day: date) -> bool:
    """Say whether a rule counts a day out, by looking at that day alone."""
    month_days = monthrange(day.year, day.month)[1]
    match rule.repeat:
        case EveryDays(every):
            return (day - rule.first).days % every == 0
        case OnWeekdays(weekdays):
            return day.weekday() in weekdays
        case NthWeekday(nth, weekday):
            place = (day.day - 1) // 7 + 1
            return day.weekday() == weekday and (place == nth or (nth == -1 and day.day + 7 > month_days))
        case DayOfMonth(which):
            return day.day == (month_days if which == -1 else which)


def is_excluded(rule: Rule, day: date) -> bool:
    said = rule.exceptions
    over = day.strftime("%m%d") >= "1229" or day.strftime("%m%d") <= "0103"
    named = day.weekday() in said.weekdays or day in said.dates
    return named or (said.holidays and bool(jpholiday.is_holiday(day))) or (said.year_end and over)


def naive(rule: Rule) -> set[date]:
    """Walk day by day, as a clerk would with a calendar and a pencil."""
    found, day = set(), rule.first
    while day <= rule.last:
        if counts(rule, day):
            sent = day
            if is_excluded(rule, day) and rule.excluded is not Excluded.SKIP:
                step = DAY if rule.excluded is Excluded.AFTER else -DAY
                while is_excluded(rule, sent) and abs(sent - day) < timedelta(days=FARTHEST):
                    sent += step
            if not is_excluded(rule, sent) and rule.first <= sent <= rule.last:
                found.add(sent)
        day += DAY
    return found


@given(rules())
def test_the_days_are_what_a_clerk_counts(rule: Rule) -> None:
    """For any rule the occurrences equal the naive walk, in order, each day once."""
    assert list(occurrences(rule)) == sorted(naive(rule))


@given(rules())
def test_nothing_is_sent_on_an_excluded_day_or_outside_the_approved_time(rule: Rule) -> None:
    """Whatever was moved, no occurrence lies on an excluded day, before the first day or after the end."""
    for day in occurrences(rule):
        assert not rule.exceptions.hold(day)
        assert rule.first <= day <= rule.last


@given(rules(), FIRST, FIRST)
def test_a_part_of_the_time_shows_a_part_of_the_days(rule: Rule, one: date, other: date) -> None:
    """What lies between two days does not depend on where one begins to look."""
    between = occurrences_between(rule, one, other)
    assert between == tuple(day for day in occurrences(rule) if one <= day <= other)


@given(rules())
def test_what_is_signed_is_the_rule(rule: Rule) -> None:
    """A rule written out, stored as JSON and read back is the same rule."""
    if occurrences(rule):
        assert read_rule(json.loads(json.dumps(plain_rule(rule)))) == rule


GOOD = {"at": "10:00", "from": "2026-12-01", "until": "2026-12-31", "repeat": "daily"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"until": None}, "until"),
        ({"until": "2027-12-03"}, "has to end"),
        ({"until": "2026-11-30"}, "has to end"),
        ({"at": 600}, "time of day"),
        ({"at": "25:00"}, "time of day"),
        ({"repeat": "yearly"}, "repeat"),
        ({"repeat": {"weekdays": []}}, "Weekdays"),
        ({"repeat": {"weekdays": ["祝"]}}, "Weekdays"),
        ({"repeat": {"nth": 6, "weekday": "金"}}, "nth"),
        ({"repeat": {"day": 0}}, "day"),
        ({"repeat": {"day": True}}, "day"),
        ({"repeat": {"every_days": 400}}, "every_days"),
        ({"repeat": {"day": 31, "nth": 1}}, "repeat"),
        ({"excluded": "guess"}, "excluded"),
        ({"except": {"holiday": True}}, "except"),
        ({"except": {"holidays": "yes"}}, "holidays"),
        ({"except": {"dates": "2026-12-24"}}, "dates"),
        ({"except": {"weekdays": list(WEEKDAYS)}}, "no day"),
        ({"person": "x"}, "The rule is made of"),
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_read_is_refused_by_its_place(change: dict[str, object], said: str) -> None:
    """No end, an unknown word, a day that is none: refused with the place, nothing is guessed."""
    with pytest.raises(BadInput, match=said):
        read_rule({**GOOD, **change})


def test_the_wards_closing_days_become_dates_of_the_rule() -> None:
    """What is approved are days: those within the rule, only where it excludes them, and read back without the file."""
    closed = {date(2026, 12, 10): "停電", date(2028, 1, 1): "later"}
    asked = read_rule({**GOOD, "except": {"closing_days": True, "dates": ["2026-12-24"]}}, closed)
    assert asked.exceptions.dates == (date(2026, 12, 10), date(2026, 12, 24))
    assert read_rule(plain_rule(asked)) == asked
    assert read_rule({**GOOD, "except": {"holidays": True}}, closed).exceptions.dates == ()
    many = {date(2026, 12, 1) + DAY * at: "閉庁" for at in range(101)}
    with pytest.raises(BadInput, match="at most 100"):
        read_rule({**GOOD, "until": "2027-06-01", "except": {"closing_days": True}}, many)


def test_the_moment_is_tokyos() -> None:
    """Ten o'clock is Tokyo's, in winter as in summer: there is no summer time to fall into."""
    rule = read_rule(GOOD)
    assert rule.moment(date(2026, 12, 31)).isoformat() == "2026-12-31T10:00:00+09:00"
    assert rule.moment(date(2026, 7, 1)).isoformat() == "2026-07-01T10:00:00+09:00"
