"""Words that letters of a period use more than those before: log-odds with a prior from both, as a z-score.

After Monroe, Colaresi and Quinn (Fightin' Words, 2008): rare words do not win by being rare.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tayori.opinions.signals import FALSE_SHARE, discoveries

_PRIOR: Final = 200.0  # letters that the prior is worth


@dataclass(frozen=True, slots=True)
class NewWord:
    """A word, how many standard errors it stands above the time before, and whether it was never there."""

    word: str
    score: float
    unseen: bool


def new_words(
    now: Mapping[str, int],
    before: Mapping[str, int],
    *,
    k: int,
    top: int = 20,
    false_share: float = FALSE_SHARE,
) -> list[NewWord]:
    """The words of `now` beyond chance, strongest first; each stands in at least `k` letters of now.

    Both are letters by word. Words that hold one another count once, by the stronger.
    """
    from scipy.stats import norm  # noqa: PLC0415 start-up time

    words = sorted(word for word, letters in now.items() if letters >= k)
    if not words or not before:
        return []
    one = np.array([now[word] for word in words], dtype=float)
    two = np.array([before.get(word, 0) for word in words], dtype=float)
    whole_one, whole_two = float(sum(now.values())), float(sum(before.values()))
    prior = (one + two) / (whole_one + whole_two) * _PRIOR
    odds = np.log((one + prior) / (whole_one + _PRIOR - one - prior))
    odds -= np.log((two + prior) / (whole_two + _PRIOR - two - prior))
    scores = odds / np.sqrt(1 / (one + prior) + 1 / (two + prior))
    chances = norm.sf(scores)
    limit = discoveries(chances, false_share)
    ranked = sorted((at for at in range(len(words)) if chances[at] <= limit), key=lambda at: (-scores[at], words[at]))
    return _apart([NewWord(words[at], round(float(scores[at]), 2), not two[at]) for at in ranked], top)


def _apart(ranked: Sequence[NewWord], top: int) -> list[NewWord]:
    taken: list[NewWord] = []
    for entry in ranked:
        if len(taken) < top and not any(entry.word in one.word or one.word in entry.word for one in taken):
            taken.append(entry)
    return taken
