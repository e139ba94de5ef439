"""The ward's open days, and the date by which a letter is answered (O2).

Closed are Saturdays and Sundays, national holidays with their substitutes, the year's end (29 December to 3 January)
and the closing days that the ward gives as data. The day of receipt is not counted: counting starts with the next open
day. The date is a target (目安), not a legal term.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from importlib.metadata import version
from typing import Final

import jpholiday

from tayori.errors import BadInput

REPLY_DAYS: Final = 14
FIRST_YEAR: Final = 1955  # before it the law on holidays was another one
LAST_YEAR: Final = 2099  # the formula for the equinoxes is trusted no further
MOST_DAYS: Final = 1000
LONGEST_REASON: Final = 40
_DAY: Final = timedelta(days=1)
_YEAR_END: Final = frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})
_WEEKEND: Final = {5: "土曜日", 6: "日曜日"}


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One day on the way to the target: its count among the open days, or why the ward is closed."""

    day: date
    count: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class ClosingDay:
    """Why the ward is closed on a day of its own, and by which document."""

    reason: str
    authority: str

    def __str__(self) -> str:
        return f"{self.reason}、{self.authority}"


@dataclass(frozen=True, slots=True)
class WardCalendar:
    """When the ward is open. `closing_days` are the ward's own, each with its reason and authority."""

    closing_days: Mapping[date, ClosingDay] = field(default_factory=dict)

    def closed_because(self, day: date) -> str | None:
        """Say why the ward is closed on a day, or None when it is open.

        Raises:
            BadInput: the year lies outside the years for which the holidays are known.

        """
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise BadInput(f"The calendar knows the years {FIRST_YEAR} to {LAST_YEAR}; check the date.")
        if day in self.closing_days:
            return f"休庁日（{self.closing_days[day]}）"
        if is_year_end(day):
            return "年末年始"
        holiday = holiday_name(day)
        return f"祝日（{holiday}）" if holiday else _WEEKEND.get(day.weekday())

    def is_open(self, day: date) -> bool:
        """Say whether the ward works on a day."""
        return self.closed_because(day) is None

    @property
    def version(self) -> str:
        """The rules and the closing days in one line, kept with every target date that was computed from them."""
        listed = "\n".join(f"{day.isoformat()} {self.closing_days[day]}" for day in sorted(self.closing_days))
        digest = hashlib.sha256(listed.encode()).hexdigest()[:8]
        return f"jpholiday {version('jpholiday')}; 12-29..01-03; closing days {len(self.closing_days)} {digest}"


def read_calendar(written: object) -> WardCalendar:
    """Read the ward's closing days as written in YAML: a mapping of date to reason and authority, or nothing.

    Raises:
        BadInput: an entry is not a date, or gives no reason or no authority.

    """
    if written is None:
        return WardCalendar()
    if not isinstance(written, Mapping):
        raise BadInput("Closing days: write one line for each day, `2026-10-01: {reason: ..., authority: ...}`.")
    return WardCalendar(dict(_closing_day(*entry) for entry in written.items()))


def reply_due(received: date, calendar: WardCalendar, days: int = REPLY_DAYS) -> date:
    """Give the day by which a letter received on a day is answered: the last of `days` open days after it.

    Raises:
        BadInput: `days` is not from 1 to 1000, or the years are unknown to the calendar.

    """
    return explain(received, calendar, days)[-1].day


def open_days_until(today: date, target: date, calendar: WardCalendar) -> int:
    """Count the open days from today's end to a target: 0 on the target itself, negative behind it (目安超過)."""
    if today <= target:
        return open_days_taken(today, target, calendar)
    return -open_days_taken(target, today, calendar)


def explain(received: date, calendar: WardCalendar, days: int = REPLY_DAYS) -> tuple[CountedDay, ...]:
    """Tell day by day how the target comes about: from the day of receipt to the target, both included."""
    if not 1 <= days <= MOST_DAYS:
        raise BadInput(f"Days to answer: {days} is not from 1 to {MOST_DAYS}.")
    told = [CountedDay(received, None, "受付日（数えない）")]
    for counted in _counted_days(received, calendar):
        told.append(counted)
        if counted.count == days:
            break
    return tuple(told)


def open_days_taken(received: date, answered: date, calendar: WardCalendar) -> int:
    """Count the open days after receipt up to the answer, both on one scale with `reply_due`.

    An answer on the day of receipt took 0 days.

    Raises:
        BadInput: the answer lies before the receipt.

    """
    if answered < received:
        raise BadInput("The answer lies before the receipt; check both dates.")
    after = (received + _DAY * step for step in range(1, (answered - received).days + 1))
    return sum(calendar.is_open(day) for day in after)


def _counted_days(received: date, calendar: WardCalendar) -> Iterator[CountedDay]:
    day, count = received, 0
    while True:
        day += _DAY
        closed = calendar.closed_because(day)
        count += closed is None
        yield CountedDay(day, count if closed is None else None, closed or f"開庁日 {count}日目")


def _closing_day(day: object, said: object) -> tuple[date, ClosingDay]:
    try:
        read = day if type(day) is date else date.fromisoformat(str(day))
    except ValueError:
        raise BadInput("Closing days: an entry is not a date; write it as 2026-10-01.") from None
    if not isinstance(said, Mapping) or set(said) != {"reason", "authority"}:
        raise BadInput(f"Closing day {read}: give `reason` and `authority` (the document that closes the ward).")
    given = {str(name): value.strip() if isinstance(value, str) else "" for name, value in said.items()}
    if not all(0 < len(value) <= LONGEST_REASON for value in given.values()):
        raise BadInput(f"Closing day {read}: give reason and authority in 1 to {LONGEST_REASON} characters each.")
    return read, ClosingDay(**given)


def is_year_end(day: date) -> bool:
    """Whether a day is one of 29 December to 3 January."""
    return (day.month, day.day) in _YEAR_END


@lru_cache(maxsize=4096)
def holiday_name(day: date) -> str | None:
    """Give the name of a national holiday, substitutes and 国民の休日 included; None on any other day."""
    return jpholiday.is_holiday_name(day)
