"""Audiences: a segment as SQL finds exactly whom the words of the segment mean, on both stores."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tayori.domain.segments import (
    All,
    AnyOf,
    Attribute,
    Born,
    Everyone,
    Not,
    NotSet,
    OneOf,
    Segment,
    canonical_segment,
    read_segment,
)
from tayori.office import Office
from tayori.warehouse import audience
from tayori.warehouse.bulk import insert_rows
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.people import CHOICE
from tayori.warehouse.schema.people import genre_choice


@dataclass(frozen=True)
class Person:
    """What a person chose and set."""

    number: int
    genre: int
    birth_year: int | None
    sex: int | None
    area: int | None


def is_meant(segment: Segment, one: Person, *, negated: bool = False) -> bool:
    """The rule in plain words: negation goes down to the conditions, and no condition matches what is not set."""
    match segment:
        case Everyone():
            return True
        case Born(first, last):
            return one.birth_year is not None and (first <= one.birth_year <= last) is not negated
        case OneOf(attribute, codes):
            value = getattr(one, attribute)
            return value is not None and (value in codes) is not negated
        case NotSet(attribute):
            return (getattr(one, attribute) is None) is not negated
        case Not(part):
            return is_meant(part, one, negated=not negated)
        case All(parts):
            meant = [is_meant(part, one, negated=negated) for part in parts]
            return any(meant) if negated else all(meant)
        case AnyOf(parts):
            meant = [is_meant(part, one, negated=negated) for part in parts]
            return all(meant) if negated else any(meant)


YEARS = st.integers(1940, 1948)
SPANS = st.tuples(YEARS, YEARS).map(lambda pair: Born(min(pair), max(pair)))
SEXES = st.sets(st.sampled_from([1, 2]), min_size=1).map(lambda codes: OneOf("sex", tuple(sorted(codes))))
AREAS = st.sets(st.integers(1, 11), min_size=1).map(lambda codes: OneOf("area", tuple(sorted(codes))))
ATTRIBUTE: st.SearchStrategy[Attribute] = st.sampled_from(("birth_year", "sex", "area"))
LEAVES: st.SearchStrategy[Segment] = st.one_of(SPANS, SEXES, AREAS, ATTRIBUTE.map(NotSet))


def _branches(inner: st.SearchStrategy[Segment]) -> st.SearchStrategy[Segment]:
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(inner.map(Not), parts.map(All), parts.map(AnyOf))


TREES = st.one_of(st.just(Everyone()), st.recursive(LEAVES, _branches, max_leaves=6))


@st.composite
def crowds(draw: st.DrawFn) -> list[Person]:
    """Residents and canaries in two genres, each attribute set or not."""
    number = st.integers(-3, 40).filter(bool)
    places = draw(st.sets(st.tuples(number, st.sampled_from([1, 2])), max_size=25))
    years, sexes, areas = st.none() | YEARS, st.sampled_from([None, 1, 2]), st.none() | st.integers(1, 11)
    return [Person(number, genre, draw(years), draw(sexes), draw(areas)) for number, genre in sorted(places)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crowd=crowds(), segment=TREES)
def test_sql_finds_whom_the_segment_means(office: Office, crowd: list[Person], segment: Segment) -> None:
    """For any tree and any people: numbers, count, chunks and the re-check agree with the rule in plain words."""
    meant = sorted(one.number for one in crowd if one.genre == 1 and one.number > 0 and is_meant(segment, one))
    with writing(office.warehouse) as connection:
        connection.exec_driver_sql("DELETE FROM genre_choice")
        rows = ((one.genre, one.number, one.birth_year, one.sex, one.area) for one in crowd)
        insert_rows(connection, genre_choice, CHOICE, rows)
    with reading(office.warehouse) as connection:
        assert audience.audience_numbers(connection, 1, segment).tolist() == meant
        assert audience.count_audience(connection, 1, segment) == len(meant)
        chunks = list(audience.audience_chunks(connection, 1, segment, size=3))
        assert [number for chunk in chunks for number in chunk.tolist()] == meant
        again = audience.still_in(connection, 1, segment, 5, 20)
        assert again.tolist() == [number for number in meant if 5 <= number <= 20]


@settings(max_examples=200, deadline=None)
@given(segment=TREES)
def test_the_stored_text_of_a_segment_means_the_segment(segment: Segment) -> None:
    """What is stored and signed reads back as the very same condition."""
    text = canonical_segment(segment)
    assert canonical_segment(read_segment(json.loads(text))) == text


@pytest.mark.parametrize("size", [1, 2, 500])
def test_an_audience_streams_in_chunks_without_a_gap(sqlite_office: Office, size: int) -> None:
    """Whatever the size of a chunk: everybody comes once, in order, and no chunk is larger than asked."""
    rows = [(1, number, None, None, None) for number in range(1, 1_004)]
    with writing(sqlite_office.warehouse) as connection:
        insert_rows(connection, genre_choice, CHOICE, rows)
    with reading(sqlite_office.warehouse) as connection:
        chunks = list(audience.audience_chunks(connection, 1, Everyone(), size=size))
    assert max(map(len, chunks)) <= size
    assert np.concatenate(chunks).tolist() == list(range(1, 1_004))
