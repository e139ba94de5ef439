"""What of a second reader's names is a doubt for people, and what a name takes with it when it is masked after all."""

import pytest

from tayori.opinions.doubts import around, doubts, masks_in, named
from tayori.opinions.words import terms_of
from tests.opinions.builders import masked, tokeniser


def asked(copy: str, *words: str) -> list[str]:
    """The doubts of a copy if the reader takes these words for people, each where it first stands."""
    places = [(copy.index(word), copy.index(word) + len(word)) for word in words]
    return [copy[begin:end] for begin, end in doubts(copy, places)]


@pytest.mark.parametrize(
    ("copy", "word"),
    [
        ("落合の図書館は遠いです。", "落合"),
        ("大久保通りの信号", "大久保"),
        ("中山図書館に本がない。", "中山"),
        ("若林区長の話を聞いた。", "若林"),
        ("区長の若林は来なかった。", "若林"),
        ("若林区長の話を聞いた。", "若林区長"),
        ("運転手は親切だった。", "運転手"),
        ("［氏名］は帰った。", "［氏名］"),
        ("［氏名］は帰った。", "氏名"),
        ("３２１は帰った。", "３２１"),
        ("「…」と言った。", "…"),
    ],
)
def test_what_the_tables_know_is_no_doubt(copy: str, word: str) -> None:
    """Places, facilities, roles, holders of public office, masks, and what holds no letter: nobody is asked."""
    assert asked(copy, word) == []


@pytest.mark.parametrize(
    ("copy", "word", "doubt"),
    [
        ("甲乙丙が来た。", "甲乙丙", "甲乙丙"),
        ("係の「甲乙丙」が来た。", "「甲乙丙」", "甲乙丙"),
        ("落合さんが来た。", "落合", "落合"),
        ("山口係長が来た。", "山口", "山口"),
        ("［氏名］と甲乙丙が来た。", "甲乙丙", "甲乙丙"),
    ],
)
def test_everything_else_is_one(copy: str, word: str, doubt: str) -> None:
    """Without brackets around it; a place with an honorific or a title is somebody."""
    assert asked(copy, word) == [doubt]


def test_a_name_takes_its_words_along() -> None:
    """Its place is masked, whatever holds it is no word any more; other words stay, also beside it."""
    copy = masked("放置自転車のことで甲乙丙宅に行った。甲乙丙宅の放置自転車は 090-1234-5678 に電話。")
    words = ("放置自転車", "甲乙丙宅", "電話")
    at = copy.index("甲乙丙")
    new, kept = named(copy, words, (at, at + 3), tokeniser())
    assert new == copy.replace("甲乙丙", "［氏名］", 1)
    assert kept == ("放置自転車", "電話")


def test_a_word_that_stands_elsewhere_too_stays() -> None:
    """What is no part of the name's word and is said again outside of it is still said."""
    copy = "公園の話。甲乙丙公園氏が来た。公園はきれい。"
    words = terms_of(tokeniser().read(copy), masks_in(copy))
    at = copy.index("甲乙丙公園")
    _, kept = named(copy, words, (at, at + 5), tokeniser())
    assert set(words) - set(kept) == {"公園氏"}
    assert "公園" in kept


def test_a_doubt_is_shown_in_its_own_sentence() -> None:
    """No more of the letter than is needed to decide."""
    copy = "一文目です。二文目は甲乙丙の話です。三文目\n"
    at = copy.index("甲乙丙")
    assert around(copy, (at, at + 3)) == ("二文目は", "甲乙丙", "の話です。")
    assert around("甲乙丙", (0, 3)) == ("", "甲乙丙", "")
