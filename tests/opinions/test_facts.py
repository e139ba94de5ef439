"""The whole reading of letters, on made-up ones and, where they are at hand, on thousands of real texts."""

import csv
import json
import os
from datetime import date
from pathlib import Path

import pytest

from tayori.opinions.facts import Letter, analyse, rule_versions
from tests.opinions.builders import a_letter

CORPUS = Path(os.environ.get("TAYORI_OPINION_TEXTS", "corpus-is-not-here"))


def test_every_letter_has_its_fact_in_order() -> None:
    """Empty, foreign, very long and masked letters are all read; counts agree with the facts."""
    texts = ["", " \n", "The park is dirty.", "公園" * 4000, "［氏名］さんへ", "090-1234-5678", "\x00\ud83d\ude00😀"]
    texts[-1] = "😀" * 100
    done = analyse(a_letter(text, number) for number, text in enumerate(texts))
    assert [found.case_no for found in done.facts] == list(range(len(texts)))
    assert done.masked == {"phone": 1}
    assert sum(done.levels.values()) == len(texts)


def test_the_same_letters_give_the_same_facts() -> None:
    """A second reading differs in nothing."""
    letters = [a_letter("田中さんの家の前の公園の遊具が壊れています。", 1), a_letter("私は生活保護を受けています。", 2)]
    assert analyse(letters) == analyse(letters)


def test_the_versions_that_decide_are_named() -> None:
    """A report can say which dictionary read the letters."""
    assert {"SudachiPy", "SudachiDict-core", "分野辞書"} <= rule_versions().keys()


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs opinion texts, given by TAYORI_OPINION_TEXTS")
def test_thousands_of_real_texts_are_read_and_masks_hold() -> None:
    """Every text yields a fact, and reading the masked copies again masks nothing more but rare matters."""
    texts = [row["argument"] for path in sorted(CORPUS.glob("*.csv")) for row in _rows(path)]
    texts += [
        row["body"] for path in CORPUS.glob("*.json") for row in json.loads(path.read_text("utf-8")) if row["body"]
    ]
    first = analyse(Letter(at, date(2026, 4, 1), "file", None, None, text) for at, text in enumerate(texts))
    copies = [found.masked_text for found in first.facts]
    again = analyse(Letter(at, date(2026, 4, 1), "file", None, None, text) for at, text in enumerate(copies))
    assert len(first.facts) == len(texts) > 10_000
    assert not again.masked


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as held:
        return list(csv.DictReader(held))
