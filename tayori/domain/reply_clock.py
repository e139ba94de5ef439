"""How long an answer should take, by addressee and kind, as data (O2): a target (目安), never a legal term."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

import yaml

from tayori.domain.calendar import WardCalendar, reply_due
from tayori.domain.opinions import answerable
from tayori.errors import BadInput

MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class ReplyClock:
    """One clock: for whom, how many open days, by what authority."""

    name: str
    term: str
    addressees: frozenset[str]
    kinds: frozenset[str]
    open_days: int
    authority: str

    def fits(self, addressee: str, kind: str | None) -> bool:
        """Whether the clock is the one of a letter."""
        return addressee in self.addressees and (not self.kinds or kind in self.kinds)

    def target(self, arrived: date, calendar: WardCalendar) -> date:
        """Give the target of a letter that first arrived in the ward on a day."""
        return reply_due(arrived, calendar, self.open_days)


@dataclass(frozen=True, slots=True)
class ReplyClocks:
    """The clocks in force."""

    version: str
    clocks: tuple[ReplyClock, ...]
    remind_from: int
    follow_up_months: int

    def of(self, addressee: str, kind: str | None) -> ReplyClock:
        """Give the clock of a letter by its addressee and kind.

        Raises:
            BadInput: no clock fits; the file misses an addressee.

        """
        for clock in self.clocks:
            if clock.fits(addressee, kind):
                return clock
        raise BadInput(f"No clock in reply_clock.yaml fits the addressee {addressee}; add one.")

    def named(self, name: str) -> ReplyClock:
        """Give a clock by its name."""
        return next(clock for clock in self.clocks if clock.name == name)

    def follow_up(self, answered: date) -> date:
        """Give the day on which a 「検討」 answer comes back: the first of the month, `follow_up_months` later."""
        months = answered.year * MONTHS + answered.month - 1 + self.follow_up_months
        return date(months // MONTHS, months % MONTHS + 1, 1)


@cache
def reply_clocks() -> ReplyClocks:
    """The clocks that come with the tree."""
    said = yaml.safe_load(files("tayori.domain").joinpath("reply_clock.yaml").read_text("utf-8"))
    clocks = tuple(
        ReplyClock(**one | {"addressees": frozenset(one["addressees"]), "kinds": frozenset(one["kinds"])})
        for one in said.pop("clocks")
    )
    return ReplyClocks(clocks=clocks, **said)


def clock_for(items: Mapping[str, str | None], addressee: str, kind: str | None, wanted: str) -> ReplyClock | None:
    """Give a letter's clock; None where nobody can be answered (匿名) or no answer is wanted."""
    return reply_clocks().of(addressee, kind) if answerable(items) and wanted != "no" else None
