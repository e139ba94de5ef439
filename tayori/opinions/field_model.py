"""The field of letters that the dictionary leaves open: learnt from those that it decides, with a right to abstain.

It sees runs of two to four characters, and not the dictionary's own words: those it would only repeat. The chance from
which on it speaks is chosen on letters that it was not shown, and how right it is then is told of letters that nothing
was chosen on. It is made anew for each run and kept nowhere.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import numpy as np

from tayori.opinions.text import normalise
from tayori.opinions.themes import theme_rules

RIGHT: Final = 0.95  # of what it says, so much agrees with the dictionary on letters that it was not shown
MOST: Final = 4_000  # letters that it learns from
_FEWEST: Final = 200
_PER_FIELD: Final = 12
_LENGTH: Final = 400  # characters of a letter that it reads
_SEED: Final = 0
_HELD_BACK: Final = 0.3

Places = np.ndarray[Any, Any]
"""Places of letters in a list of them."""


@dataclass(frozen=True, slots=True, repr=False)
class FieldModel:
    """A trained model, the least chance with which it speaks, and how right it was on letters that chose nothing."""

    _vectors: Any
    _judge: Any
    speaks_from: float
    figures: "dict[str, float]" = field(default_factory=dict)

    def fields(self, texts: Sequence[str]) -> list[str | None]:
        """The field of each masked text; None where the model abstains."""
        return [name if chance >= self.speaks_from else None for name, chance in self.likeliest(texts)]

    def likeliest(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """The likeliest field of each masked text with its chance (0 to 1), whether the model would speak or not."""
        if not texts:
            return []
        chances = self._judge.predict_proba(self._vectors.transform([_read(text) for text in texts]))
        named = self._judge.classes_[chances.argmax(axis=1)]
        return [(str(name), float(chance)) for name, chance in zip(named, chances.max(axis=1), strict=True)]


def learn(texts: Sequence[str], fields: Sequence[str]) -> FieldModel | None:
    """Learn fields from letters whose field is known; None with too few letters, or where it is never right enough."""
    from sklearn.calibration import CalibratedClassifierCV  # noqa: PLC0415 start-up time: sklearn takes seconds
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 start-up time
    from sklearn.svm import LinearSVC  # noqa: PLC0415 start-up time

    frequent = {name for name, count in Counter(fields).items() if count >= _PER_FIELD}
    held = [(_read(text), name) for text, name in zip(texts, fields, strict=True) if name in frequent][:MOST]
    if len(held) < _FEWEST or len(frequent) < 2:  # noqa: PLR2004 - one field leaves no choice
        return None
    names = np.array([name for _, name in held])
    shown, chosen_on, told_of = parts(names)
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(2, 4), min_df=3, sublinear_tf=True, max_features=60_000)
    matrix = vectors.fit_transform([held[at][0] for at in shown])
    judge = CalibratedClassifierCV(LinearSVC(random_state=_SEED), cv=3, method="sigmoid", ensemble=False)
    judge.fit(matrix, names[shown])

    def judged(part: Places) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
        chances = judge.predict_proba(vectors.transform([held[at][0] for at in part]))
        return chances.max(axis=1), judge.classes_[chances.argmax(axis=1)] == names[part]

    limit = speaks_from(*judged(chosen_on))
    return None if limit is None else FieldModel(vectors, judge, limit, _figures(*judged(told_of), limit))


def parts(names: "np.ndarray[Any, Any]") -> tuple[Places, Places, Places]:
    """Which letters teach, which ones choose the limit, and which ones are reported on."""
    from sklearn.model_selection import train_test_split  # noqa: PLC0415 start-up time: sklearn takes seconds

    shown, kept = train_test_split(np.arange(len(names)), test_size=_HELD_BACK, random_state=_SEED, stratify=names)
    return shown, kept[::2], kept[1::2]


def speaks_from(chances: "np.ndarray[Any, Any]", right: "np.ndarray[Any, Any]", wanted: float = RIGHT) -> float | None:
    """The least chance from which on enough of what is said is right; None where that is never so."""
    order = np.argsort(-chances, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero((share >= wanted) & (np.arange(1, len(order) + 1) >= _PER_FIELD))
    return float(chances[order][enough[-1]]) if len(enough) else None


def calibration_error(chances: "np.ndarray[Any, Any]", right: "np.ndarray[Any, Any]", bins: int = 10) -> float:
    """By how much the chances promise more or less than comes true, weighted over bins (0: exact)."""
    places = np.minimum((chances * bins).astype(int), bins - 1)
    gaps = [
        abs(chances[places == at].mean() - right[places == at].mean()) for at in range(bins) if (places == at).any()
    ]
    weights = [float((places == at).mean()) for at in range(bins) if (places == at).any()]
    return float(np.dot(gaps, weights))


def _figures(chances: "np.ndarray[Any, Any]", right: "np.ndarray[Any, Any]", limit: float) -> dict[str, float]:
    said = chances >= limit
    return {
        "right": round(float(right[said].mean()), 4),
        "spoken": round(float(said.mean()), 4),
        "calibration_error": round(calibration_error(chances, right), 4),
    }


def _read(text: str) -> str:
    return _listed().sub(" ", normalise(text)[:_LENGTH])


@cache
def _listed() -> re.Pattern[str]:
    words = sorted(
        {word for word, _, weight in theme_rules().weights if weight > 1}, key=lambda word: (-len(word), word)
    )
    return re.compile("|".join(re.escape(normalise(word)) for word in words))
