"""The months that a report covers, the same months of earlier years, and what such a report is called."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

YEAR: Final = 12
_APRIL: Final = 4
_QUARTER: Final = 3
EARLIER: Final = 4  # years that a year is shown beside


class Span(StrEnum):
    """What kind of period it is."""

    MONTH = "monthly"
    QUARTER = "quarterly"
    FISCAL_YEAR = "yearly"
    OTHER = "ad hoc"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months from the one of `start` to the one of `end`, both included."""

    start: date
    end: date

    @property
    def months(self) -> tuple[str, ...]:
        """The months as YYYY-MM, in order."""
        first = self.start.year * YEAR + self.start.month - 1
        last = self.end.year * YEAR + self.end.month - 1
        return tuple(f"{month // YEAR:04d}-{month % YEAR + 1:02d}" for month in range(first, last + 1))

    @property
    def months_before(self) -> tuple[str, ...]:
        """The same months one year earlier; none for a period over a year, which would overlap with it."""
        return self.years_before(1)

    def years_before(self, years: int) -> tuple[str, ...]:
        """The same months so many years earlier; none for a period over a year."""
        earlier = tuple(months_back(month, years * YEAR) for month in self.months)
        return earlier if len(earlier) <= YEAR else ()

    @property
    def first_day(self) -> date:
        """The first day of the first month."""
        return self.start.replace(day=1)

    @property
    def last_day(self) -> date:
        """The last day of the last month."""
        return self.end.replace(day=monthrange(self.end.year, self.end.month)[1])

    @property
    def span(self) -> Span:
        """A month, a quarter or a year of the fiscal year (April to March), or neither."""
        whole = self.start == self.first_day and self.end == self.last_day
        count, begins = len(self.months), (self.start.month - _APRIL) % YEAR
        if whole and count == 1:
            return Span.MONTH
        if whole and count == _QUARTER and begins % _QUARTER == 0:
            return Span.QUARTER
        return Span.FISCAL_YEAR if whole and count == YEAR and begins == 0 else Span.OTHER

    def called(self, years_before: int = 0) -> str:
        """The period, or the same one of an earlier year, as people name it."""
        first, last = (months_back(self.months[at], years_before * YEAR) for at in (0, -1))
        match self.span:
            case Span.MONTH:
                return month_label(first)
            case Span.QUARTER:
                return f"{first[:4] if first[5:] != '01' else int(first[:4]) - 1}年度第{quarter_of(first)[-1]}四半期"
            case Span.FISCAL_YEAR:
                return f"{first[:4]}年度"
        return month_label(first) if first == last else f"{month_label(first)}～{month_label(last)}"


def months_back(month: str, count: int) -> str:
    """The month so many months before one (YYYY-MM)."""
    at = int(month[:4]) * YEAR + int(month[5:]) - 1 - count
    return f"{at // YEAR:04d}-{at % YEAR + 1:02d}"


def quarter_of(month: str) -> str:
    """The quarter of the fiscal year (April to March) that a month lies in, as YYYY-Qn."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - (number < _APRIL):04d}-Q{(number - _APRIL) % YEAR // _QUARTER + 1}"


def quarter_label(quarter: str, months: Sequence[str]) -> str:
    """The quarter with the months of it that lie in the period."""
    first, last = int(months[0][5:]), int(months[-1][5:])
    held = f"{first}月" if first == last else f"{first}～{last}月"
    return f"{quarter[:4]}年度第{quarter[-1]}四半期（{held}）"


def month_label(month: str) -> str:
    """The month as people write it."""
    return f"{int(month[:4])}年{int(month[5:])}月"


def spans(months: Sequence[str]) -> str:
    """Months as people name them: those that follow one another as a span."""
    runs: list[list[str]] = []
    for month in sorted(months):
        if runs and months_back(month, 1) == runs[-1][-1]:
            runs[-1].append(month)
        else:
            runs.append([month])
    return "、".join(
        month_label(run[0]) if len(run) == 1 else f"{month_label(run[0])}～{month_label(run[-1])}" for run in runs
    )
