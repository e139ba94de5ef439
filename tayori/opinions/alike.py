"""Letters that say the same in the same words: found by MinHash, linked as one text, each still one letter (通).

Linked is what is the same or nearly so; what is only alike is a candidate, for a person to judge. A campaign that
everybody words anew is not found, and the report says so.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import numpy as np

from tayori.opinions.masking import mask_words
from tayori.opinions.text import normalise

if TYPE_CHECKING:
    from datasketch import MinHash, MinHashLSH
    from numpy.typing import NDArray

    Grams = NDArray[np.uint64]

LINKED: Final = 0.9
CANDIDATE: Final = 0.5
REMEMBERED: Final = 20_000
_PERMUTATIONS: Final = 64
_SEED: Final = 1
_BITS: Final = np.uint64(21)  # of one character
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)  # odd: 32 bits of the product are spread evenly
_SHORTEST: Final = 12  # characters: "thank you" of two residents is not one text
_CLOSEST: Final = 16  # candidates that are compared letter by letter, the likeliest first
_BETWEEN: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Linked:
    """A letter, the first letter of its text (itself, if it is the first), and the closest text that is only alike."""

    key: str
    text_key: str
    alike_key: str | None = None

    @property
    def repeats(self) -> bool:
        """Whether an earlier letter said the same."""
        return self.key != self.text_key


@dataclass(frozen=True, slots=True, repr=False)
class _First:
    key: str
    grams: "Grams"
    sketch: "MinHash"


class Linker:
    """Links letters in the order given: each is held against the first letters of the last texts, not against all.

    It remembers `remembered` different texts, so that memory stays flat and time linear; what returns later than that
    counts as a new text. A letter is compared with the first one of a text alone: links make no chains.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._firsts: dict[str, _First] = {}
        self._exact: dict[bytes, str] = {}
        self._index = _index()

    def link(self, letters: Iterable[tuple[str, str]]) -> Iterator[Linked]:
        """Link each letter, given as its key and its masked text."""
        return (self.place(key, text) for key, text in letters)

    def place(self, key: str, text: str) -> Linked:
        """Link one letter."""
        grams = grams_of(text)
        if not len(grams):
            return Linked(key, key)
        if (first := self._exact.get(_digest(grams))) is not None:
            return Linked(key, first)
        sketch = _sketch(grams)
        near = self._near(grams, sketch)
        if near and near[0][0] >= LINKED:
            return Linked(key, near[0][1])
        self._remember(_First(key, grams, sketch))
        return Linked(key, key, near[0][1] if near else None)

    def remember(self, key: str, text: str) -> None:
        """Take up the first letter of a text that was linked in an earlier run."""
        grams = grams_of(text)
        if len(grams) and _digest(grams) not in self._exact:
            self._remember(_First(key, grams, _sketch(grams)))

    def _near(self, grams: "Grams", sketch: "MinHash") -> list[tuple[float, str]]:
        found: Sequence[str] = self._index.query(sketch)
        likely = sorted((-sketch.jaccard(self._firsts[key].sketch), key) for key in found)[:_CLOSEST]
        near = ((jaccard(grams, self._firsts[key].grams), key) for _, key in likely)
        return sorted((pair for pair in near if pair[0] >= CANDIDATE), key=lambda pair: (-pair[0], pair[1]))

    def _remember(self, first: _First) -> None:
        if len(self._firsts) >= self._remembered:
            oldest = self._firsts.pop(next(iter(self._firsts)))
            del self._exact[_digest(oldest.grams)]
            self._index.remove(oldest.key)
        self._firsts[first.key] = first
        self._exact[_digest(first.grams)] = first.key
        self._index.insert(first.key, first.sketch, check_duplication=False)


def grams_of(text: str) -> "Grams":
    """The different runs of three characters of a masked text, as sorted numbers; none of a text too short to compare.

    Masks, spaces and signs do not count, so that the same words of two senders are the same text.
    """
    bare = _BETWEEN.sub("", normalise(_without_masks(text))).lower()
    if len(bare) < _SHORTEST:
        return np.empty(0, dtype=np.uint64)
    codes = np.frombuffer(bare.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    return np.unique((codes[:-2] << _BITS | codes[1:-1]) << _BITS | codes[2:])


def jaccard(one: "Grams", other: "Grams") -> float:
    """The share of both that is common, from 0 to 1."""
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)


def _digest(grams: "Grams") -> bytes:
    return blake2b(grams.tobytes(), digest_size=16).digest()


def _without_masks(text: str) -> str:
    for word in mask_words().values():
        text = text.replace(word, " ")
    return text


def _sketch(grams: "Grams") -> "MinHash":
    sketch = _empty_sketch().copy()
    sketch.update_batch(((grams * _SPREAD) >> np.uint64(32)).tolist())
    return sketch


@cache
def _empty_sketch() -> "MinHash":
    """What every sketch begins as: drawing the permutations anew for each would take longer than the sketch."""
    from datasketch import MinHash  # noqa: PLC0415 start-up time: it loads scipy

    return MinHash(num_perm=_PERMUTATIONS, seed=_SEED, hashfunc=int)


def _index() -> "MinHashLSH":
    from datasketch import MinHashLSH  # noqa: PLC0415 start-up time, as above

    return MinHashLSH(threshold=CANDIDATE, num_perm=_PERMUTATIONS)
