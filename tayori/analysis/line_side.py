"""The LINE account in a report: friends, settings, genres, broadcasts and blocks; people rounded, few ones hidden."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from tayori.broadcast.results import of_month
from tayori.domain.results import GenreMonth, MonthResults
from tayori.domain.ward import ward
from tayori.office import Office
from tayori.opinions.period import Period, month_label
from tayori.reports.contents import LineGenre, LineMonth, LineSide
from tayori.warehouse import analysis, daily
from tayori.warehouse.daily import AccountRow
from tayori.warehouse.engines import reading

IN_JAPANESE: Final = {"English": "英語", "中文": "中国語", "한국어": "韓国語"}
"""Genres that are editions in other languages, as a report in Japanese names them; its font has no hangul."""
_TOLD_WITHIN: Final = timedelta(days=31)  # an older count of LINE's is none of the period


def line_side(office: Office, period: Period, k: int) -> LineSide | None:
    """The account over a period; None where nobody has settings and nothing was sent.

    Counts of people are as of today. They are rounded to `k`, so that two reports do not show one person's choice.
    """
    last = min(period.last_day, office.today())
    with reading(office.warehouse) as people:
        told = daily.accounts_between(people, period.first_day, last)
        chosen, settings = analysis.genre_choices(people), analysis.with_settings(people)
    results = [of_month(office, date(int(month[:4]), int(month[5:]), 1)) for month in period.months]
    if not settings and not told and not any(month.pushes for month in results):
        return None
    recent = [day for day in told if day >= last - _TOLD_WITHIN]
    account = told[max(recent)] if recent else None
    return LineSide(
        followers=account.followers if account else None,
        followers_on=account.day if account else None,
        with_settings=few_hidden(settings, k),
        genres=tuple(
            genre_of(term, few_hidden(chosen.get(code, 0), k), results) for code, term in ward().genres.items()
        ),
        months=tuple(
            _month(one, label, _followers(told, label)) for one, label in zip(results, period.months, strict=True)
        ),
    )


def few_hidden(people: int, k: int) -> int | None:
    """A count of people rounded to a multiple of k; None for fewer than k, nobody included."""
    return None if people < k else (people + k // 2) // k * k


def genre_of(term: str, people: int | None, results: Sequence[MonthResults]) -> LineGenre:
    """A genre over the months of a period."""
    rows = [[row for row in month.genres if row.genre == term] for month in results]
    by_month = tuple(sum(row.pushes for row in held) for held in rows)
    after = _weighed(row for held in rows for row in held)
    return LineGenre(IN_JAPANESE.get(term, term), sum(by_month), people, by_month, after)


def _month(results: MonthResults, month: str, followers: int | None) -> LineMonth:
    """A month; blocks around broadcasts are those of its genres, weighed by how often they were sent."""
    return LineMonth(month_label(month), results.pushes, results.blocks_a_day, _weighed(results.genres), followers)


def _weighed(rows: Iterable[GenreMonth]) -> float | None:
    """Blocks a day around broadcasts, each row weighed by how often it was sent; None where nothing was."""
    told = [(row.pushes, row.blocks_a_day) for row in rows if row.blocks_a_day is not None]
    pushes = sum(count for count, _ in told)
    return sum(count * blocks for count, blocks in told) / pushes if pushes else None


def _followers(told: Mapping[date, AccountRow], month: str) -> int | None:
    """Friends on the last day of a month that LINE told of."""
    days = [day for day in told if f"{day:%Y-%m}" == month]
    return told[max(days)].followers if days else None
