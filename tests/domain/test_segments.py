"""Segments narrow, never widen; what is not understood is refused, and nothing means nobody (L1, I7)."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tayori.domain.segments import (
    All,
    AnyOf,
    Born,
    Everyone,
    Not,
    NotSet,
    OneOf,
    Segment,
    canonical_segment,
    read_segment,
)
from tayori.errors import BadInput

leaves: st.SearchStrategy[Segment] = st.one_of(
    st.builds(lambda a, b: Born(min(a, b), max(a, b)), st.integers(1900, 2100), st.integers(1900, 2100)),
    st.builds(OneOf, st.just("sex"), st.sampled_from([(1,), (2,), (1, 2)])),
    st.builds(OneOf, st.just("area"), st.sets(st.integers(1, 11), min_size=1).map(lambda codes: tuple(sorted(codes)))),
    st.builds(NotSet, st.sampled_from(["birth_year", "sex", "area"])),
)
trees: st.SearchStrategy[Segment] = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.builds(Not, parts),
        st.builds(All, st.lists(parts, min_size=1, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(parts, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)


@given(trees)
def test_the_canonical_text_reads_back_as_the_same_segment(segment: Segment) -> None:
    """What is approved is one text, and reading that text gives the segment that was written."""
    assert canonical_segment(read_segment(yaml.safe_load(canonical_segment(segment)))) == canonical_segment(segment)


def test_everyone_is_said_on_purpose() -> None:
    """Only `everyone: true` means all who chose the genre."""
    assert read_segment({"everyone": True}) == Everyone()


@pytest.mark.parametrize(
    "written",
    [
        None,
        {},
        [],
        "everyone",
        {"all": []},
        {"any": {}},
        {"not": {}},
        {"everyone": False},
        {"everyone": True, "sex": "女性"},
        {"all": [{"everyone": True}]},
        {"not": {"everyone": True}},
        {"genre": "子育て"},
        {"religion": "x"},
        {"area": "渋谷"},
        {"area": []},
        {"sex": "選択しない"},
        {"birth_year": {"from": 1990, "to": 1980}},
        {"birth_year": {"month": 4}},
        {"birth_year": "1990-04"},
        {"birth_year": 199004},
        {"birth_year": True},
        {"all": [{"all": [{"all": [{"all": [{"all": [{"all": [{"all": [{"all": [{"sex": "女性"}]}]}]}]}]}]}]}]},
    ],
)
def test_what_is_not_a_condition_is_refused(written: object) -> None:
    """An empty or unknown condition, a month of birth, a place the ward does not have: refused, never guessed."""
    with pytest.raises(BadInput):
        read_segment(written)
