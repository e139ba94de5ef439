"""Topics are found from the words of letters, keep their number from period to period, and name nobody."""

from random import Random

import pytest

from tayori.opinions.sentences import speaking
from tayori.opinions.topics import NONE, FoundTopic, assigned, discover, matched
from tests.opinions.builders import dice

SUBJECTS = {
    "公園": ["公園", "遊具", "砂場", "ベンチ", "桜並木", "噴水"],
    "ごみ": ["集積所", "粗大ごみ", "からす", "分別", "収集日", "資源"],
    "自転車": ["駐輪場", "放置自転車", "歩道", "撤去", "逆走", "ヘルメット"],
    "保育": ["保育園", "待機児童", "学童", "入園", "育休", "保育士"],
}
COMMON = ["区長様", "要望", "毎日", "家族", "対応"]


def letters(chance: Random, each: int, subjects: dict[str, list[str]] = SUBJECTS) -> tuple[list[list[str]], list[str]]:
    """Letters of known subjects, each with some of its words and some that all share."""
    held = [
        (chance.sample(words, 4) + chance.sample(COMMON, 2), name)
        for name, words in subjects.items()
        for _ in range(each)
    ]
    chance.shuffle(held)
    return [words for words, _ in held], [name for _, name in held]


def test_letters_of_one_subject_become_one_topic() -> None:
    """Four subjects, four topics, and hardly a letter under another one; the number of topics is found, not given."""
    words, names = letters(dice(0), 60)
    found = discover(words, k=10)
    assert len(found.topics) == len(SUBJECTS)
    for at in range(len(found.topics)):
        inside = [name for name, topic in zip(names, found.of_letters, strict=True) if topic == at]
        assert max(inside.count(name) for name in SUBJECTS) >= 0.95 * len(inside)


def test_the_same_letters_give_the_same_topics() -> None:
    """Nothing is drawn anew: the same letters twice, the same topics, words and labels."""
    words, _ = letters(dice(0), 60)
    assert discover(words, k=10) == discover(words, k=10)


def test_a_topics_words_stand_in_k_letters_each() -> None:
    """A word of nine letters is told of no topic, in its words as in its label, however well it marks one."""
    words, _ = letters(dice(1), 60)
    marked = [
        [*one, "模擬花子"] if at < 9 else one for at, one in enumerate(sorted(words, key=lambda one: "公園" not in one))
    ]
    for topic in discover(marked, k=10).topics:
        assert "模擬花子" not in topic.words
        assert "模擬花子" not in topic.label


@pytest.mark.parametrize("count", [0, 1, 12])
def test_few_letters_have_no_topics(count: int) -> None:
    """A dozen letters are read, not grouped."""
    words, _ = letters(dice(2), 60)
    found = discover(words[:count], k=10)
    assert (found.topics, found.of_letters) == ((), (NONE,) * count)


def test_a_letter_without_a_telling_word_has_no_topic() -> None:
    """Thanks, or words that nobody else uses: none rather than any."""
    words, _ = letters(dice(3), 60)
    found = discover([*words, [], ["一度きり"]], k=10)
    assert found.of_letters[-2:] == (NONE, NONE)


def test_a_topic_keeps_its_number_and_a_new_one_gets_none() -> None:
    """The next period finds the old topics in other words and order; a subject that was never there is new."""
    first = discover(letters(dice(4), 60)[0], k=10)
    known = {number: topic.words for number, topic in enumerate(first.topics, 7)}
    subjects = {
        **SUBJECTS,
        "キックボード": ["電動キックボード", "歩道走行", "貸出場所", "免許不要", "危険", "二人乗り"],
    }
    second = discover(letters(dice(5), 60, subjects)[0], k=10)
    numbers = matched(second.topics, known)
    assert {7, 8, 9, 10} < set(numbers)
    new = [topic for topic, number in zip(second.topics, numbers, strict=True) if not number]
    assert any("電動キックボード" in topic.words for topic in new)
    for topic, number in zip(second.topics, numbers, strict=True):
        assert not number or set(topic.words) & set(known[number])


def test_nothing_known_leaves_everything_new() -> None:
    """A first period has no numbers to go on with."""
    assert matched([FoundTopic({"公園": 1.0}, "公園", 12)], {}) == [0]


def test_later_letters_go_to_the_topic_whose_words_they_share() -> None:
    """One topic clearly, two alike, none: the first, the first of equals at half, no topic."""
    topics = [{"公園": 1.0, "遊具": 1.0}, {"ごみ": 1.0}]
    assert assigned([["公園", "遊具", "ごみ"], ["ごみ"], ["税"], []], topics) == [0, 1, NONE, NONE]


def test_the_speaking_sentence_holds_the_topics_words() -> None:
    """Of a letter the sentence with most of them, cut if it is long; none where no sentence holds any."""
    text = "いつもお世話になります。公園の遊具が壊れています。道路も直してください。"
    assert speaking(text, {"公園": 0.8, "遊具": 0.6, "道路": 0.5}) == "公園の遊具が壊れています。"
    assert not speaking(text, {"保育園": 1.0})
    assert speaking("公園" * 80, {"公園": 1.0}).endswith("…")
