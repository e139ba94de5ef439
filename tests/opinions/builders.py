"""Builders for letters and tables of the opinion tests."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random
from typing import Any

import pandas as pd

from tayori.opinions.disclosure.tables import TOTAL, Dimension, Figures, Key, cell, two_way
from tayori.opinions.facts import Analyst, Fact, Letter
from tayori.opinions.masking import mask, personal_spans
from tayori.opinions.report_tables import UNSET
from tayori.opinions.scoring import Score, score
from tayori.opinions.spans import Span
from tayori.opinions.text import normalised
from tayori.opinions.tokens import Tokeniser

_MARKED = re.compile(r"⟦(.*?)⟧")


@dataclass(frozen=True)
class Labelled:
    """A text with hand-labelled spans, written as ⟦…⟧ in the source."""

    text: str
    spans: tuple[Span, ...]


def dice(seed: int) -> Random:
    """Seeded chance for dummy letters."""
    return Random(seed)  # noqa: S311 dummy letters


def labelled(marked: str) -> Labelled:
    spans, shift = [], 0
    for match in _MARKED.finditer(marked):
        begin = match.start() - shift
        spans.append(Span(begin, begin + len(match[1]), "labelled"))
        shift += 2
    return Labelled(_MARKED.sub(r"\1", marked), tuple(spans))


@cache
def tokeniser() -> Tokeniser:
    return Tokeniser()


@cache
def analyst() -> Analyst:
    return Analyst()


def masked(text: str) -> str:
    return mask(text, tokeniser()).text


def scored(letter: Labelled) -> Score:
    """How a letter as written is masked, counted on the characters as written."""
    whole = normalised(letter.text)
    found = personal_spans(tokeniser().read(whole.text))
    return score(letter.spans, [Span(*whole.original(span.begin, span.end), span.kind) for span in found])


def a_letter(text: str = "公園のトイレを直してください。", case_no: int = 1, day: date = date(2026, 5, 1)) -> Letter:
    return Letter(case_no, day, "email", "みどり土木部", "request", text)


def fact(text: str) -> Fact:
    return analyst().fact(a_letter(text))


def a_dimension(name: str, size: int) -> Dimension:
    codes = [f"{name}{at}" for at in range(size)]
    return Dimension(name, name, dict(zip(codes, codes, strict=True)))


def random_figures(chance: Random, letters: int, *, rows: int = 6, columns: int = 5, third: int = 0) -> Figures:
    """Tables of skewed random letters: one two-way table, and a second one that shares its rows if asked."""
    sizes = {"a": rows, "b": columns, **({"c": third} if third else {})}
    pairs = [("a", "b"), *([("a", "c")] if third else [])]
    counts: dict[Key, int] = {}
    for _ in range(letters):
        drawn = {name: f"{name}{min(int(chance.paretovariate(1.0)) - 1, size - 1)}" for name, size in sizes.items()}
        keys = {TOTAL, *(cell(**{name: drawn[name]}) for name in drawn)}
        keys |= {cell(**{one: drawn[one], other: drawn[other]}) for one, other in pairs}
        for key in keys:
            counts[key] = counts.get(key, 0) + 1
    made = {name: a_dimension(name, size) for name, size in sizes.items()}
    return Figures(
        tuple(two_way(f"{one}{other}", "表", made[one], made[other]) for one, other in pairs), counts, counts
    )


def facts_frame(chance: Random, letters: int, months: Sequence[str]) -> pd.DataFrame:
    """Masked facts as the mart holds them, skewed so that some cells are small."""
    channels, kinds = ["email", "web_form", "postcard", "letter"], ["request", "complaint", "opinion", "thanks", None]
    departments, themes = (
        ["環境清掃部", "みどり土木部", "健康部", None],
        ["ごみ・リサイクル", "公園・みどり", "動物", "分類保留"],
    )
    words = {
        "ごみ・リサイクル": ["集積所", "粗大ごみ"],
        "公園・みどり": ["遊具", "桜並木"],
        "動物": ["野良猫"],
        "分類保留": [],
    }
    rows = []
    for number in range(letters):
        theme = _skewed(chance, themes)
        rows.append(
            {
                "mart_key": f"{number:032x}",
                "month": chance.choice(list(months)),
                "channel": _skewed(chance, channels),
                "department": _skewed(chance, departments),
                "kind": _skewed(chance, kinds),
                "theme": theme,
                "state": _skewed(chance, ["answered", "circulated", "not_ours"]),
                "terms": words[str(theme)],
            }
        )
    return pd.DataFrame(rows)


def whole_facts(chance: Random, letters: int, months: Sequence[str]) -> pd.DataFrame:
    """Facts with every column that a report may have."""
    facts = facts_frame(chance, letters, months)
    answered = facts["state"] == "answered"

    def drawn(values: Sequence[str | None]) -> list[Any]:
        return [_skewed(chance, values) for _ in range(letters)]

    days = [min(40, int(chance.gammavariate(4, 3))) for _ in range(letters)]
    late = pd.Series([taken > 14 for taken in days])
    return facts.assign(
        wanted=drawn(["yes", "no", "unknown"]),
        sender=drawn(["signed", "anonymous"]),
        pace=(late.map({True: "over", False: "within"})).where(answered, "unanswered"),
        days=pd.Series(days).where(answered, -1),
        topic=drawn(["0001", "0002", "0000"]),
        repeats=[chance.random() < 0.1 for _ in range(letters)],
        related=drawn([None, "健康部", "環境清掃部\n健康部"]),
        measure=pd.Series(drawn(["done", "considered", UNSET])).where(answered, None),
        lateness=pd.Series(drawn(["policy", "coordination", UNSET])).where(answered & late, None),
    ).pipe(_kept_or_not, chance)


def _kept_or_not(facts: pd.DataFrame, chance: Random) -> pd.DataFrame:
    """Of what answers promised, half is done."""
    kept = pd.Series([chance.choice(["done", "open"]) for _ in range(len(facts))])
    return facts.assign(outcome=kept.where(facts["measure"] == "considered", None))


def _skewed(chance: Random, values: Sequence[str | None]) -> str | None:
    return values[min(int(chance.paretovariate(1.1)) - 1, len(values) - 1)]
