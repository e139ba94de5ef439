"""Results of a month, and LINE's figures for them: asked by opaque unit and by day, kept per broadcast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from tayori.domain.identifiers import BroadcastId
from tayori.domain.results import DAYS_AFTER, MonthResults, Sent, days_of, month_results
from tayori.domain.ward import ward
from tayori.line.paging import TooFast
from tayori.office import TOKYO, Office
from tayori.warehouse import daily, results
from tayori.warehouse.daily import AccountRow
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.results import FiguresRow, SentRow

if TYPE_CHECKING:  # start-up time: the LINE SDK takes two seconds to load, and reading results needs none of it
    from tayori.line.insight import InsightClient

COUNTED_FOR: Final = timedelta(days=14)  # LINE updates a unit's figures for so long
ASKED_EVERY: Final = timedelta(hours=12)
MOST_ASKED: Final = 50  # of LINE's 60 questions an hour
DAYS_BACK: Final = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """How much LINE was asked: broadcasts, how many of them LINE tells a figure of, days of the account."""

    broadcasts: int
    told: int
    days: int


def of_month(office: Office, month: date) -> MonthResults:
    """Give the results of the month that a date lies in."""
    days = days_of(month)
    with reading(office.warehouse) as connection:
        rows = results.started_between(connection, _midnight(days[0]), _midnight(days[-1] + timedelta(days=1)))
        blocks = daily.blocks_between(connection, days[0], days[-1] + timedelta(days=DAYS_AFTER))
    return month_results(days[0], [_sent(row) for row in rows], blocks, office.today())


def _sent(row: SentRow) -> Sent:
    began = row.started_at.astimezone(TOKYO)
    genre = ward().genres.get(row.genre, str(row.genre))
    return Sent(row.broadcast_id, genre, began.date(), f"{began:%H:%M}", row.people, row.opened, row.clicked)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TOKYO)


def ask_line(office: Office, line: "InsightClient") -> Asked:
    """Ask LINE for the figures that may have changed, at most twice a day; what is final is not asked again.

    Raises:
        Unavailable: LINE could not be asked; what was told before is kept.

    """
    with reading(office.warehouse) as connection:
        waiting = results.without_final_figures(connection, office.now() - ASKED_EVERY, MOST_ASKED)
    told: list[FiguresRow] = []
    try:
        for one in waiting:
            told.append(_ask(office, line, *one))  # noqa: PERF401 - what was told is kept when the next is not
    except TooFast:
        pass  # LINE answers sixty an hour; the rest is asked next time
    finally:
        _keep(office, told)
    return Asked(len(told), sum(one.opened is not None for one in told), _ask_days(office, line))


def _ask(
    office: Office, line: "InsightClient", broadcast_id: BroadcastId, unit: str, started_at: datetime
) -> FiguresRow:
    first = started_at.astimezone(TOKYO).date()
    found = line.opened(unit, first, min(first + COUNTED_FOR, office.today()))
    return FiguresRow(broadcast_id, found.opened, found.clicked, office.now(), office.today() > first + COUNTED_FOR)


def _keep(office: Office, told: Sequence[FiguresRow]) -> None:
    if told:
        with writing(office.warehouse) as connection:
            for row in told:
                results.put_figures(connection, row)


def _ask_days(office: Office, line: "InsightClient") -> int:
    """Ask for the last days of the account that LINE has not told of yet; give how many it told."""
    days = [office.today() - timedelta(days=back) for back in range(DAYS_BACK, 0, -1)]
    with reading(office.warehouse) as connection:
        known = daily.accounts_between(connection, days[0], days[-1])
    told = 0
    for day in days:
        if day not in known and (found := line.account(day)) is not None:
            row = AccountRow(day, found.followers, found.reached, found.blocks, line.delivered(day), office.now())
            with writing(office.warehouse) as connection:
                daily.put_account(connection, row)
            told += 1
    return told
