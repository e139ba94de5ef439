"""Readers who hold the words of several editions learn nothing of a word that fewer than k letters of some months say.

The reader of these tests knows the rule but none of its code: which list counted which months, that a word is told
where k letters of a part say it, and that no list is so long that a word was left out of it. They try every world.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations, product
from typing import Final

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tayori.analysis.period_words import PeriodWords
from tayori.opinions.disclosure.suppression import EXTERNAL_K, INTERNAL_K
from tayori.opinions.new_words import new_words
from tayori.opinions.told_words import NEW, Told, parts_to_count, repeated
from tayori.opinions.trends import field_words

MONTHS: Final = ("2026-01", "2026-02", "2026-03", "2026-04")
PUBLIC, OFFICE = 4, 2
MOST: Final = PUBLIC + 2
WORD: Final = "電動車"
Letters = tuple[str, str]
"""Letters of a month that are there at the same times: early ones, which are erased in the end, and late ones."""
World = Mapping[Letters, int]
"""How many of them say the word."""
SEEN: Final = {"first": ("early",), "then": ("early", "late"), "last": ("late",)}
"""Which letters an edition of a time counts."""


@dataclass(frozen=True)
class List:
    """A list as its readers see it: the parts that it counted, of which letters, its threshold, and if it told."""

    parts: tuple[frozenset[Letters], ...]
    k: int
    tells: bool

    def would_tell(self, world: World) -> bool:
        """Whether it tells the word in a world."""
        return any(sum(world.get(one, 0) for one in part) >= self.k for part in self.parts)


@dataclass
class Shelf:
    """Editions of one field and one word, made by the rule."""

    told: list[Told] = field(default_factory=list)
    lists: list[List] = field(default_factory=list)

    def publish(self, world: World, months: Sequence[str], k: int, time: str = "first") -> None:
        """Make an edition and put it on the shelf."""
        self.add(world, parts_to_count(months, k, self.told), k, time)

    def add(self, world: World, parts: Sequence[Sequence[str]], k: int, time: str = "first") -> None:
        """Put an edition that counts these parts on the shelf."""
        letters = tuple(frozenset(product(part, SEEN[time])) for part in parts)
        tells = List(letters, k, tells=True).would_tell(world)
        counted = frozenset(chain.from_iterable(parts))
        self.told.append(Told(len(self.told) + 1, k, counted, {"動物": (WORD,) if tells else ()}))
        self.lists.append(List(letters, k, tells))


def concluded(shelf: Shelf, truth: World, k: int) -> list[tuple[Letters, ...]]:
    """The letters fewer than k of which say the word, while readers can tell that some do: the office holds all lists.

    They are letters of whole months, or those that came late or went.
    """
    held = [one for one in shelf.lists if one.k >= k]
    possible = []
    for counts in product(range(MOST + 1), repeat=len(truth)):
        world = dict(zip(truth, counts, strict=True))
        if all(one.would_tell(world) == one.tells for one in held):
            possible.append(world)
    assert truth in possible
    sets = [some for size in range(1, len(truth) + 1) for some in combinations(truth, size)]
    small = [some for some in sets if 0 < sum(truth[one] for one in some) < k]
    return [some for some in small if all(any(world[one] for one in some) for world in possible)]


def a_span(months: Sequence[str]) -> st.SearchStrategy[Sequence[str]]:
    """Some months that follow one another."""
    ends = st.tuples(st.integers(0, len(months) - 1), st.integers(1, len(months)))
    return ends.filter(lambda pair: pair[0] < pair[1]).map(lambda pair: months[pair[0] : pair[1]])


readers = st.sampled_from([PUBLIC, OFFICE])
counts = st.tuples(*[st.integers(0, MOST) | st.integers(0, OFFICE)] * len(MONTHS))
ONE_BY_ONE: Final = [((month,), OFFICE) for month in MONTHS[:3]]
editions = st.lists(st.tuples(a_span(MONTHS), readers), min_size=2, max_size=6)
later = st.lists(st.tuples(st.sampled_from(list(SEEN)), a_span(MONTHS[:2]), readers), min_size=2, max_size=6)


@settings(deadline=None)
@given(editions, counts)
@example([(MONTHS, PUBLIC), *ONE_BY_ONE], (1, 1, 1, 1))
@example([*ONE_BY_ONE, (MONTHS, PUBLIC)], (1, 1, 1, 1))
def test_no_word_of_few_letters_can_be_concluded(made: list[tuple[Sequence[str], int]], said: tuple[int, ...]) -> None:
    """Over all orders of periods, for the public and for the office that reads both."""
    shelf, truth = Shelf(), dict(zip(product(MONTHS, ["early"]), said, strict=True))
    for months, k in made:
        shelf.publish(truth, months, k)
    assert not concluded(shelf, truth, PUBLIC)
    assert not concluded(shelf, truth, OFFICE)


@settings(deadline=None)
@given(later, counts)
def test_nor_of_letters_that_came_late_or_went(
    made: list[tuple[str, Sequence[str], int]], said: tuple[int, ...]
) -> None:
    """The same months counted again when some letters more are done, or some are disposed of."""
    shelf, truth = Shelf(), dict(zip(product(MONTHS[:2], ["early", "late"]), said, strict=True))
    for time, months, k in sorted(made, key=lambda one: list(SEEN).index(one[0])):
        shelf.publish(truth, months, k, time)
    assert not concluded(shelf, truth, PUBLIC)
    assert not concluded(shelf, truth, OFFICE)


def test_a_year_and_eleven_months_would_tell() -> None:
    """The reader of these tests finds what lists tell that count the same months twice: it is no blind one."""
    shelf, truth = Shelf(), dict(zip(product(MONTHS, ["early"]), (3, 0, 0, 1), strict=True))
    for months in (MONTHS, MONTHS[:3]):
        shelf.add(truth, [months], PUBLIC)
    assert (("2026-04", "early"),) in concluded(shelf, truth, PUBLIC)


def test_a_letter_that_came_late_would_tell() -> None:
    """So would the same months counted anew."""
    shelf, truth = Shelf(), {("2026-01", "early"): 3, ("2026-01", "late"): 1}
    for time in ("first", "then"):
        shelf.add(truth, [MONTHS[:1]], PUBLIC, time)
    assert (("2026-01", "late"),) in concluded(shelf, truth, PUBLIC)


def test_the_thresholds_of_the_two_readers_are_far_enough_apart() -> None:
    """What an edition for the office did not tell and one for the public does is of as many letters as the office's."""
    assert EXTERNAL_K - (INTERNAL_K - 1) >= INTERNAL_K
    assert PUBLIC - (OFFICE - 1) >= OFFICE


@given(st.lists(a_span(MONTHS), min_size=1, max_size=6))
def test_no_two_lists_for_the_same_readers_count_a_month(made: list[Sequence[str]]) -> None:
    """So there is nothing to subtract, and letters that come late are in no list."""
    shelf = Shelf()
    for months in made:
        shelf.publish({}, months, PUBLIC)
    counted = Counter(chain.from_iterable(one.months for one in shelf.told))
    assert set(counted) == set(chain.from_iterable(made))
    assert set(counted.values()) == {1}


def test_words_are_repeated_by_how_many_lists_told_them() -> None:
    """A year of months that were told already prints what most of them told; a word beside one that holds it, once."""
    first = Told(1, 10, frozenset({"2026-01"}), {"動物": ("野良猫", "からす"), NEW: ("電動車",)})
    second = Told(2, 10, frozenset({"2026-02"}), {"動物": ("からす", "猫")})
    assert repeated([first, second], 10) == {"動物": ("からす", "野良猫"), NEW: ("電動車",)}
    assert repeated([first, second], 1)["動物"] == ("からす",)


said_in_a_part = st.dictionaries(
    st.sampled_from(["動物", "公園・みどり", "道路"]),
    st.dictionaries(st.sampled_from(["野良猫", "遊具", "桜並木", "電動車", "街灯"]), st.integers(1, 30)),
)


@settings(deadline=None)  # the first example loads scikit-learn
@given(st.lists(said_in_a_part, min_size=1, max_size=3), said_in_a_part)
def test_what_few_letters_say_moves_no_word(
    parts: list[dict[str, dict[str, int]]], before: dict[str, dict[str, int]]
) -> None:
    """Not even its place in a list: without every word that fewer than k letters of a part say, all is the same."""
    whole, slim, then, slim_then = (PeriodWords(EXTERNAL_K) for _ in range(4))
    for said in parts:
        of_fields = {name: Counter(words) for name, words in said.items()}
        whole.add_part(300, of_fields)
        slim.add_part(300, {name: _said_by(words, EXTERNAL_K) for name, words in of_fields.items()})
    together: Counter[str] = sum((Counter(words) for words in before.values()), Counter())
    then.add_part(300, {name: Counter(words) for name, words in before.items()})
    slim_then.add_part(300, {"動物": _said_by(together, EXTERNAL_K)})
    assert field_words(whole.by_field, EXTERNAL_K) == field_words(slim.by_field, EXTERNAL_K)
    assert new_words(whole.by_word, 300 * len(parts), then.usage) == new_words(
        slim.by_word, 300 * len(parts), slim_then.usage
    )


def _said_by(words: Counter[str], k: int) -> Counter[str]:
    return Counter({word: letters for word, letters in words.items() if letters >= k})
