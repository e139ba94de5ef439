"""Which months' words a report may count, and which it repeats: readers are told the words of a month once.

A reader who holds the words of a year and of eleven of its months learns what a few letters of the twelfth say, from a
word that stands in one list alone. Hiding such words does not help: that a word is missing tells as much. So no two
lists for the same readers count the same months, and whatever is under k letters in what a list counts enters nothing
that is printed (docs/adr/0052).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tayori.opinions.words import apart

NEW: Final = "~new"
"""The name under which the words that stand out against the year before are held among the fields."""


@dataclass(frozen=True, slots=True)
class Told:
    """The words that an edition told, by field: its threshold, the months that it counted, and whether they stand."""

    edition: int
    k: int
    months: frozenset[str]
    words: Mapping[str, tuple[str, ...]] = field(repr=False)
    stands: bool = True


def parts_to_count(months: Iterable[str], k: int, earlier: Sequence[Told]) -> list[tuple[str, ...]]:
    """The months whose words a list of this threshold may count, in parts; a word counts where k letters of one say it.

    Left out are months that the same readers were told, and those of a list of a higher threshold that reaches beyond
    what is left. Lists of another threshold are not cut: their months are parts of their own.
    """
    left = set(months) - {month for one in earlier if one.k == k for month in one.months}
    for one in earlier:
        if one.k > k and not one.months <= left:
            left -= one.months
    return parts_of(left, earlier)


def parts_of(months: Iterable[str], earlier: Sequence[Told]) -> list[tuple[str, ...]]:
    """Months in parts, oldest first, so that no part lies in and out of the months of an earlier list."""
    found: dict[tuple[int, ...], list[str]] = {}
    for month in sorted(months):
        found.setdefault(tuple(at for at, one in enumerate(earlier) if month in one.months), []).append(month)
    return [tuple(part) for part in found.values()]


def lists_within(months: Iterable[str], k: int, earlier: Sequence[Told]) -> list[Told]:
    """The earlier lists that readers of this threshold hold, that stand, and that counted nothing but such months."""
    whole = frozenset(months)
    return [one for one in earlier if one.stands and one.k >= k and one.months and one.months <= whole]


def repeated(lists: Sequence[Told], top: int) -> dict[str, tuple[str, ...]]:
    """The `top` words by field that these lists told: first what most of them told, then what stood further up.

    Nothing is counted, so it tells nothing new.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted({name for one in lists for name in one.words}):
        times, best = Counter[str](), dict[str, int]()
        for one in lists:
            for at, word in enumerate(one.words.get(name, ())):
                times[word] += 1
                best[word] = min(at, best.get(word, at))
        ranked = sorted(times, key=lambda word: (-times[word], best[word], word))
        if ranked:
            found[name] = tuple(apart(ranked, top))
    return found
