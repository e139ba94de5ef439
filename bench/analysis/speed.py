"""Texts at hand through masking, classing, linking, topics; the long ones' masking against the tokeniser alone."""

import csv
import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from sudachipy import Dictionary, SplitMode, Tokenizer

from tayori.opinions.alike import Linker
from tayori.opinions.disclosure.suppression import EXTERNAL_K
from tayori.opinions.facts import Analyst, Fact, Letter
from tayori.opinions.field_model import learn
from tayori.opinions.themes import theme_rules
from tayori.opinions.topics import discover

TEXTS: Final = "TAYORI_OPINION_TEXTS"
BESIDE_THE_TREE: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "opinions"
LONG: Final = "team_mirai_policy_prs.json"
LETTERS: Final = 9_883
TURNS: Final = 5
SLICE: Final = 100


def measure(folder: Path) -> Mapping[str, float]:
    """Give `seconds_9883` (everything, dictionary loaded within), `tokenise_ratio` (floor over masking); no file."""
    del folder
    long = _long_texts()
    every = _letters([*_short_texts(), *long][:LETTERS])
    began = time.perf_counter()
    facts = list(Analyst().facts(every))
    _settled(facts)
    seconds = time.perf_counter() - began
    floor, ours = map(sum, zip(*_slices(long), strict=True))
    return {
        "letters_read": len(every),
        "seconds_9883": round(seconds, 1),
        "long_texts": len(long),
        "tokenise_ratio": round(floor / ours, 3),
    }


def _slices(long: Sequence[str]) -> Iterator[tuple[float, float]]:
    """Seconds of the tokeniser alone and of ours over each slice of texts, the best of some turns.

    Slices are short, and the two follow each other: what else the machine does meets both of them.
    """
    analyst, tokeniser = Analyst(), Dictionary(dict="core").create(mode=SplitMode.C)
    for start in range(0, len(long), SLICE):
        texts = long[start : start + SLICE]
        letters = _letters(texts)
        steps = (partial(_alone, tokeniser, texts), partial(_ours, analyst, letters))
        turns = [[_processor_seconds(step) for step in steps] for _ in range(TURNS)]
        floor, ours = (min(column) for column in zip(*turns, strict=True))
        yield floor, ours


def _alone(tokeniser: Tokenizer, texts: Sequence[str]) -> None:
    _drained(map(tokeniser.tokenize, texts))


def _ours(analyst: Analyst, letters: Sequence[Letter]) -> None:
    _drained(analyst.facts(letters))


def _settled(facts: Sequence[Fact]) -> None:
    """All that is decided about masked letters after masking: texts linked, open fields, topics."""
    rules, linker = theme_rules(), Linker()
    deque(linker.link((str(fact.case_no), fact.masked_text) for fact in facts), maxlen=0)
    decided = [fact for fact in facts if fact.theme not in {rules.undecided, rules.withheld}]
    model = learn([fact.masked_text for fact in decided], [fact.theme for fact in decided])
    if model is not None:
        model.fields([fact.masked_text for fact in facts if fact.theme == rules.undecided])
    discover([fact.terms for fact in facts], k=EXTERNAL_K)


def _letters(texts: Sequence[str]) -> list[Letter]:
    return [Letter(number, date(2026, 11, 1), "file", None, None, text) for number, text in enumerate(texts, 1)]


def _long_texts() -> list[str]:
    return [row["body"] for row in json.loads((texts_folder() / LONG).read_text("utf-8")) if row["body"]]


def _short_texts() -> list[str]:
    """The opinions of the two consultations, the larger file first."""
    paths = sorted(texts_folder().glob("*.csv"), key=lambda path: -path.stat().st_size)
    texts = []
    for path in paths:
        with path.open(encoding="utf-8", newline="") as held:
            texts += [row["argument"] for row in csv.DictReader(held) if row["argument"]]
    return texts


def texts_folder() -> Path:
    """Give where the texts at hand lie."""
    return Path(os.environ.get(TEXTS, BESIDE_THE_TREE))


def _drained(results: Iterable[object]) -> None:
    deque(results, maxlen=0)


def _processor_seconds(step: Callable[[], object]) -> float:
    """Processor time, so that what else runs on the machine does not count."""
    began = time.process_time()
    step()
    return time.process_time() - began
