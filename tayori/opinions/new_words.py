"""Words that letters of a period use more than those before: log-odds with a prior from both, as a z-score.

After Monroe, Colaresi and Quinn (Fightin' Words, 2008): rare words do not win by being rare.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tayori.opinions.signals import FALSE_SHARE, discoveries
from tayori.opinions.words import apart

_PRIOR: Final = 200.0  # letters that the prior is worth
_SOME: Final = 0.5  # letters without a word that all of them hold


@dataclass(frozen=True, slots=True)
class NewWord:
    """A word that stands out against the year before, and whether no earlier report of that year told it."""

    word: str
    first: bool


@dataclass(slots=True)
class Usage:
    """How many letters there are, and how many of them hold each word: `least`, and those above that by word.

    `least` stands for none as well as for a few, so that nothing tells the two apart.
    """

    letters: int = 0
    least: int = 0
    above: Counter[str] = field(default_factory=Counter)

    def add_part(self, letters: int, by_word: Mapping[str, int], k: int) -> None:
        """Add the letters of a part: of each word at least k - 1."""
        self.letters += letters
        self.least += k - 1
        self.above.update({word: count - k + 1 for word, count in by_word.items() if count >= k})


def new_words(
    now: Mapping[str, int],
    letters: int,
    before: Usage,
    *,
    top: int = 20,
    false_share: float = FALSE_SHARE,
) -> list[str]:
    """The words of `now` beyond chance, strongest first; words that hold one another count once, by the stronger.

    `now` are letters by word, of at least k letters each, out of so many `letters`. Without twice as many letters
    before as the least that a word counts there, nothing is said.
    """
    from scipy.stats import norm  # noqa: PLC0415 start-up time

    words = sorted(now)
    if not words or before.letters <= 2 * before.least:
        return []
    one = np.array([now[word] for word in words], dtype=float)
    two = np.array([before.least + before.above[word] for word in words], dtype=float)
    prior = (one + two) / (letters + before.letters) * _PRIOR
    held = one + prior, two + prior
    free = (whole + _PRIOR + _SOME - some for whole, some in zip((letters, before.letters), held, strict=True))
    first, second = (np.array([some, rest]) for some, rest in zip(held, free, strict=True))
    odds = np.log(first[0] / first[1]) - np.log(second[0] / second[1])
    scores = odds / np.sqrt((1 / first + 1 / second).sum(axis=0))
    chances = norm.sf(scores)
    limit = discoveries(chances, false_share)
    found = [at for at in range(len(words)) if chances[at] <= limit]
    return list(apart((words[at] for at in sorted(found, key=lambda at: (-scores[at], words[at]))), top))
