"""Results of a month: what went out in which genre, and how many blocked the account around those days. No person.

A broadcast to fewer than `SMALLEST_SHOWN` people is counted as one, and its people in no figure and no sum: what is in
no sum, no difference gives away.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from tayori.domain.approval import SMALLEST_AUDIENCE
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BatchState

SMALLEST_SHOWN: Final = SMALLEST_AUDIENCE
DAYS_AFTER: Final = 1  # the day of a send and the next one are held against it
REACHED: Final = (BatchState.ACCEPTED, BatchState.REFUSED, BatchState.UNKNOWN, BatchState.UNDECIDED)


@dataclass(frozen=True, slots=True)
class Sent:
    """One broadcast: when it began (day and HH:MM in Tokyo), people by state, LINE's figures where it gives any."""

    broadcast_id: BroadcastId
    genre: str
    day: date
    time: str
    people: Mapping[BatchState, int]
    opened: int | None = None
    clicked: int | None = None

    @property
    def is_small(self) -> bool:
        """Whether it went to so few that no figure of it is shown."""
        return 0 < sum(self.people.values()) < SMALLEST_SHOWN

    def count(self, state: BatchState) -> int | None:
        """Give how many people are in batches of a state; None where it is not shown."""
        return None if self.is_small else self.people.get(state, 0)


@dataclass(frozen=True, slots=True)
class GenreMonth:
    """A genre in a month: pushes, their share of all (0 to 1), people by state, blocks a day around them."""

    genre: str
    pushes: int
    small: int
    share: float
    people: Mapping[BatchState, int]
    blocks_a_day: float | None


@dataclass(frozen=True, slots=True)
class Day:
    """A day: how many pushes began, and how many people blocked the account."""

    day: date
    pushes: int
    blocks: int


@dataclass(frozen=True, slots=True)
class MonthResults:
    """A month: its genres (most pushes first), its sends, its days, and blocks a day over the whole of it."""

    month: date
    genres: tuple[GenreMonth, ...]
    sends: tuple[Sent, ...]
    days: tuple[Day, ...]
    blocks_a_day: float | None

    @property
    def pushes(self) -> int:
        """How many broadcasts began."""
        return len(self.sends)

    @property
    def small(self) -> int:
        """How many of them went to so few that their people are in no figure."""
        return sum(sent.is_small for sent in self.sends)

    def people(self, state: BatchState) -> int:
        """How many people are in batches of a state, small broadcasts left out."""
        return sum(row.people[state] for row in self.genres)


def month_results(month: date, sends: Sequence[Sent], blocks: Mapping[date, int], today: date) -> MonthResults:
    """Sum up a month; `sends` are its broadcasts, `blocks` the daily totals, days after `today` are left out."""
    days = [day for day in days_of(month) if day <= today]
    by_genre: dict[str, list[Sent]] = {}
    for sent in sends:
        by_genre.setdefault(sent.genre, []).append(sent)
    genres = [_genre_month(genre, part, len(sends), blocks, today) for genre, part in by_genre.items()]
    return MonthResults(
        month=month,
        genres=tuple(sorted(genres, key=lambda row: (-row.pushes, row.genre))),
        sends=tuple(sends),
        days=tuple(Day(day, sum(sent.day == day for sent in sends), blocks.get(day, 0)) for day in days),
        blocks_a_day=_mean(days, blocks),
    )


def days_of(month: date) -> list[date]:
    """Give the days of the month that a date lies in."""
    length = monthrange(month.year, month.month)[1]
    return [month.replace(day=1) + timedelta(days=at) for at in range(length)]


def _genre_month(
    genre: str, part: Sequence[Sent], all_pushes: int, blocks: Mapping[date, int], today: date
) -> GenreMonth:
    around = {sent.day + timedelta(days=after) for sent in part for after in range(DAYS_AFTER + 1)}
    shown = [sent for sent in part if not sent.is_small]
    return GenreMonth(
        genre=genre,
        pushes=len(part),
        small=len(part) - len(shown),
        share=len(part) / all_pushes,
        people={state: sum(sent.people.get(state, 0) for sent in shown) for state in REACHED},
        blocks_a_day=_mean([day for day in around if day <= today], blocks),
    )


def _mean(days: Iterable[date], blocks: Mapping[date, int]) -> float | None:
    counted = [blocks.get(day, 0) for day in days]
    return sum(counted) / len(counted) if counted else None
