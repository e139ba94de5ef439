"""Letters that say the same in the same words are one text, and stay letters."""

import pytest

from tayori.opinions.alike import CANDIDATE, LINKED, Linker, grams_of, jaccard
from tests.opinions.builders import dice, masked

TEMPLATE = (
    "区立公園の遊具が古くなり、子どもが安心して遊べません。点検の結果を公表し、早急に新しい遊具へ取り替えるよう要望します。"
    "あわせて、日よけと水飲み場を増やし、トイレを洋式に改修してください。"
)


def linked(*texts: str) -> list[str]:
    """The number of the first letter of each letter's text."""
    return [one.text_key for one in Linker().link((str(at), text) for at, text in enumerate(texts))]


def test_a_template_that_came_47_times_is_one_text_of_47_letters() -> None:
    """Every sender signs with another name and number, in another width: 47通, one text."""
    letters = [masked(f"氏名：模擬 {at}郎\n電話 090-1234-{5000 + at}\n{TEMPLATE}") for at in range(47)]
    found = list(Linker().link((str(at), text) for at, text in enumerate(letters)))
    assert len(found) == 47
    assert {one.text_key for one in found} == {"0"}
    assert [one.repeats for one in found] == [False, *[True] * 46]


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (TEMPLATE.replace("。", "。\n\n　"), True),
        (TEMPLATE.replace("子ども", "子供"), True),
        (TEMPLATE[:60], False),
        ("公園の遊具がこわれています。はやく新しいものにかえて、トイレも洋式にしてください。", False),
    ],
)
def test_only_nearly_the_same_words_are_linked(other: str, same: bool) -> None:  # noqa: FBT001 - a case
    """Line breaks and one other spelling are the same text; half of it, or the same wish in other words, is not."""
    assert linked(TEMPLATE, other) == ["0", "0" if same else "1"]


def test_what_is_alike_is_a_candidate_and_not_linked() -> None:
    """Between the two limits a person judges."""
    other = TEMPLATE[:70] + "道路の街灯も暗いので明るくしてください。"
    assert CANDIDATE <= jaccard(grams_of(TEMPLATE), grams_of(other)) < LINKED
    first, second = Linker().link([("a", TEMPLATE), ("b", other)])
    assert (first.alike_key, second.alike_key, second.repeats) == (None, "a", False)


def test_short_thanks_are_not_one_text() -> None:
    """Two residents who thank in the same few words sent no template."""
    assert linked("ありがとうございます。", "ありがとうございます。") == ["0", "1"]


def test_links_make_no_chains() -> None:
    """A text that drifts a little with every letter leaves its first letter behind."""
    chance = dice(0)
    texts, text = [], TEMPLATE
    for _ in range(40):
        at = chance.randrange(len(text) - 3)
        text = text[:at] + chr(0x4E00 + chance.randrange(2000)) + text[at + 1 :]
        texts.append(text)
    for one in Linker().link((str(at), text) for at, text in enumerate(texts)):
        first = texts[int(one.text_key)]
        assert not one.repeats or jaccard(grams_of(first), grams_of(texts[int(one.key)])) >= LINKED


def test_memory_is_bounded_and_what_is_forgotten_is_new() -> None:
    """Beyond the remembered number of texts the oldest goes; its repetition counts as a text of its own."""
    linker = Linker(remembered=3)
    others = [f"{at}番目の道路の工事の音が夜中まで続いて眠れませんので止めてください" * (at + 1) for at in range(4)]
    assert not linker.place("t", TEMPLATE).repeats
    assert linker.place("t2", TEMPLATE).text_key == "t"
    for at, other in enumerate(others):
        linker.place(f"o{at}", f"{other}{chr(0x4E00 + at) * 40}")
    assert not linker.place("t3", TEMPLATE).repeats


def test_a_later_run_goes_on_where_the_last_one_ended() -> None:
    """First letters of earlier runs are taken up again: the next month's copies are linked to them."""
    linker = Linker()
    linker.remember("last-month", TEMPLATE)
    assert linker.place("now", TEMPLATE).text_key == "last-month"
