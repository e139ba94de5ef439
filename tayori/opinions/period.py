"""The months that a report covers, the same months of earlier years, and what such a report is called."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from tayori.domain.eras import japanese_year
from tayori.errors import BadInput

YEAR: Final = 12
_APRIL: Final = 4
_QUARTER: Final = 3
_REIWA: Final = "2019-05"
EARLIER: Final = 4  # years that a year is shown beside


class Span(StrEnum):
    """What kind of period it is."""

    MONTH = "monthly"
    QUARTER = "quarterly"
    FISCAL_YEAR = "yearly"
    OTHER = "ad hoc"


_MONTHS: Final = {Span.MONTH: 1, Span.QUARTER: _QUARTER, Span.FISCAL_YEAR: YEAR}


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months from the one of `start` to the one of `end`, both included.

    It is shown beside earlier years from the month `whole_since` on: of those before, letters may be disposed of, and
    what is left of a year is no year to compare with.
    """

    start: date
    end: date
    whole_since: str = ""

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
        """The same months so many years earlier; none for a period over a year, or where they are not whole."""
        earlier = tuple(months_back(month, years * YEAR) for month in self.months)
        return earlier if len(earlier) <= YEAR and earlier[0] >= self.whole_since else ()

    @property
    def told(self) -> frozenset[str]:
        """Every month of which a report of the period tells counts: its own, and the same ones of earlier years."""
        return frozenset(self.months).union(*(self.years_before(years) for years in range(1, EARLIER + 1)))

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

    @property
    def before_called(self) -> str:
        """What the same months a year before are called: 前年同月, 前年度, or 前年同期."""
        return {Span.MONTH: "前年同月", Span.FISCAL_YEAR: "前年度"}.get(self.span, "前年同期")

    def called(self, years_before: int = 0) -> str:
        """The period, or the same one of an earlier year, as people name it: 令和7年度（2025年度）."""
        first, last = (months_back(self.months[at], years_before * YEAR) for at in (0, -1))
        match self.span:
            case Span.MONTH:
                return f"{_in_era(first)}（{first[:4]}年）{int(first[5:])}月"
            case Span.QUARTER:
                return f"{fiscal_year_called(int(quarter_of(first)[:4]))}第{quarter_of(first)[-1]}四半期"
            case Span.FISCAL_YEAR:
                return fiscal_year_called(int(first[:4]))
        return month_label(first) if first == last else f"{month_label(first)}～{month_label(last)}"


def period_wanted(first: date | None, last: date | None, today: date, span: Span | None = None) -> Period:
    """The period of a report: whole months that are over; by default the twelve up to the last full one.

    With a `span`, the last month, quarter or fiscal year that is over.

    Counts are by month: three days would be told with the counts of their month, and a month that still runs would
    be held against a whole one of the year before.

    Raises:
        BadInput: the period runs backwards, cuts a month or ends in one that is not over; the sentence says which days
            can be had instead. Or both days and a span are given.

    """
    if span is not None:
        if first or last:
            raise BadInput("Give the kind of period or its days, not both. Nothing was written.")
        return last_over(span, today)
    last_full = today.replace(day=1) - timedelta(days=1)
    if first and last and first > last:
        raise BadInput("The period runs backwards; give the first day before the last.")
    last = last or last_full
    first = first or (last.replace(day=1) - timedelta(days=330)).replace(day=1)
    asked = Period(first, last)
    whole = Period(asked.first_day, min(asked.last_day, last_full))
    if whole.start > whole.end:
        raise BadInput(f"{first:%Y-%m} is not over; a report counts months that are over. Nothing was written.")
    if (whole.start, whole.end) == (first, last):
        return asked
    raise BadInput(
        f"A report counts whole months that are over: {first} to {last} cuts a month, or ends in one that still runs. "
        f"Give {whole.start} as the first day and {whole.end} as the last. Nothing was written."
    )


def last_over(span: Span, today: date) -> Period:
    """The last month, quarter or fiscal year that is over."""
    last = f"{today:%Y-%m}"
    while True:
        last = months_back(last, 1)
        period = whole_months(months_back(last, _MONTHS[span] - 1), last)
        if period.span is span:
            return period


def whole_months(first: str, last: str) -> Period:
    """The period from one month (YYYY-MM) to another, both whole."""
    year, month = int(last[:4]), int(last[5:])
    return Period(date(int(first[:4]), int(first[5:]), 1), date(year, month, monthrange(year, month)[1]))


def months_back(month: str, count: int) -> str:
    """The month so many months before one (YYYY-MM)."""
    at = int(month[:4]) * YEAR + int(month[5:]) - 1 - count
    return f"{at // YEAR:04d}-{at % YEAR + 1:02d}"


def quarter_of(month: str) -> str:
    """The quarter of the fiscal year (April to March) that a month lies in, as YYYY-Qn."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - (number < _APRIL):04d}-Q{(number - _APRIL) % YEAR // _QUARTER + 1}"


def quarter_label(quarter: str, months: Sequence[str], *, year: bool = True) -> str:
    """The quarter with the months of it that lie in the period; without its `year` where there is one only."""
    first, last = int(months[0][5:]), int(months[-1][5:])
    held = f"{first}月" if first == last else f"{first}～{last}月"
    return f"{f'{quarter[:4]}年度' if year else ''}第{quarter[-1]}四半期（{held}）"


def fiscal_year_called(year: int) -> str:
    """A fiscal year in both calendars, the Japanese one first: 令和7年度（2025年度）. One of two eras has the later."""
    return f"{_in_era(f'{year}-12')}度（{year}年度）"


def _in_era(month: str) -> str:
    """The Japanese year of a month."""
    names = japanese_year(int(month[:4])).split("・")
    return names[0] if month < _REIWA else names[-1]


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
