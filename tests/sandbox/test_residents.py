"""Dummy residents: the same person at any index, however they are asked for, in a ward's proportions."""

from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.line.ids import IdSpace
from sandbox.residents import AREAS, GENRES, YEARS, ResidentColumns, genres_of, residents, residents_columns

_MANY = 100_000


@pytest.fixture(scope="module")
def crowd() -> ResidentColumns:
    return residents_columns(0, _MANY, seed=11)


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 3000), max_size=5), seed=st.integers(0, 10**9))
def test_pieces_do_not_matter(cuts: list[int], seed: int) -> None:
    """Any way of cutting 0..3000 into pieces gives the same columns."""
    whole = asdict(residents_columns(0, 3000, seed))
    edges = [0, *sorted(cuts), 3000]
    pieces = [asdict(residents_columns(a, b, seed)) for a, b in pairwise(edges)]
    for name, column in whole.items():
        assert (np.concatenate([piece[name] for piece in pieces]) == column).all()


def test_one_by_one_and_in_columns_are_the_same_people(crowd: ResidentColumns) -> None:
    """Streaming crosses its own chunks without a seam."""
    for at, resident in zip(range(9_990, 10_010), residents(20, seed=11, start=9_990), strict=True):
        assert resident.line_user_id.encode() == crowd.line_user_id[at]
        assert (resident.birth_year or 0, resident.sex or 0) == (crowd.birth_year[at], crowd.sex[at])
        assert resident.area == (int(crowd.area[at]) or None)
        assert resident.genres == genres_of(int(crowd.genres[at]))


def test_ids_are_those_of_the_platform() -> None:
    """Resident 4711 of a seed is the platform's person 4711 of that seed."""
    assert next(residents(1, seed=5, start=4711)).line_user_id == IdSpace(5).id_of(4711)


def test_values_stay_within_the_register(crowd: ResidentColumns) -> None:
    """Years, sexes, areas and genres are those that the ward knows, or not set."""
    assert set(np.unique(crowd.birth_year)) <= {0, *YEARS}
    assert set(np.unique(crowd.sex)) == {0, 1, 2}
    assert set(np.unique(crowd.area)) == set(range(len(AREAS) + 1))
    assert int(crowd.genres.max()) < 1 << len(GENRES)


def test_some_set_nothing_and_many_leave_something_out(crowd: ResidentColumns) -> None:
    """Every field is optional, so every combination with gaps occurs."""
    nothing = (crowd.birth_year == 0) & (crowd.sex == 0) & (crowd.area == 0) & (crowd.genres == 0)
    assert 0.05 < nothing.mean() < 0.08
    for column in (crowd.birth_year, crowd.sex, crowd.area):
        assert 0.1 < (column == 0).mean() < 0.4


def test_proportions_are_a_wards(crowd: ResidentColumns) -> None:
    """About 8 % live outside; the thirties outnumber the old; genres go with age."""
    outside = (crowd.area == 11).sum() / (crowd.area > 0).sum()
    assert outside == pytest.approx(0.08, abs=0.01)
    year = crowd.birth_year
    assert ((year >= 1985) & (year < 1995)).sum() > 3 * ((year > 0) & (year < 1945)).sum()

    def share(genre: int, first: int, last: int) -> float:
        among = (year >= first) & (year <= last)
        return float((crowd.genres[among] >> (genre - 1) & 1).mean())

    childcare, elderly = 1, 2
    assert share(childcare, 1985, 1994) > 5 * share(childcare, 1930, 1955)
    assert share(elderly, 1930, 1945) > 5 * share(elderly, 1985, 1994)


def test_seeds_are_different_wards(crowd: ResidentColumns) -> None:
    """Another seed draws other people with other wishes."""
    other = residents_columns(0, _MANY, seed=12)
    assert not np.isin(other.line_user_id[:1000], crowd.line_user_id).any()
    assert (other.genres != crowd.genres).mean() > 0.9
