"""Topics that nobody listed beforehand: TF-IDF of the letters' words, split by NMF, as many as stay the same.

How many topics there are is chosen by stability: fits on parts of the letters must find the same words again. A letter
that no topic speaks for gets none. Same letters, same topics.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tayori.opinions.words import counted, theme_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = Any  # scipy's sparse arrays, as scikit-learn takes and gives them
    Weights = NDArray[np.float64]

NONE: Final = -1
SIZES: Final = (4, 6, 8, 10, 12, 15, 20, 25, 30)
FOUND_AGAIN: Final = 1 / 2  # of the top words of the topics, on parts of the letters
_NEARLY: Final = 0.9
_SEED: Final = 0
_PARTS: Final = 3
_SHARE: Final = 0.8
_SAMPLE: Final = 1_500  # letters that the number of topics is chosen on
_FITTED: Final = 20_000  # letters that the topics are fitted on
_PER_TOPIC: Final = 4  # so many times k letters have to be there for one topic more
_RARE: Final = 2  # letters that a word has to stand in to shape a topic; told are only those of k letters
_EVENED: Final = 1 / 3  # 0: TF-IDF as it is; chosen on half of the labelled texts and on dummy letters (ADR 0051)
_TOP: Final = 10
_CLEAR: Final = 0.3  # the share of a letter's weight that its topic must have
_LABEL: Final = 3


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """A topic: its words with their weights, strongest first, each of at least k letters; label; how many letters."""

    words: Mapping[str, float]
    label: str
    letters: int


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """Topics, the topic of each letter (-1: none), and how stable each number of topics was (0 to 1)."""

    topics: tuple[FoundTopic, ...]
    of_letters: tuple[int, ...]
    stability: Mapping[int, float] = field(default_factory=dict)


def discover(letters: Sequence[Sequence[str]], *, k: int, sizes: Sequence[int] = SIZES) -> Found:
    """Find the topics of letters, given as their words, on one thread: the matrices are too small for more.

    Words of fewer than `k` letters are told of no topic. With too few letters there are no topics.
    """
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 start-up time

    with threadpool_limits(1):
        return _discovered(letters, k, sizes)


def _discovered(letters: Sequence[Sequence[str]], k: int, sizes: Sequence[int]) -> Found:
    matrix, vocabulary = _weighed(letters)
    useful = np.flatnonzero(np.diff(matrix.indptr)) if len(vocabulary) else np.empty(0, dtype=np.int64)
    possible = [size for size in sizes if size * _PER_TOPIC * k <= len(useful) and size < len(vocabulary)]
    if not possible:
        return Found((), (NONE,) * len(letters))
    stability = {size: _stability(matrix[_drawn(useful, _SAMPLE)], size) for size in possible}
    size = _chosen(stability)
    _, components = _split(matrix[_drawn(useful, _FITTED)], size, _SEED)
    spoken = np.asarray((matrix > 0).sum(axis=0)).ravel() >= k
    return _told(letters, _shares(matrix, components), components * spoken, vocabulary, k, stability)


def matched(found: Sequence[FoundTopic], known: Mapping[int, Mapping[str, float]], least: float = 0.4) -> list[int]:
    """Give for each topic the number of the known one that it goes on, or 0 for a new one; each number once.

    Both are compared by the angle of their words (1: the same words in the same proportion, 0: none shared).
    """
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 start-up time

    numbers = sorted(known)
    if not numbers or not found:
        return [0] * len(found)
    alike = np.array([[_angle(topic.words, known[number]) for number in numbers] for topic in found])
    rows, columns = linear_sum_assignment(-alike)
    taken = {int(row): numbers[int(at)] for row, at in zip(rows, columns, strict=True) if alike[row, at] >= least}
    return [taken.get(row, 0) for row in range(len(found))]


def assigned(letters: Iterable[Iterable[str]], topics: Sequence[Mapping[str, float]]) -> list[int]:
    """Give for each letter the topic whose words it shares most, by index; -1 where none stands out.

    For letters that come later than the topics were found.
    """
    spoken: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for at, topic in enumerate(topics):
        for word, weight in topic.items():
            spoken[word].append((at, weight))
    given = []
    for words in letters:
        points: dict[int, float] = defaultdict(float)
        for word in words:
            for at, weight in spoken.get(word, ()):
                points[at] += weight
        best = min(points, key=lambda at: (-points[at], at), default=NONE)
        given.append(best if best != NONE and points[best] >= _LATER * sum(points.values()) else NONE)
    return given


_LATER: Final = 0.5


def _chosen(stability: Mapping[int, float]) -> int:
    """The most topics that are found again well enough; where none is, the most that do nearly as well as any."""
    enough = min(FOUND_AGAIN, _NEARLY * max(stability.values()))
    return max(size for size, found_again in stability.items() if found_again >= enough)


def _weighed(letters: Sequence[Sequence[str]]) -> "tuple[Matrix, list[str]]":
    """The letters as rows of TF-IDF weights, evened out between frequent and rare words, and the words of the columns.

    Words that many letters share shape every topic alike; each is divided by a root of its weight over all letters.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 start-up time: sklearn takes seconds
    from sklearn.preprocessing import normalize  # noqa: PLC0415 start-up time

    held = TfidfVectorizer(analyzer=tuple, min_df=_RARE)
    try:
        matrix = held.fit_transform(letters)
    except ValueError:  # no word is left: that is how scikit-learn says it
        return None, []
    evened = matrix.multiply(1 / np.asarray(matrix.sum(axis=0)).ravel() ** _EVENED).tocsr()
    return normalize(evened), list(held.get_feature_names_out())


def _drawn(rows: "NDArray[np.int64]", most: int) -> "NDArray[np.int64]":
    """At most so many of the rows, evenly over all of them."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _split(matrix: "Matrix", size: int, seed: int) -> "tuple[Weights, Weights]":
    """Weights of topics in letters, and of words in topics."""
    from sklearn.decomposition import NMF  # noqa: PLC0415 start-up time

    model = NMF(size, init="nndsvda", random_state=seed, max_iter=_STEPS, tol=_NEAR)
    return model.fit_transform(matrix), model.components_


_STEPS: Final = 400
_NEAR: Final = 1e-3


def _stability(matrix: "Matrix", size: int) -> float:
    """How much of the top words of each topic is found again on parts of the letters, from 0 to 1."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 start-up time

    whole = _tops(_split(matrix, size, _SEED)[1])
    scores = []
    for part in range(_PARTS):
        chosen = np.random.default_rng(part).permutation(matrix.shape[0])[: int(matrix.shape[0] * _SHARE)]
        other = _tops(_split(matrix[np.sort(chosen)], size, _SEED)[1])
        alike = np.array([[len(one & two) / len(one | two) for two in other] for one in whole])
        scores.append(alike[linear_sum_assignment(-alike)].mean())
    return float(np.mean(scores))


def _tops(components: "Weights") -> list[frozenset[int]]:
    return [frozenset(np.argsort(-row, kind="stable")[:_TOP].tolist()) for row in components]


def _shares(matrix: "Matrix", components: "Weights") -> "Weights":
    """The share that each topic has in each letter; rows of nothing are zero."""
    from sklearn.decomposition import non_negative_factorization  # noqa: PLC0415 start-up time

    size = len(components)
    weights, _, _ = non_negative_factorization(
        matrix, H=components, n_components=size, init="custom", update_H=False, max_iter=_STEPS, tol=_NEAR
    )
    whole = weights.sum(axis=1, keepdims=True)
    shares: Weights = np.divide(weights, whole, out=np.zeros_like(weights), where=whole > 0)
    return shares


def _told(
    letters: Sequence[Sequence[str]],
    shares: "Weights",
    components: "Weights",
    vocabulary: Sequence[str],
    k: int,
    stability: Mapping[int, float],
) -> Found:
    """The topics that at least k letters have, by how many; those of fewer letters are given up."""
    best = np.where(shares.max(axis=1) >= _CLEAR, shares.argmax(axis=1), NONE)
    counts = {topic: int((best == topic).sum()) for topic in range(len(components))}
    kept = sorted((topic for topic in counts if counts[topic] >= k), key=lambda topic: (-counts[topic], topic))
    place = {topic: at for at, topic in enumerate(kept)}
    of_letters = [place.get(int(topic), NONE) for topic in best]
    labels = _labels(letters, of_letters, k)
    topics = []
    for at, topic in enumerate(kept):
        row = components[topic]
        strongest = [int(word) for word in np.argsort(-row, kind="stable")[: 3 * _TOP] if row[word] > 0]
        length = float(np.linalg.norm(row[strongest]))
        words = {vocabulary[word]: round(float(row[word]) / length, 4) for word in strongest}
        topics.append(FoundTopic(words, labels.get(at) or "・".join(list(words)[:_LABEL]), counts[topic]))
    return Found(tuple(topics), tuple(of_letters), stability)


def _labels(letters: Sequence[Sequence[str]], of_letters: Sequence[int], k: int) -> dict[int, str]:
    """The words by which each topic differs from the others (class-based TF-IDF), joined."""
    held = [(str(at), f"{topic:03d}", letters[at]) for at, topic in enumerate(of_letters) if topic != NONE]
    return {int(one.theme): "・".join(one.words[:_LABEL]) for one in theme_words(counted(held), k=k, top=_LABEL)}


def _angle(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    shared = sum(weight * other.get(word, 0.0) for word, weight in one.items())
    lengths = np.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in other.values()))
    return float(shared / lengths) if lengths else 0.0
