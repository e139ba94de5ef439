"""Words that are new to a period, from letters enough."""

from collections import Counter

from tayori.opinions.new_words import new_words


def letters(word: str, count: int, others: int = 200) -> Counter[str]:
    """The words of so many letters with a word, among others that speak of ordinary things."""
    plain = [["公園", "道路", f"語{at % 17}"] for at in range(others)]
    return Counter(said for letter in [*[["公園", word]] * count, *plain] for said in letter)


def test_a_word_that_was_never_there_is_new() -> None:
    """Twenty letters speak of what none did a year ago."""
    (found,) = new_words(letters("電動キックボード", 20), letters("自転車", 3), k=10)
    assert (found.word, found.unseen) == ("電動キックボード", True)


def test_a_word_of_fewer_than_k_letters_is_never_told() -> None:
    """Nine letters are no word of the report, however new."""
    assert not new_words(letters("電動キックボード", 9), letters("自転車", 3), k=10)


def test_what_was_usual_before_is_not_new() -> None:
    """The same share of letters in both years, in a year with twice as many."""
    assert not new_words(letters("騒音", 80, 400), letters("騒音", 40, 200), k=10)


def test_without_letters_before_nothing_is_new() -> None:
    """A first year has no new words: all of them would be."""
    assert not new_words(letters("騒音", 80), {}, k=10)
