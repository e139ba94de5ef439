"""Dummy ids: unique by construction, reversible, never mistaken for another's."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sandbox.line.ids import FOREIGN, ID_SHAPE, IdSpace, as_bytes, as_text, malformed, mix, pack, unmix


def test_ten_thousand_ids_are_distinct_and_well_formed() -> None:
    """Every dummy id is a LINE user id under the reserved prefix, and no two are the same."""
    ids = IdSpace(seed=3).ids(0, 10_000)
    assert len(set(ids)) == 10_000
    assert all(ID_SHAPE.fullmatch(one) and one.startswith("Udddddddd") for one in ids)


@given(seed=st.integers(0, 2**40), index=st.integers(0, 2**62))
def test_an_id_leads_back_to_its_index(seed: int, index: int) -> None:
    """Encoding then decoding is the identity for every index and seed."""
    space = IdSpace(seed)
    assert space.index_of(space.id_of(index)) == index


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_mixing_is_undone_exactly(words: list[int]) -> None:
    """Mixing is one to one, so unmixing gives every word back."""
    array = np.array(words, np.uint64)
    assert (unmix(mix(array)) == array).all()


def test_ids_of_another_seed_are_foreign() -> None:
    """A dummy id belongs to one seed; elsewhere it is nobody."""
    packed = IdSpace(1).encode(np.arange(1000, dtype=np.int64))
    assert (IdSpace(2).decode(packed) == FOREIGN).all()


def test_one_altered_digit_makes_an_id_foreign() -> None:
    """The check digits refuse ids that were guessed or mistyped, at every place."""
    space = IdSpace(1)
    good = space.id_of(17)
    for at in range(1, 33):
        digit = "0" if good[at] != "0" else "1"
        assert space.index_of(good[:at] + digit + good[at + 1 :]) == FOREIGN


def test_text_and_bytes_tell_the_same_ids() -> None:
    """Bulk loading and single sending name the same people."""
    packed = IdSpace(5).encode(np.arange(50, dtype=np.int64))
    assert [one.decode() for one in as_bytes(packed)] == as_text(packed)


def test_what_is_no_line_user_id_is_found_by_position() -> None:
    """Upper case, blanks, short, long, other letters and other kinds are refused, each at its place."""
    good = "U" + "0" * 32
    bad: list[object] = ["U" + "A" * 32, "U" + "0" * 31, "U" + "0" * 33, "C" + "0" * 32, "U" + " 0" * 16, 7, ""]
    assert malformed([good, *bad, good]) == [1, 2, 3, 4, 5, 6, 7]
    for one in bad:
        assert pack([good, one]) is None  # type: ignore[list-item]
    assert pack(["U" + "0" * 31, "0U" + "0" * 32]) is None
