"""The LINE account in a report: friends, settings, genres, broadcasts and blocks; people rounded, few ones hidden."""

from datetime import date, timedelta
from typing import Final

from tayori.broadcast.results import of_month
from tayori.domain.results import MonthResults
from tayori.domain.ward import ward
from tayori.office import Office
from tayori.opinions.period import Period, month_label
from tayori.reports.contents import LineGenre, LineMonth, LineSide
from tayori.warehouse import analysis, daily
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
        told = daily.accounts_between(people, max(period.first_day, last - _TOLD_WITHIN), last)
        chosen, settings = analysis.genre_choices(people), analysis.with_settings(people)
    results = [of_month(office, date(int(month[:4]), int(month[5:]), 1)) for month in period.months]
    sent: dict[str, int] = {}
    for month in results:
        for row in month.genres:
            sent[row.genre] = sent.get(row.genre, 0) + row.pushes
    if not settings and not sent and not told:
        return None
    account = told[max(told)] if told else None
    return LineSide(
        followers=account.followers if account else None,
        followers_on=account.day if account else None,
        with_settings=few_hidden(settings, k),
        genres=tuple(
            LineGenre(IN_JAPANESE.get(term, term), sent.get(term, 0), few_hidden(chosen.get(code, 0), k))
            for code, term in ward().genres.items()
        ),
        months=tuple(_month(one, label) for one, label in zip(results, period.months, strict=True)),
    )


def few_hidden(people: int, k: int) -> int | None:
    """A count of people rounded to a multiple of k; None for fewer than k, nobody included."""
    return None if people < k else (people + k // 2) // k * k


def _month(results: MonthResults, month: str) -> LineMonth:
    """A month; blocks around broadcasts are those of its genres, weighed by how often they were sent."""
    told = [(row.pushes, row.blocks_a_day) for row in results.genres if row.blocks_a_day is not None]
    pushes = sum(count for count, _ in told)
    after = sum(count * blocks for count, blocks in told) / pushes if pushes else None
    return LineMonth(month_label(month), results.pushes, results.blocks_a_day, after)
