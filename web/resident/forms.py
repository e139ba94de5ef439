"""Read a form strictly: so many bytes, these fields and no other, each at most so often and so long."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from tayori.domain.eras import both_years
from tayori.domain.towns import towns
from tayori.domain.ward import ward
from web.resident.route import Refusal, TurnedAway

LARGEST_BODY: Final = 8 << 10  # bytes
READ_SECONDS: Final = 10.0
MOST_FIELDS: Final = 60
LONGEST: Final = 200  # characters
OLDEST: Final = 1900
MANY: Final = frozenset({"genre"})
Fields = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Choices:
    """What a form chose, by code; None is "not set"."""

    birth_year: int | None = None
    sex: int | None = None
    area: int | None = None
    genres: frozenset[int] = frozenset()


async def read_form(request: Request, known: frozenset[str]) -> Fields:
    """Read a form that has these fields and no other.

    Raises:
        TurnedAway: it is too large, too slow, no form, or has a field that the page does not have.

    """
    body = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > LARGEST_BODY:
                    raise TurnedAway(Refusal.TOO_LARGE)
    except (TimeoutError, ClientDisconnect):
        raise TurnedAway(Refusal.UNREADABLE) from None
    fields: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise TurnedAway(Refusal.UNREADABLE) from None
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    doubled = any(len(values) > 1 for name, values in fields.items() if name not in MANY)
    if doubled or fields.keys() - known or any(len(value) > LONGEST for _, value in pairs):
        raise TurnedAway(Refusal.UNREADABLE)
    return fields


def one(fields: Fields, name: str) -> str:
    """Give a field's value; an absent one is empty."""
    return fields.get(name, [""])[0]


def choices_of(fields: Fields, this_year: int) -> Choices:
    """Give what a form of settings chose.

    Raises:
        TurnedAway: a value is none that the page offers.

    """
    return Choices(
        _code(one(fields, "birth_year"), range(OLDEST, this_year + 1)),
        _code(one(fields, "sex"), ward().sexes),
        _code(one(fields, "area"), ward().areas),
        frozenset(code for value in fields.get("genre", []) if (code := _code(value, ward().genres)) is not None),
    )


def area_of_town(fields: Fields) -> int | None:
    """Give the area of the town that was chosen; the town itself goes no further than this line."""
    return towns().area_of.get(one(fields, "town"))


def years(this_year: int) -> list[tuple[int, str]]:
    """Give the birth years to choose from, the latest first, in both calendars."""
    return [(year, both_years(year)) for year in range(this_year, OLDEST - 1, -1)]


def _code(value: str, known: range | Mapping[int, str]) -> int | None:
    if not value:
        return None
    if not value.isascii() or not value.isdecimal() or int(value) not in known:
        raise TurnedAway(Refusal.UNREADABLE)
    return int(value)
