"""Audiences: of those who chose a genre, the ones that a segment narrows to (L1).

Every question begins with "residents who chose this genre"; a segment only adds conditions to it. Canaries
(numbers below zero) are in no audience, no count and no scan.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, not_, or_, select, true

from tayori.domain.batches import LARGEST_BATCH, Numbers
from tayori.domain.segments import All, AnyOf, Born, Everyone, Not, NotSet, OneOf, Segment
from tayori.warehouse.bulk import numbers_of
from tayori.warehouse.schema.people import genre_choice

CHUNK: Final = 400 * LARGEST_BATCH
"""How many numbers are in memory at once while an audience streams; a whole number of batches."""

CHOICE = genre_choice.c


def audience(genre: int, segment: Segment, *, after: int = 0) -> Select[Any]:
    """The rows of those who chose the genre and whom the segment narrows to; `after` never reaches below zero.

    One lower bound, not two: SQLite seeks by one of them, and by the wrong one it would read everything again.
    """
    return select(CHOICE.person_no).where(CHOICE.genre == genre, CHOICE.person_no > max(after, 0), condition(segment))


def condition(segment: Segment) -> ColumnElement[bool]:
    """A segment as SQL. What a person has not set matches neither a condition nor its negation.

    SQL's own logic gives that: a comparison with NULL is unknown, its negation too, and unknown is not chosen.
    """
    match segment:
        case Everyone():
            return true()
        case Born(first, last):
            return CHOICE.birth_year.between(first, last)
        case OneOf(attribute, codes):
            return or_(*(CHOICE[attribute].between(first, last) for first, last in _runs(codes)))
        case NotSet(attribute):
            return CHOICE[attribute].is_(None)
        case Not(part):
            return not_(condition(part))
        case All(parts):
            return and_(*map(condition, parts))
        case AnyOf(parts):
            return or_(*map(condition, parts))


def count_audience(connection: Connection, genre: int, segment: Segment) -> int:
    """How many residents a broadcast in this genre to this segment would reach now."""
    chosen = audience(genre, segment).with_only_columns(func.count())
    return int(connection.execute(chosen).scalar_one())


def audience_numbers(connection: Connection, genre: int, segment: Segment) -> Numbers:
    """The person numbers of an audience, ascending. For millions of people take `audience_chunks`."""
    return numbers_of(connection, audience(genre, segment), CHOICE.person_no)


def audience_chunks(
    connection: Connection, genre: int, segment: Segment, *, after: int = 0, size: int = CHUNK
) -> Iterator[Numbers]:
    """The person numbers above `after`, ascending, so many at a time: memory stays flat however large the audience."""
    chunk = next_numbers(connection, genre, segment, after=after, size=size)
    while len(chunk):
        yield chunk
        if len(chunk) < size:
            return
        chunk = next_numbers(connection, genre, segment, after=int(chunk[-1]), size=size)


def next_numbers(connection: Connection, genre: int, segment: Segment, *, after: int, size: int = CHUNK) -> Numbers:
    """The first `size` person numbers of an audience above `after`, ascending."""
    chosen = audience(genre, segment, after=after).limit(size)
    return numbers_of(connection, chosen, CHOICE.person_no)


def still_in(connection: Connection, genre: int, segment: Segment, first: int, last: int) -> Numbers:
    """Who of a range of numbers, both ends included, is in the audience now: leavers and those who changed are not."""
    chosen = audience(genre, segment, after=first - 1).where(CHOICE.person_no <= last)
    return numbers_of(connection, chosen, CHOICE.person_no)


def overlap(connection: Connection, one: tuple[int, Segment], other: tuple[int, Segment]) -> bool:
    """Whether somebody is in both audiences now; who or how many is not asked."""
    both = audience(*one).where(CHOICE.person_no.in_(audience(*other).correlate(None)))
    return connection.execute(both.limit(1)).first() is not None


def _runs(codes: Sequence[int]) -> list[tuple[int, int]]:
    """Cut sorted codes into runs of neighbours: two comparisons a run are quicker than a list is searched."""
    starts = [code for code in codes if code - 1 not in codes]
    ends = [code for code in codes if code + 1 not in codes]
    return list(zip(starts, ends, strict=True))
