"""On which days letters come in: two years with seasons, quiet weekends, a surge and a campaign."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_MONTHS: Final = (0.80, 0.90, 1.15, 1.20, 1.00, 1.10, 1.10, 0.90, 1.00, 1.10, 1.00, 0.75)
_WEEKEND: Final = 0.35
DAYS: Final = 730


@dataclass(frozen=True, slots=True)
class Surge:
    """One topic takes a share of the letters of one month, in which more letters come than usual."""

    month: date
    topic: str
    share: float = 0.4
    swelling: float = 1.5

    def covers(self, day: date) -> bool:
        """Say whether a day lies in the surge's month."""
        return (day.year, day.month) == (self.month.year, self.month.month)


def usual_surge(until: date) -> Surge:
    """Give the surge of a rehearsal: a bus line was changed, four months before the end."""
    month = (until.replace(day=1) - timedelta(days=100)).replace(day=1)
    return Surge(month, "コミュニティバスの路線")


def receipt_days(count: int, until: date, surge: Surge | None) -> Iterator[date]:
    """Spread so many letters over the 730 days that end with `until`, in order of time."""
    days = [until - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    weights = [_weight(day, surge) for day in days]
    total = sum(weights)
    passed = 0.0
    given = 0
    for day, weight in zip(days, weights, strict=True):
        passed += weight
        due = round(passed / total * count)
        for _ in range(due - given):
            yield day
        given = due


def _weight(day: date, surge: Surge | None) -> float:
    weight = _MONTHS[day.month - 1] * (_WEEKEND if day.weekday() >= 5 else 1.0)  # noqa: PLR2004 - Saturday
    return weight * surge.swelling if surge and surge.covers(day) else weight
