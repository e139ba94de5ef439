"""Words that are new to a period, from letters enough."""

from collections import Counter

from tayori.opinions.new_words import Usage, new_words

K = 10


Letters = list[list[str]]


def letters(word: str, count: int, others: int = 200) -> Letters:
    """The words of so many letters with a word, among others that speak of ordinary things."""
    return [["公園", word]] * count + [["公園", "道路", f"語{at % 17}"] for at in range(others)]


def found(now: Letters, before: Letters, *, parts: int = 1) -> list[str]:
    """What is told of a year beside another, whose letters lie in one part or several."""
    usage = Usage()
    for part in range(parts):
        some = before[part::parts]
        usage.add_part(len(some), Counter(said for letter in some for said in letter), K)
    counted = Counter(said for letter in now for said in letter)
    return new_words({word: count for word, count in counted.items() if count >= K}, len(now), usage)


def test_a_word_that_was_never_there_is_new() -> None:
    """Sixty letters speak of what none did a year ago."""
    assert found(letters("電動キックボード", 60), letters("自転車", 3)) == ["電動キックボード"]


def test_what_was_usual_before_is_not_new() -> None:
    """The same share of letters in both years, in a year with twice as many."""
    assert not found(letters("騒音", 80, 400), letters("騒音", 40, 200))


def test_none_and_a_few_letters_before_are_the_same() -> None:
    """Whether nobody or nine letters said a word a year ago, the list is the same: it tells neither."""
    for now in range(K, 90, 5):
        before = [letters("電動車", few, 400 - few) + [["公園"]] * few for few in (0, 1, K - 1)]
        assert len({tuple(found(letters("電動車", now, 400), one)) for one in before}) == 1


def test_a_few_letters_in_each_part_count_as_much_as_may_be() -> None:
    """Nine letters in each of four parts are none by what is told, and yet no word is new beside them."""
    assert not found(letters("騒音", 40, 400), letters("騒音", 36, 400), parts=4)


def test_without_letters_before_nothing_is_new() -> None:
    """A first year has no new words: all of them would be."""
    assert not found(letters("騒音", 80), [])
