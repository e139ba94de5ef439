"""What LINE tells of a unit's messages afterwards: how many opened them and a link in them, never who.

Dummy people open at fixed shares that grow for 14 days, as LINE's figures do; every number below 20 is null.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import orjson

from sandbox.line.clock import tokyo_date
from sandbox.line.refusals import bad_request
from sandbox.line.statistics import FEWEST_SHOWN, UNIT_SHAPE, parse_day

Json = dict[str, Any]

LONGEST_PERIOD: Final = 30
OPENED: Final = (35, 48, 54, 57, 59, 60, 61, 61, 62, 62, 63, 63, 63, 64, 64)
"""Percent of the reached who opened a message, by the days since; after 14 days LINE counts no more."""
CLICKED: Final = 20  # percent of those who opened
_LINK: Final = re.compile(rb'https?://[^\s"\\<>]+')
_PLAYS: Final = ("", "25Percent", "50Percent", "75Percent", "100Percent")


@dataclass(frozen=True, slots=True)
class _Sent:
    """One accepted request: the day, how many it reached, its number of bubbles and their links."""

    day: date
    reached: int
    bubbles: int
    links: tuple[tuple[int, str], ...]


class Engagement:
    """Figures by aggregation unit."""

    def __init__(self) -> None:
        self._sent: dict[str, list[_Sent]] = {}

    def add(self, unit: str | None, messages: Sequence[Json], reached: int, now: datetime) -> None:
        """Note what one request with a unit delivered."""
        if unit is not None:
            links = tuple((seq, link) for seq, one in enumerate(messages, 1) for link in _links(one))
            self._sent.setdefault(unit, []).append(_Sent(tokyo_date(now), reached, len(messages), links))

    def figures(self, query: dict[str, str], now: datetime) -> Json:
        """The answer of `insight/message/event/aggregation`; a unit that nobody used has nothing to tell."""
        unit, first, last = query.get("customAggregationUnit", ""), *_period(query)
        if not UNIT_SHAPE.fullmatch(unit):
            raise bad_request("Invalid customAggregationUnit param")
        chosen = [one for one in self._sent.get(unit, ()) if first <= one.day <= last]
        opened = sum(one.reached * _share(one.day, now) // 100 for one in chosen)
        links = {link: None for one in chosen for link in one.links}
        clicked = opened * CLICKED // 100 if links else 0
        bubbles = range(1, max((one.bubbles for one in chosen), default=0) + 1)
        overview = {"uniqueImpression": opened, "uniqueClick": clicked}
        return {
            "overview": _private(overview | {"uniqueMediaPlayed": 0, "uniqueMediaPlayed100Percent": 0}),
            "messages": [{"seq": seq} | _private(_bubble(opened)) for seq in bubbles],
            "clicks": [{"seq": seq, "url": url} | _private(_click(clicked)) for seq, url in links],
        }


def _period(query: dict[str, str]) -> tuple[date, date]:
    first, last = parse_day(query.get("from", "")), parse_day(query.get("to", ""))
    if not 0 <= (last - first).days <= LONGEST_PERIOD:
        raise bad_request("Invalid date range")
    return first, last


def _share(day: date, now: datetime) -> int:
    return OPENED[min(max((tokyo_date(now) - day).days, 0), len(OPENED) - 1)]


def _links(message: Json) -> Iterator[str]:
    yield from (found.decode() for found in _LINK.findall(orjson.dumps(message)))


def _bubble(opened: int) -> dict[str, int]:
    plays = {f"{name}{part}": 0 for name in ("mediaPlayed", "uniqueMediaPlayed") for part in _PLAYS}
    return {"impression": opened + opened // 10, "uniqueImpression": opened} | plays


def _click(clicked: int) -> dict[str, int]:
    return {"click": clicked + clicked // 10, "uniqueClick": clicked, "uniqueClickOfRequest": clicked}


def _private(figures: dict[str, int]) -> dict[str, int | None]:
    return {name: number if number >= FEWEST_SHOWN else None for name, number in figures.items()}
