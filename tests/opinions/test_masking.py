"""What identifies a person is masked, what names a place or an office is not."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.opinions.contacts import is_my_number
from tayori.opinions.masking import mask
from tayori.opinions.scoring import Score, score
from tayori.opinions.spans import Span, merged
from tests.opinions.builders import fact, labelled, masked, scored, tokeniser

HERE = Path(__file__).parent
LABELLED = (HERE / "labelled_letters.txt").read_text("utf-8").splitlines()
CLEAN = (HERE / "clean_letters.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("marked", LABELLED)
def test_every_labelled_character_is_masked(marked: str) -> None:
    """Counted by characters as written: half a telephone number that stays readable is a leak."""
    found = scored(labelled(marked))
    assert found.covered == found.labelled


@pytest.mark.parametrize("text", CLEAN)
def test_places_offices_and_words_stay(text: str) -> None:
    """Places and facilities of the ward, holders of public office and everyday words are no personal data."""
    assert not scored(labelled(text)).needless


@pytest.mark.parametrize("text", [labelled(line).text for line in LABELLED] + CLEAN)
def test_masking_what_is_masked_changes_nothing(text: str) -> None:
    """A second run finds nothing, counts nothing and leaves every mask as it stands."""
    once = mask(text, tokeniser())
    again = mask(once.text, tokeniser())
    assert again.text == once.text
    assert not again.counts


def test_little_is_masked_without_need() -> None:
    """Over all labelled lines at least 97 of 100 masked characters had to be."""
    total = sum((scored(labelled(line)) for line in LABELLED), Score(0, 0, 0, 0, 0))
    assert total.precision > 0.97


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("０９０－１２３４－５６７８", "phone"),
        ("マイナンバー 123456789018", "my_number"),
        ("0352734000", "phone"),
        ("a@example.jpまで", "email"),
        ("160-8484", "postal_code"),
    ],
)
def test_a_run_of_digits_has_one_kind(text: str, kind: str) -> None:
    """No rule takes a part of a number: twelve digits are no telephone, eleven no postal code."""
    assert dict(mask(text, tokeniser()).counts) == {kind: 1}


def test_a_mask_says_what_stood_there_and_the_rest_stays() -> None:
    """The e-mail rule stops where Japanese begins; honorifics stay beside the mask."""
    assert masked("taro@example.jpまで田中さんへ") == "［メールアドレス］まで［氏名］さんへ"


def test_an_individual_number_is_told_by_its_check_digit() -> None:
    """Twelve digits without the right check digit and without a cue are some other number."""
    assert is_my_number("123456789018")
    assert not is_my_number("123456789012")
    assert dict(mask("123456789012です", tokeniser()).counts) == {"id_number": 1}


def test_a_masked_copy_does_not_print_itself() -> None:
    """Neither a mask nor a fact shows a letter in a log."""
    assert "090" not in repr(mask("090-1234-5678の件", tokeniser()))
    assert "公園" not in repr(fact("公園の件"))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10), st.sampled_from("abc"))))
def test_joined_spans_cover_every_character_once(drawn: list[tuple[int, int, str]]) -> None:
    """Spans that meet become one over both; nothing is lost and none overlap."""
    spans = [Span(begin, begin + length, kind) for begin, length, kind in drawn]
    joined = merged(spans)
    assert {at for span in joined for at in range(*span[:2])} == {at for span in spans for at in range(*span[:2])}
    assert all(one.end <= other.begin for one, other in pairwise(joined))


def test_a_part_that_stays_readable_lowers_the_score() -> None:
    """The scorer counts characters, so a mask over half of a span is half a success."""
    found = score([Span(0, 10, "phone")], [Span(0, 6, "postal_code"), Span(20, 22, "name")])
    assert (found.recall, found.whole, found.needless) == (0.6, 0, 2)


def test_a_name_with_an_account_behind_it_is_a_name() -> None:
    """It is masked at once, not only in the copy in which the account is."""
    assert "さとう" not in masked("さとう@mogi_0000 さんによる提案です。")
