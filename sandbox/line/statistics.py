"""LINE's figures of yesterday: messages per day, followers per day, aggregation units per month."""

import re
from bisect import bisect_right
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Final

from sandbox.line.clock import TOKYO, tokyo_date
from sandbox.line.people import People, State
from sandbox.line.refusals import Detail, bad_request, faulty

FIRST_DAY: Final = date(2018, 3, 31)
FEWEST_SHOWN: Final = 20
UNITS_A_MONTH: Final = 1000
UNIT_SHAPE: Final = re.compile(r"[a-zA-Z0-9_]{1,30}")

Figures = dict[str, str | int]


def parse_day(text: str) -> date:
    """`yyyyMMdd`; 400 otherwise."""
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=TOKYO).date()
    except ValueError:
        raise bad_request("Invalid date param") from None


class DailyMessages:
    """Messages that reached somebody, by endpoint and day (Tokyo)."""

    def __init__(self) -> None:
        self._sent = Counter[tuple[str, date]]()

    def add(self, endpoint: str, recipients: int, now: datetime) -> None:
        """Count what one request delivered."""
        self._sent[endpoint, tokyo_date(now)] += recipients

    def figures(self, endpoint: str, day: date, now: datetime) -> Figures:
        """The answer of `message/delivery/*`: yesterday's at the earliest, nothing below 20."""
        if day < FIRST_DAY:
            return {"status": "out_of_service"}
        if day >= tokyo_date(now):
            return {"status": "unready"}
        sent = self._sent[endpoint, day]
        if 0 < sent < FEWEST_SHOWN:
            return {"status": "unavailable_for_privacy"}
        return {"status": "ready", "success": sent}


class DailyFollowers:
    """How the follower figures stood at the end of each day; a day without change keeps the last ones."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._days: list[date] = []
        self._counts: list[tuple[int, int, int]] = []

    def note(self, now: datetime) -> None:
        """Take down today's figures, after every change."""
        census = self._people.census()
        reached = census[State.FRIEND] + census[State.UNLISTED]
        counts = (self._people.ever_followed, reached, census[State.BLOCKED])
        if self._days and self._days[-1] == tokyo_date(now):
            self._counts[-1] = counts
        else:
            self._days.append(tokyo_date(now))
            self._counts.append(counts)

    def figures(self, day: date, now: datetime) -> Figures:
        """The answer of `insight/followers`."""
        if day < FIRST_DAY:
            return {"status": "out_of_service"}
        if day >= tokyo_date(now):
            return {"status": "unready"}
        at = bisect_right(self._days, day)
        followers, reached, blocks = self._counts[at - 1] if at else (0, 0, 0)
        return {"status": "ready", "followers": followers, "targetedReaches": reached, "blocks": blocks}

    @staticmethod
    def yesterday(now: datetime) -> date:
        """The day that is meant when a request names none."""
        return tokyo_date(now) - timedelta(days=1)


class AggregationUnits:
    """Names of aggregation units per month; the 1,001st is dropped without a word, as LINE does."""

    def __init__(self) -> None:
        self._names: dict[tuple[int, int], dict[str, None]] = {}

    def assign(self, units: object, now: datetime) -> str | None:
        """The unit that a request counts to; 400 for a name that LINE refuses."""
        if units is None or units == []:
            return None
        if not isinstance(units, list) or len(units) != 1:
            raise faulty(Detail("Size must be between 0 and 1", "customAggregationUnits"))
        (unit,) = units
        if not isinstance(unit, str) or not UNIT_SHAPE.fullmatch(unit):
            raise faulty(Detail("Invalid unit name", "customAggregationUnits[0]"))
        names = self._names.setdefault(self._month(now), {})
        if unit not in names and len(names) >= UNITS_A_MONTH:
            return None
        names[unit] = None
        return unit

    def names(self, now: datetime) -> list[str]:
        """The names used this month, oldest first."""
        return list(self._names.get(self._month(now), ()))

    @staticmethod
    def _month(now: datetime) -> tuple[int, int]:
        day = tokyo_date(now)
        return day.year, day.month
