"""Topics against the labels of texts at hand, beside scikit-learn alone on the same words, and noise without alarms."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import normalized_mutual_info_score

from bench.analysis.speed import LONG, texts_folder
from tayori.opinions.disclosure.suppression import EXTERNAL_K
from tayori.opinions.facts import Analyst, Letter
from tayori.opinions.topics import Found, discover

if TYPE_CHECKING:
    from numpy.typing import NDArray

THEMES: Final = frozenset(
    {
        "教育",
        "行政改革",
        "経済財政",
        "子育て",
        "デジタル民主主義",
        "医療",
        "産業政策",
        "科学技術",
        "ビジョン",
        "エネルギー",
    }
)
SEED: Final = 0
SEEDS: Final = range(10)
DRAWN: Final = 0.8
"""The share of the texts that a seed draws, so that ten seeds are ten sets of letters."""
_SPLIT: Final = 3  # the seed of the two halves: the limits of topics were chosen on the first one (ADR 0051)


def measure(folder: Path) -> Mapping[str, float]:
    """Give `nmi` (ours, as many topics as it chooses), `nmi_plain` (NMF of ten) and what lies between them.

    The same on the half of the texts that nothing was chosen on, and over ten seeds, each with letters of its own. No
    file is left.
    """
    del folder
    texts, themes = labelled()
    letters = [Letter(number, date(2026, 11, 1), "file", None, None, text) for number, text in enumerate(texts, 1)]
    words = [fact.terms for fact in Analyst().facts(letters)]
    every = np.arange(len(words))
    ours, plain, found = _both(words, themes, every, SEED)
    held_back = np.random.default_rng(_SPLIT).permutation(every)[len(every) // 2 :]
    ours_held_back, plain_held_back, _ = _both(words, themes, held_back, SEED)
    labels_by_seed = [_plain(words, seed) for seed in SEEDS]
    plain_best = max(float(normalized_mutual_info_score(themes, given)) for given in labels_by_seed)
    gaps = [one - other for one, other, _ in (_both(words, themes, _drawn(every, seed), seed) for seed in SEEDS)]
    return {
        "labelled_texts": len(texts),
        "topics_found": len(found.topics),
        "without_topic": sum(topic < 0 for topic in found.of_letters),
        "nmi": round(ours, 4),
        "nmi_plain": round(plain, 4),
        "nmi_against_plain": round(ours - plain, 4),
        "nmi_against_plain_ten_seeds": round(ours - plain_best, 4),
        "nmi_held_back": round(ours_held_back, 4),
        "nmi_plain_held_back": round(plain_held_back, 4),
        "nmi_against_plain_held_back": round(ours_held_back - plain_held_back, 4),
        "nmi_against_plain_drawn": round(sum(gaps) / len(gaps), 4),
        "nmi_against_plain_drawn_worst": round(min(gaps), 4),
    }


def _both(
    words: Sequence[Sequence[str]], themes: Sequence[str], chosen: "NDArray[np.int64]", seed: int
) -> tuple[float, float, Found]:
    """Ours and plain NMF on some of the letters, each against their labels."""
    letters, labels = [words[at] for at in chosen], [themes[at] for at in chosen]
    found = discover(letters, k=EXTERNAL_K)
    ours, plain = (
        float(normalized_mutual_info_score(labels, given)) for given in (found.of_letters, _plain(letters, seed))
    )
    return ours, plain, found


def _drawn(every: "NDArray[np.int64]", seed: int) -> "NDArray[np.int64]":
    return np.sort(np.random.default_rng(seed).permutation(every)[: int(len(every) * DRAWN)])


def labelled() -> tuple[list[str], list[str]]:
    """Give texts with exactly one label of the ten themes, and the labels; one without a body is its title."""
    rows = json.loads((texts_folder() / LONG).read_text("utf-8"))
    held = [
        (row["body"] or row["title"], {label.split("label_")[-1] for label in row["labels"]} & THEMES) for row in rows
    ]
    chosen = [(text, next(iter(labels))) for text, labels in held if len(labels) == 1]
    return [text for text, _ in chosen], [label for _, label in chosen]


def _plain(letters: Sequence[Sequence[str]], seed: int) -> list[int]:
    """NMF of scikit-learn with as many topics as there are labels, the strongest topic of each text."""
    weighed = TfidfVectorizer(analyzer=tuple, min_df=2).fit_transform(letters)
    model = NMF(len(THEMES), random_state=seed, max_iter=400)
    return [int(topic) for topic in model.fit_transform(weighed).argmax(axis=1)]
