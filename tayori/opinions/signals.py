"""What rose, fell, is new or has vanished, by a stated test and not by eye.

A count of the period is held against the same months of earlier years. Each of these years has its size: its letters
against those of the period over the middle half of the series, so that what changed by itself does not count. Under the
hypothesis that nothing else changed a count follows a negative binomial distribution, whose mean is that of the earlier
years by their sizes and whose width comes from how large they are together and how much counts scatter as a rule; at
scatter 1 this is the exact comparison of two Poisson rates. All counts of a report are judged together
(Benjamini-Hochberg), and what few letters say is never a signal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

FALSE_SHARE: Final = 0.01  # of the signals, how many may be chance
MINIMUM: Final = 5  # letters
_PRIOR: Final = 0.5  # Jeffreys: nothing seen before does not mean impossible
_MEDIAN_OF_CHI: Final = 0.4549
_ENOUGH: Final = 5  # series, to say how all of them move and scatter


class Change(StrEnum):
    """What became of a count."""

    RISEN = "risen"
    NEW = "new"
    FALLEN = "fallen"
    VANISHED = "vanished"


CHANGES: Final = {
    Change.RISEN: "増加",
    Change.NEW: "新規",
    Change.FALLEN: "減少",
    Change.VANISHED: "消滅",
}


@dataclass(frozen=True, slots=True)
class Course:
    """One series: what it counts (`what`, `code`), the count now, and the same months of earlier years, last first."""

    what: str
    code: str
    now: int
    earlier: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """A change that chance does not explain: what changed, how, now and a year before, and how likely it is by chance.

    `expected` is what the earlier years lead to expect.
    """

    what: str
    code: str
    change: Change
    now: int
    before: int
    expected: float
    chance: float


def signals(courses: Sequence[Course], *, minimum: int = MINIMUM, false_share: float = FALSE_SHARE) -> list[Signal]:
    """The changes among the series of a report, the least likely by chance first.

    A series without an earlier year says nothing. At least `minimum` letters must stand on the higher side.
    """
    told = [one for one in courses if one.earlier]
    if not told:
        return []
    sizes = _sizes(told, minimum)
    scatter = _scatter(told, sizes)
    judged = [(one, *_tails(one, sizes, scatter)) for one in told]
    rises = [(up, one, expected) for one, expected, up, _ in judged if one.now >= minimum]
    falls = [(down, one, expected) for one, expected, _, down in judged if expected >= minimum]
    chances = np.array([entry[0] for entry in (*rises, *falls)])
    limit = discoveries(chances, false_share)
    up = [_signal(entry, _way_up(entry[1])) for entry in rises if entry[0] <= limit]
    down = [_signal(entry, Change.FALLEN if entry[1].now else Change.VANISHED) for entry in falls if entry[0] <= limit]
    return sorted((*up, *down), key=lambda one: (one.chance, one.what, one.code))


def _way_up(course: Course) -> Change:
    """New beside a year before without a letter, whatever older years had: they are printed beside nothing."""
    return Change.RISEN if course.earlier[0] else Change.NEW


def discoveries(chances: "np.ndarray[tuple[int], np.dtype[np.float64]]", false_share: float) -> float:
    """The greatest chance that still counts, so that of what counts at most this share is false on average.

    -1 where nothing counts (Benjamini and Hochberg).
    """
    ranked = np.sort(chances)
    passed = np.flatnonzero(ranked <= false_share * np.arange(1, len(ranked) + 1) / max(1, len(ranked)))
    return float(ranked[passed[-1]]) if len(passed) else -1.0


def _sizes(courses: Sequence[Course], minimum: int) -> list[float]:
    """How large each earlier year was as a whole, the period being 1; the latest first. 1 where few series say."""
    sizes = []
    for year in range(max(len(one.earlier) for one in courses)):
        pairs = [(one.earlier[year], one.now) for one in courses if year < len(one.earlier)]
        pairs = [pair for pair in pairs if sum(pair) >= 2 * minimum]
        sizes.append(_size(pairs) if len(pairs) >= _ENOUGH else 1.0)
    return sizes


def _size(pairs: Sequence[tuple[int, int]]) -> float:
    """The ratio of two years over the middle half of the series by their own: what moved by itself moves it little."""
    ranked = sorted(pairs, key=lambda pair: pair[0] / sum(pair))
    aside = len(ranked) // 4
    then, now = (sum(counts) for counts in zip(*ranked[aside : len(ranked) - aside], strict=True))
    return then / now if then and now else 1.0


def _expected(course: Course, sizes: Sequence[float]) -> tuple[float, float]:
    """What the earlier years lead to expect of the period, and how large they are together; a large one says more."""
    whole = sum(sizes[: len(course.earlier)])
    return (sum(course.earlier) + _PRIOR) / whole, whole


def _scatter(courses: Sequence[Course], sizes: Sequence[float]) -> float:
    """How many times wider than by pure chance counts scatter as a rule, at least 1; a few signals do not widen it."""
    squares = []
    for one in courses:
        expected, whole = _expected(one, sizes)
        squares.append((one.now - expected) ** 2 / (expected * (1 + 1 / whole)))
        rate = sum(one.earlier) / whole
        if len(one.earlier) > 1 and rate > 0:
            of_years = zip(one.earlier, sizes, strict=False)
            squares += [(count - rate * size) ** 2 / (rate * size * (1 - size / whole)) for count, size in of_years]
    return max(1.0, float(np.median(squares)) / _MEDIAN_OF_CHI) if len(squares) >= _ENOUGH else 1.0


def _tails(course: Course, sizes: Sequence[float], scatter: float) -> tuple[float, float, float]:
    """What was expected, and the chances of so much or more, and of so little or less."""
    from scipy.stats import nbinom  # noqa: PLC0415 start-up time

    expected, whole = _expected(course, sizes)
    width = scatter * (1 + 1 / whole)
    shape = expected / (width - 1)
    up = float(nbinom.sf(course.now - 1, shape, 1 / width))
    return expected, up, float(nbinom.cdf(course.now, shape, 1 / width))


def _signal(entry: tuple[float, Course, float], change: Change) -> Signal:
    chance, course, expected = entry
    return Signal(course.what, course.code, change, course.now, course.earlier[0], round(expected, 1), chance)
