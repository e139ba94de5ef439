"""What a form of settings chose: each value one that the page offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tayori.domain.eras import both_years
from tayori.domain.towns import towns
from tayori.domain.ward import ward
from web.forms import Fields, Size, one
from web.route import Refusal, TurnedAway

SIZE: Final = Size(many=frozenset({"genre"}))
OLDEST: Final = 1900


@dataclass(frozen=True, slots=True)
class Choices:
    """What a form chose, by code; None is "not set"."""

    birth_year: int | None = None
    sex: int | None = None
    area: int | None = None
    genres: frozenset[int] = frozenset()


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
