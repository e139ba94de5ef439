"""Segments: who, of those who chose a genre, a message is narrowed to (L1, I7).

Attributes only narrow; no condition means nobody.

A segment is written as YAML and read into a small tree:

    all:
      - birth_year: {from: 1951, to: 1960}     # 生年, both ends included
      - area: [四谷, 大久保]
      - not: {sex: 男性}
      - any:
          - birth_year: not set                # asked for explicitly; otherwise people who set nothing are left out
          - area: [区外]

`everyone: true` is the one way to say "all who chose the genre". A condition on an attribute never matches a person
who has not set it, and neither does its negation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from tayori.domain.canonical import canonical_bytes
from tayori.domain.ward import ward
from tayori.errors import BadInput

Attribute = Literal["birth_year", "sex", "area"]
ATTRIBUTES: Final[tuple[Attribute, ...]] = ("birth_year", "sex", "area")
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100
DEEPEST: Final = 8


@dataclass(frozen=True, slots=True)
class Everyone:
    """All who chose the genre."""


@dataclass(frozen=True, slots=True)
class Born:
    """Born in the years from first to last, both included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """Set to one of the codes."""

    attribute: Attribute
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotSet:
    """Left unset by the person."""

    attribute: Attribute


@dataclass(frozen=True, slots=True)
class Not:
    """Set, and not matching."""

    part: "Segment"


@dataclass(frozen=True, slots=True)
class All:
    """Matching every part."""

    parts: tuple["Segment", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Matching at least one part."""

    parts: tuple["Segment", ...]


Segment = Everyone | Born | OneOf | NotSet | Not | All | AnyOf


def read_segment(written: object) -> Segment:
    """Read a segment as written in YAML.

    Raises:
        BadInput: the condition is empty, names an attribute or a term that the ward does not have, or asks for
            more than a year of birth; the sentence names the place.

    """
    return _read(written, "segment", DEEPEST)


def canonical_segment(segment: Segment) -> str:
    """Give the one text that stands for a segment: parts in order, codes sorted; what is approved and stored."""
    return canonical_bytes(_plain(segment)).decode("utf-8")


def _read(written: object, place: str, depth: int) -> Segment:
    if depth == 0:
        raise BadInput(f"{place}: nested deeper than {DEEPEST} levels; write it flatter.")
    if not isinstance(written, Mapping) or not written:
        raise BadInput(f"{place}: an empty condition would match nobody; write at least one, or `everyone: true`.")
    parts = tuple(_condition(str(key), value, f"{place}.{key}", depth) for key, value in written.items())
    if len(parts) > 1 and any(isinstance(part, Everyone) for part in parts):
        raise BadInput(f"{place}: `everyone` stands alone; remove it or the other conditions.")
    return parts[0] if len(parts) == 1 else All(parts)


def _condition(key: str, value: object, place: str, depth: int) -> Segment:
    if key == "everyone":
        if value is not True:
            raise BadInput(f"{place}: only `everyone: true` has a meaning.")
        return Everyone()
    if key in {"all", "any"}:
        parts = _parts(value, place, depth)
        return All(parts) if key == "all" else AnyOf(parts)
    if key == "not":
        return Not(_negatable(_read(value, place, depth - 1), place))
    if key in ATTRIBUTES:
        return _attribute(key, value, place)
    raise BadInput(f"{place}: not a condition; the words are {', '.join(ATTRIBUTES)}, all, any, not, everyone.")


def _parts(value: object, place: str, depth: int) -> tuple[Segment, ...]:
    if not isinstance(value, list) or not value:
        raise BadInput(f"{place}: needs a list with at least one condition.")
    parts = tuple(_read(part, f"{place}[{index}]", depth - 1) for index, part in enumerate(value))
    if any(isinstance(part, Everyone) for part in parts):
        raise BadInput(f"{place}: `everyone` stands alone, never inside all, any or not.")
    return parts


def _negatable(part: Segment, place: str) -> Segment:
    if isinstance(part, Everyone):
        raise BadInput(f"{place}: not everyone is nobody; write whom you mean.")
    return part


def _attribute(name: Attribute, value: object, place: str) -> Segment:
    if value == "not set":
        return NotSet(name)
    if name == "birth_year":
        return _born(value, place)
    terms = ward().sexes if name == "sex" else ward().areas
    codes = {term: code for code, term in terms.items()}
    wanted = value if isinstance(value, list) else [value]
    unknown = [term for term in wanted if term not in codes]
    if unknown or not wanted:
        raise BadInput(f"{place}: choose from {'、'.join(codes)}, or `not set`.")
    return OneOf(name, tuple(sorted({codes[str(term)] for term in wanted})))


def _born(value: object, place: str) -> Born:
    if isinstance(value, int) and not isinstance(value, bool):
        value = {"from": value, "to": value}
    if not isinstance(value, Mapping) or not value or set(value) - {"from", "to"}:
        raise BadInput(
            f"{place}: write a year, {{from: year, to: year}} or `not set`; months and days are not collected."
        )
    first, last = value.get("from", FIRST_YEAR), value.get("to", LAST_YEAR)
    for year in (first, last):
        if not isinstance(year, int) or isinstance(year, bool) or not FIRST_YEAR <= year <= LAST_YEAR:
            raise BadInput(f"{place}: a year of birth is a number from {FIRST_YEAR} to {LAST_YEAR}.")
    if first > last:
        raise BadInput(f"{place}: the years run backwards and would match nobody.")
    return Born(first, last)


def _plain(segment: Segment) -> dict[str, object]:
    match segment:
        case Everyone():
            return {"everyone": True}
        case Born(first, last):
            return {"birth_year": {"from": first, "to": last}}
        case OneOf(attribute, codes):
            terms = ward().sexes if attribute == "sex" else ward().areas
            return {attribute: [terms[code] for code in codes]}
        case NotSet(attribute):
            return {attribute: "not set"}
        case Not(part):
            return {"not": _plain(part)}
        case All(parts):
            return {"all": [_plain(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [_plain(part) for part in parts]}
