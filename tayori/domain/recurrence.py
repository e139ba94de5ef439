"""Recurrence: on which days a plan sends, by the Japanese calendar; never without an end.

A rule is written as YAML:

    at: "10:00"                      # Asia/Tokyo
    from: 2026-12-01
    until: 2027-03-31                # both ends included, at most a year
    repeat: daily                    # or one of: month-end
                                     #   {weekdays: [月, 木]}      {every_days: 3}   counted from `from`
                                     #   {nth: 2, weekday: 火}     {nth: last, weekday: 金}
                                     #   {day: 15}                 a month without that day has none
    except: {weekdays: [土, 日], dates: [2026-12-24], holidays: true, year_end: true}
    excluded: skip                   # or: day before, day after (the nearest day that is not excluded)

The counting is RFC 5545's, by dateutil. An occurrence that is moved past `from` or `until` does not take place; two
that are moved onto one day are one.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, weekday

from tayori.domain.calendar import holiday_name, is_year_end
from tayori.errors import BadInput

TOKYO: Final = ZoneInfo("Asia/Tokyo")
WEEKDAYS: Final = "月火水木金土日"
LONGEST: Final = timedelta(days=366)
FARTHEST: Final = 14  # days that an excluded occurrence is moved at most
MOST_DATES: Final = 100
LAST: Final = "last"
_DAY: Final = timedelta(days=1)


class Excluded(StrEnum):
    """What becomes of an occurrence on an excluded day."""

    SKIP = "skip"
    BEFORE = "day before"
    AFTER = "day after"


@dataclass(frozen=True, slots=True)
class EveryDays:
    """Every so many days, counted from the rule's first day."""

    days: int


@dataclass(frozen=True, slots=True)
class OnWeekdays:
    """Every week on these weekdays (0 is Monday)."""

    weekdays: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """Every month on its n-th weekday; -1 is the last one. A month without a fifth one has none."""

    nth: int
    weekday: int


@dataclass(frozen=True, slots=True)
class DayOfMonth:
    """Every month on this day; -1 is the month's end."""

    day: int


Repeat = EveryDays | OnWeekdays | NthWeekday | DayOfMonth


@dataclass(frozen=True, slots=True)
class Exceptions:
    """The days on which nothing is sent."""

    weekdays: tuple[int, ...] = ()
    dates: tuple[date, ...] = ()
    holidays: bool = False
    year_end: bool = False

    def hold(self, day: date) -> bool:
        """Whether a day is excluded."""
        return (
            day.weekday() in self.weekdays
            or day in self.dates
            or (self.holidays and holiday_name(day) is not None)
            or (self.year_end and is_year_end(day))
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is approved."""

    at: time
    first: date
    last: date
    repeat: Repeat
    exceptions: Exceptions
    excluded: Excluded

    def moment(self, day: date) -> datetime:
        """The moment at which the occurrence of a day is due."""
        return datetime.combine(day, self.at, TOKYO)


@lru_cache(maxsize=256)
def occurrences(rule: Rule) -> tuple[date, ...]:
    """Give every day on which a rule sends, ascending; at most 367."""
    moved = (_moved(rule, day) for day in _counted(rule))
    return tuple(sorted({day for day in moved if day is not None and rule.first <= day <= rule.last}))


def occurrences_between(rule: Rule, first: date, last: date) -> tuple[date, ...]:
    """Give the days on which a rule sends, from first to last, both included."""
    return tuple(day for day in occurrences(rule) if first <= day <= last)


def _counted(rule: Rule) -> list[date]:
    """Give the days that the rule counts out, before any exclusion."""
    midnight = time()
    frequency, further = _asked(rule.repeat)
    start, end = datetime.combine(rule.first, midnight), datetime.combine(rule.last, midnight)
    return [moment.date() for moment in rrule(frequency, dtstart=start, until=end, **further)]


def _asked(repeat: Repeat) -> tuple[int, dict[str, Any]]:
    match repeat:
        case EveryDays(days):
            return DAILY, {"interval": days}
        case OnWeekdays(weekdays):
            return WEEKLY, {"byweekday": weekdays}
        case NthWeekday(nth, which):
            return MONTHLY, {"byweekday": weekday(which, nth)}
        case DayOfMonth(day):
            return MONTHLY, {"bymonthday": day}


def _moved(rule: Rule, day: date) -> date | None:
    if not rule.exceptions.hold(day):
        return day
    if rule.excluded is Excluded.SKIP:
        return None
    step = _DAY if rule.excluded is Excluded.AFTER else -_DAY
    near = (day + step * away for away in range(1, FARTHEST + 1))
    return next((one for one in near if not rule.exceptions.hold(one)), None)


def read_rule(written: object, closed: Collection[date] = ()) -> Rule:
    """Read a rule as written in YAML, or as `plain_rule` gives it.

    `closed` are the ward's own closing days: where a rule excludes them, they become dates of it, so that what is
    approved are days that stand there, whatever the ward closes later.

    Raises:
        BadInput: a part is missing, unknown or impossible, the rule has no end within a year, or no day at all.

    """
    known = {"at", "from", "until", "repeat", "except", "excluded"}
    if not isinstance(written, Mapping) or set(written) - known:
        raise BadInput(f"The rule is made of {', '.join(sorted(known))}; see docs/howto/kinds.ja.md.")
    first, last = _day(written.get("from"), "from"), _day(written.get("until"), "until")
    if not first <= last <= first + LONGEST:
        raise BadInput("The rule has to end: `until` lies on or after `from`, and at most a year (366 days) later.")
    rule = Rule(
        at=_clock(written.get("at")),
        first=first,
        last=last,
        repeat=_repeat(written.get("repeat")),
        exceptions=_exceptions(written.get("except") or {}, [day for day in closed if first <= day <= last]),
        excluded=_choice(written.get("excluded", "skip")),
    )
    if not occurrences(rule):
        raise BadInput("The rule has no day on which anything is sent; check `repeat`, `except`, `from` and `until`.")
    return rule


def plain_rule(rule: Rule) -> dict[str, object]:
    """Give a rule as it is signed and stored; `read_rule` reads it back."""
    said = rule.exceptions
    return {
        "at": f"{rule.at:%H:%M}",
        "from": rule.first.isoformat(),
        "until": rule.last.isoformat(),
        "repeat": _plain_repeat(rule.repeat),
        "except": {
            "weekdays": [WEEKDAYS[one] for one in said.weekdays],
            "dates": [day.isoformat() for day in said.dates],
            "holidays": said.holidays,
            "year_end": said.year_end,
        },
        "excluded": rule.excluded.value,
    }


def _plain_repeat(repeat: Repeat) -> object:
    match repeat:
        case EveryDays(days):
            return {"every_days": days}
        case OnWeekdays(weekdays):
            return {"weekdays": [WEEKDAYS[one] for one in weekdays]}
        case NthWeekday(nth, which):
            return {"nth": LAST if nth < 0 else nth, "weekday": WEEKDAYS[which]}
        case DayOfMonth(day):
            return "month-end" if day < 0 else {"day": day}


def _repeat(written: object) -> Repeat:
    if written == "daily":
        return EveryDays(1)
    if written == "month-end":
        return DayOfMonth(-1)
    readers: dict[frozenset[str], Callable[[Mapping[str, object]], Repeat]] = {
        frozenset({"weekdays"}): lambda said: OnWeekdays(_weekdays(said["weekdays"])),
        frozenset({"every_days"}): lambda said: EveryDays(_number(said["every_days"], "every_days", LONGEST.days)),
        frozenset({"day"}): lambda said: DayOfMonth(_number(said["day"], "day", 31)),
        frozenset({"nth", "weekday"}): lambda said: NthWeekday(_nth(said["nth"]), _weekdays([said["weekday"]])[0]),
    }
    reader = readers.get(frozenset(written)) if isinstance(written, Mapping) else None
    if reader is None or not isinstance(written, Mapping):
        raise BadInput(
            "repeat: write daily, month-end, {weekdays: [月]}, {nth: 2, weekday: 火}, {day: 15} or {every_days: 3}."
        )
    return reader(written)


def _exceptions(written: object, closed: Sequence[date]) -> Exceptions:
    known = {"weekdays", "dates", "holidays", "year_end", "closing_days"}
    if not isinstance(written, Mapping) or set(written) - known:
        raise BadInput(f"except: the words are {', '.join(sorted(known))}.")
    dates = written.get("dates") or []
    if not isinstance(dates, list) or len(dates) > MOST_DATES:
        raise BadInput(f"except.dates: write a list of at most {MOST_DATES} days.")
    weekdays = _weekdays(written["weekdays"]) if written.get("weekdays") else ()
    own = closed if _flag(written, "closing_days") else ()
    days = tuple(sorted({_day(one, "except.dates") for one in dates} | set(own)))
    if len(days) > MOST_DATES:
        raise BadInput(f"except: closing days and dates are {len(days)}, and at most {MOST_DATES}.")
    return Exceptions(weekdays, days, _flag(written, "holidays"), _flag(written, "year_end"))


def _flag(written: Mapping[str, object], name: str) -> bool:
    value = written.get(name, False)
    if not isinstance(value, bool):
        raise BadInput(f"except.{name}: write true or false.")
    return value


def _weekdays(written: object) -> tuple[int, ...]:
    if not isinstance(written, list) or not written or any(one not in list(WEEKDAYS) for one in written):
        raise BadInput(f"Weekdays are written as a list of {'、'.join(WEEKDAYS)}.")
    return tuple(sorted({WEEKDAYS.index(one) for one in written}))


def _nth(written: object) -> int:
    return -1 if written == LAST else _number(written, "nth", 5)


def _number(written: object, place: str, most: int) -> int:
    if not isinstance(written, int) or isinstance(written, bool) or not 1 <= written <= most:
        raise BadInput(f"{place}: a number from 1 to {most}.")
    return written


def _choice(written: object) -> Excluded:
    if written not in list(Excluded):
        raise BadInput(f"excluded: write {', '.join(Excluded)}.")
    return Excluded(str(written))


def _day(written: object, place: str) -> date:
    try:
        return written if type(written) is date else date.fromisoformat(str(written))
    except ValueError:
        raise BadInput(f"{place}: a day is written as 2026-12-01.") from None


def _clock(written: object) -> time:
    """Read a time of day; unquoted, YAML makes a number of it, which is refused rather than guessed."""
    try:
        return datetime.strptime(str(written), "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
    except ValueError:
        raise BadInput('at: a time of day is written in quotes, as "10:00".') from None
