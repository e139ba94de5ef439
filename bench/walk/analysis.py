"""1,777 long texts through all stages of analysis, against Sudachi's mode C alone, each the better of two turns."""

import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from sudachipy import Dictionary, SplitMode

from tayori.opinions.facts import Analyst, Letter

TEXTS: Final = Path("data") / "opinions" / "team_mirai_policy_prs.json"
BESIDE_THE_TREE: Final = Path(__file__).resolve().parents[3] / "shared"
TURNS: Final = 2


def measure(folder: Path) -> Mapping[str, float]:
    """Give `analysis_ratio`: speed of ours over speed of the tokeniser alone; the folder stays empty."""
    del folder
    texts = long_texts()
    letters = [Letter(number, date(2026, 11, 1), "file", None, None, text) for number, text in enumerate(texts, 1)]
    analyst, tokeniser = Analyst(), Dictionary(dict="core").create(mode=SplitMode.C)
    analyst.fact(letters[0])
    tokeniser.tokenize(texts[0])
    steps = (lambda: _drained(map(tokeniser.tokenize, texts)), lambda: _drained(analyst.facts(letters)))
    turns = [[_seconds(step) for step in steps] for _ in range(TURNS)]
    floor, ours = (min(column) for column in zip(*turns, strict=True))
    return {
        "analysis_texts": len(texts),
        "analysis_floor_seconds": round(floor, 2),
        "analysis_seconds": round(ours, 2),
        "analysis_ratio": round(floor / ours, 3),
    }


def long_texts() -> Sequence[str]:
    """Give the long texts, from the folder that TAYORI_SHARED names, else beside the tree."""
    path = Path(os.environ.get("TAYORI_SHARED", BESIDE_THE_TREE)) / TEXTS
    return [row["body"] for row in json.loads(path.read_text("utf-8")) if row["body"]]


def _drained(results: Iterable[object]) -> None:
    """Take every result and keep none: memory is measured too."""
    deque(results, maxlen=0)


def _seconds(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began
