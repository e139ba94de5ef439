"""The second reader on the labelled set: what it sees of names that the rules missed, and what it flags without need.

GiNZA has to be there (`make ginza`, or GINZA_PYTHON names its interpreter); without it nothing is measured and it
says so.
"""

import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from bench.analysis.speed import texts_folder
from bench.analysis.topics import labelled
from tayori.opinions.doubts import doubts
from tayori.opinions.facts import Analyst, Letter
from tayori.opinions.second_reader import SecondReader, words_for
from tayori.opinions.tokens import Tokeniser
from tests.opinions.labelled_set import second, sentences
from tests.support.ginza import interpreter

TEXTS: Final = 100


def measure(folder: Path) -> Mapping[str, float]:
    """Give characters of names that rules missed and that it saw, clean sentences flagged, and characters a second.

    Of the texts at hand, where they are: how many doubts a hundred of them leave. The folder stays empty.
    """
    del folder
    there = interpreter()
    if there is None:
        raise SystemExit("GiNZA is not here, so nothing of the second reader was measured: make ginza first.")
    figures: dict[str, float] = {}
    with SecondReader(words_for(there)) as reader:
        for suffix, held_back in (("", (True, False)), ("_held_back", (True,))):
            found = second(Tokeniser(), reader, [one for one in sentences() if one.held_back in held_back])
            figures |= {
                f"second_pass_names_missed{suffix}": found.missed,
                f"second_pass_missed_names_found{suffix}": found.seen,
                f"second_pass_clean_sentences{suffix}": found.clean,
                f"second_pass_false_flags{suffix}": found.flagged,
            }
        return figures | (_of_texts(reader) if texts_folder().is_dir() else {})


def _of_texts(reader: SecondReader) -> dict[str, float]:
    texts = labelled()[0][:TEXTS]
    letters = (Letter(number, date(2026, 11, 1), "file", None, None, text) for number, text in enumerate(texts, 1))
    copies = [fact.masked_text for fact in Analyst().facts(letters)]
    began = time.perf_counter()
    persons = reader.persons(copies)
    seconds = time.perf_counter() - began
    return {
        "second_pass_doubts_in_100_texts": sum(
            len(doubts(copy, seen)) for copy, seen in zip(copies, persons, strict=True)
        ),
        "second_pass_characters_a_second": round(sum(map(len, copies)) / seconds),
    }
