"""One spelling, and the way back to the letter as written."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tayori.opinions.text import normalise, normalised
from tayori.opinions.tokens import LONGEST, PIECE, Tokeniser, pieces


@given(st.text())
@example("ｶﾞｷﾞｸﾞ\r\n①㈱髙橋")
@example("か\u3099き\u200bく")
def test_one_spelling_is_stable_and_leads_back(written: str) -> None:
    """Normalising twice changes nothing, clusters join to the whole, and every span leads into the text as written."""
    whole = normalised(written)
    assert whole.text == normalise(written) == normalise(normalise(written))
    for at in range(len(whole.text)):
        begin, end = whole.original(at, at + 1)
        assert 0 <= begin <= end <= len(written)


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("０９０－１２３４", "090-1234"),
        ("ﾃﾞﾝﾜ", "デンワ"),
        ("090\u200b1234", "0901234"),
        ("辻\U000e0100さん", "辻さん"),
        ("髙﨑", "高崎"),
        ("行\r\n行\r行", "行\n行\n行"),
    ],
)
def test_marks_that_hide_a_number_or_a_name_are_undone(written: str, spelt: str) -> None:
    """Width, joiners, variation selectors and line ends never change what a rule sees."""
    assert normalise(written) == spelt


def test_a_span_of_narrow_kana_leads_back_to_all_its_characters() -> None:
    """ｶﾞ is two characters as written and one when spelt: the span as written holds both."""
    whole = normalised("あｶﾞい")
    assert whole.original(1, 2) == (1, 3)


def test_a_letter_longer_than_the_tokeniser_takes_is_read_in_pieces() -> None:
    """Sudachi refuses 49,150 bytes; pieces are cut at sentences, join to the whole, and offsets count through."""
    text = "公園のベンチが壊れています。" * 3000
    assert "".join(piece for _, piece in pieces(text)) == text
    assert all(len(piece) <= LONGEST and piece.endswith("。") for _, piece in pieces(text))
    tokens = Tokeniser().read(text)
    assert all(
        text[begin:end] == word for begin, end, word in zip(tokens.begins, tokens.ends, tokens.words, strict=True)
    )
    assert tokens.words.count("公園") == 3000


def test_a_letter_of_lines_is_read_in_small_pieces_of_whole_lines() -> None:
    """No word goes over a line's end, so that a cut there changes no word."""
    line = "公園のベンチが壊れています。\n"
    text = line * 300
    cut = [piece for _, piece in pieces(text)]
    assert "".join(cut) == text
    assert all(piece.endswith("\n") and len(piece) <= PIECE + len(line) for piece in cut)
    assert Tokeniser().read(text).words == Tokeniser().read(line).words * 300


def test_a_text_without_any_break_is_still_read() -> None:
    """Characters outside the basic plane take four bytes each; no piece comes near the limit."""
    text = "𠮷" * (LONGEST * 2)
    assert max(len(piece.encode()) for _, piece in pieces(text)) < 49_150
    assert Tokeniser().read(text).text == text
