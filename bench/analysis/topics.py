"""Topics against the labels of texts at hand, beside scikit-learn alone on the same words, and noise without alarms."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import normalized_mutual_info_score

from bench.analysis.speed import LONG, texts_folder
from tayori.opinions.disclosure.suppression import EXTERNAL_K
from tayori.opinions.facts import Analyst, Letter
from tayori.opinions.topics import discover

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


def measure(folder: Path) -> Mapping[str, float]:
    """Give `nmi` (ours, as many topics as it chooses), `nmi_plain` (NMF of ten), their difference; no file is left."""
    del folder
    texts, themes = _labelled()
    analyst = Analyst()
    letters = [
        analyst.fact(Letter(number, date(2026, 11, 1), "file", None, None, text)).terms
        for number, text in enumerate(texts, 1)
    ]
    found = discover(letters, k=EXTERNAL_K)
    ours, plain = (float(normalized_mutual_info_score(themes, given)) for given in (found.of_letters, _plain(letters)))
    return {
        "labelled_texts": len(texts),
        "topics_found": len(found.topics),
        "nmi": round(ours, 4),
        "nmi_plain": round(plain, 4),
        "nmi_against_plain": round(ours - plain, 4),
        "without_topic": sum(topic < 0 for topic in found.of_letters),
    }


def _labelled() -> tuple[list[str], list[str]]:
    """Texts with exactly one label of the ten themes; one without a body is its title."""
    rows = json.loads((texts_folder() / LONG).read_text("utf-8"))
    held = [
        (row["body"] or row["title"], {label.split("label_")[-1] for label in row["labels"]} & THEMES) for row in rows
    ]
    chosen = [(text, next(iter(labels))) for text, labels in held if len(labels) == 1]
    return [text for text, _ in chosen], [label for _, label in chosen]


def _plain(letters: Sequence[Sequence[str]]) -> list[int]:
    """NMF of scikit-learn with as many topics as there are labels, the strongest topic of each text."""
    weighed = TfidfVectorizer(analyzer=tuple, min_df=2).fit_transform(letters)
    model = NMF(len(THEMES), random_state=SEED, max_iter=400)
    return [int(topic) for topic in model.fit_transform(weighed).argmax(axis=1)]
