"""What is signed has exactly one form."""

import json
import random
import unicodedata
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.domain.canonical import LARGEST_INTEGER, canonical_bytes, canonical_digest
from tayori.errors import BadInput

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | TEXTS | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXTS.map(lambda text: unicodedata.normalize("NFC", text)), inner, max_size=4)
    ),
)


class _Contract(StrEnum):
    OPINIONS = "O"


def _shuffled(value: object, dice: random.Random) -> object:
    if isinstance(value, dict):
        fields = [(key, _shuffled(item, dice)) for key, item in value.items()]
        dice.shuffle(fields)
        return dict(fields)
    return [_shuffled(item, dice) for item in value] if isinstance(value, list) else value


def test_known_bytes() -> None:
    """The form is fixed for ever: sorted keys, no spaces, plain UTF-8, NFC."""
    value = {"b": [1, True, None], "a": "か\u3099", "A": '<\u2028\n"', "é": -5}
    expected = '{"A":"<\u2028\\n\\"","a":"が","b":[1,true,null],"é":-5}'.encode()
    assert canonical_bytes(value) == expected


def test_known_digest() -> None:
    """The digest is SHA-256 over the bytes (here: of `{}`, a value anyone can recompute)."""
    assert canonical_digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@given(VALUES, st.randoms())
def test_order_of_keys_does_not_matter(value: object, dice: random.Random) -> None:
    """Two objects with the same fields in another order are the same document."""
    assert canonical_bytes(value) == canonical_bytes(_shuffled(value, dice))


@given(VALUES)
def test_reading_back_gives_the_same_bytes(value: object) -> None:
    """A reader who parses the bytes and writes them again changes nothing."""
    first = canonical_bytes(value)
    assert canonical_bytes(json.loads(first)) == first


@given(TEXTS)
def test_composition_of_letters_does_not_matter(text: str) -> None:
    """NFC and NFD of one text are one text."""
    assert canonical_bytes(unicodedata.normalize("NFD", text)) == canonical_bytes(unicodedata.normalize("NFC", text))


def test_names_of_the_domain_are_plain_texts() -> None:
    """A StrEnum is its text and a tuple is a list: no type leaves a trace in what is signed."""
    assert canonical_bytes({"contract": _Contract.OPINIONS, "t": (1,)}) == b'{"contract":"O","t":[1]}'


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        {"a": [1.0]},
        float("nan"),
        b"bytes",
        {1, 2},
        {1: "a"},
        2**53,
        -(2**53),
        "\ud83d",
        {"か\u3099": 1, "が": 2},
        object(),
    ],
)
def test_what_has_no_single_form_is_refused(value: object) -> None:
    """Floats, bytes, sets, big numbers, broken text and colliding keys are refused, not repaired."""
    with pytest.raises(BadInput):
        canonical_bytes(value)


def test_a_refusal_names_the_place_and_not_the_value() -> None:
    """The sentence leads to the field without showing what stood in it (I9)."""
    with pytest.raises(BadInput) as refusal:
        canonical_bytes({"tables": [{"rows": 3.25}]})
    assert "$.tables[0].rows" in refusal.value.sentence
    assert "3.25" not in refusal.value.sentence
