"""The labelled sets of masking and of prohibited matters: how they are read, which part is held back, how it scores."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tayori.opinions.doubts import doubts
from tayori.opinions.facts import Analyst, Letter
from tayori.opinions.masking import mask_words, masked_copy, personal_spans
from tayori.opinions.scoring import Score, score
from tayori.opinions.second_reader import SecondReader
from tayori.opinions.spans import Span
from tayori.opinions.text import Normalised, normalised
from tayori.opinions.tokens import Tokeniser

SETS = Path(__file__).parent / "sets"
KINDS = {"t": "phone", "e": "email", "z": "postal_code", "a": "address", "i": "number", "b": "birth_date", "n": "name"}
NAME = "name"
HELD_BACK = 3  # every third line is never looked at when rules are made
_MARKED = re.compile(r"⟦([tezaibn]):(.*?)⟧", re.DOTALL)


@dataclass(frozen=True)
class Sentence:
    """A sentence as a resident writes it, with hand-labelled spans and their kinds; some of it is held back."""

    text: str
    spans: tuple[Span, ...]
    held_back: bool


@dataclass(frozen=True)
class Scores:
    """Characters of structured items and of names that were masked, and clean characters masked without need."""

    structured: Score
    names: Score
    clean: int

    @property
    def clean_masked_share(self) -> float:
        """Share of characters that nobody labelled and that were masked nevertheless."""
        return self.structured.needless / self.clean


def sentences() -> list[Sentence]:
    """The labelled sentences, in the order of the file."""
    lines = (SETS / "personal.txt").read_text("utf-8").splitlines()
    return [_sentence(line.replace("\\n", "\n"), at) for at, line in enumerate(lines, 1)]


def scored(tokeniser: Tokeniser, chosen: Iterable[Sentence]) -> Scores:
    """Mask sentences as written and count characters: those of names apart, needless ones once."""
    none = Score(0, 0, 0, 0, 0)
    structured, names, clean = none, none, 0
    for one in chosen:
        found = found_in(tokeniser, one.text)
        every = score(one.spans, found)
        named = [span for span in one.spans if span.kind == NAME]
        rest = [span for span in one.spans if span.kind != NAME]
        in_names, in_rest = score(named, found), score(rest, found)
        names += Score(in_names.labelled, in_names.covered, 0, in_names.spans, in_names.whole)
        structured += Score(in_rest.labelled, in_rest.covered, every.needless, in_rest.spans, in_rest.whole)
        clean += len(one.text) - every.labelled
    return Scores(structured, names, clean)


def found_in(tokeniser: Tokeniser, text: str) -> list[Span]:
    """What is masked in a text, in characters as written."""
    whole = normalised(text)
    return [
        Span(*whole.original(span.begin, span.end), span.kind) for span in personal_spans(tokeniser.read(whole.text))
    ]


def _sentence(marked: str, number: int) -> Sentence:
    spans, shift = [], 0
    for match in _MARKED.finditer(marked):
        begin = match.start() - shift
        spans.append(Span(begin, begin + len(match[2]), KINDS[match[1]]))
        shift += len("⟦t:⟧")
    return Sentence(_MARKED.sub(r"\2", marked), tuple(spans), number % HELD_BACK == 0)


@dataclass(frozen=True)
class Second:
    """What a second reader adds: characters of names that rules missed, and those it saw; clean sentences, flagged."""

    missed: int
    seen: int
    clean: int
    flagged: int


def second(tokeniser: Tokeniser, reader: SecondReader, chosen: Iterable[Sentence]) -> Second:
    """Let a reader look at the masked copies of sentences; a flag in one without any label is one without need."""
    held = list(chosen)
    written = [normalised(one.text) for one in held]
    spans = [personal_spans(tokeniser.read(one.text)) for one in written]
    copies = [masked_copy(one.text, masked).text for one, masked in zip(written, spans, strict=True)]
    found = Second(0, 0, sum(not one.spans for one in held), 0)
    for at, persons in enumerate(reader.persons(copies)):
        seen = [_as_written(written[at], spans[at], place) for place in doubts(copies[at], persons)]
        masked = [Span(*written[at].original(one.begin, one.end), one.kind) for one in spans[at]]
        names = [span for span in held[at].spans if span.kind == NAME]
        missed = score(names, masked).labelled - score(names, masked).covered
        left = score(names, [*masked, *seen])
        flagged = bool(seen) and not held[at].spans
        found = Second(
            found.missed + missed,
            found.seen + missed - (left.labelled - left.covered),
            found.clean,
            found.flagged + flagged,
        )
    return found


def _as_written(whole: Normalised, masked: Iterable[Span], place: tuple[int, int]) -> Span:
    """Lead a place of a masked copy back into the sentence as written."""
    words, shift = mask_words(), 0
    for span in masked:
        if place[0] >= span.begin + shift + len(words[span.kind]):
            shift += len(words[span.kind]) - (span.end - span.begin)
    return Span(*whole.original(place[0] - shift, place[1] - shift), NAME)


@dataclass(frozen=True)
class Statement:
    """A sentence with its level: 1 a topic at most, 2 about the writer or kin, 3 about a named other person."""

    level: int
    text: str
    held_back: bool


@dataclass(frozen=True)
class Judged:
    """How statements were judged: facts about a person found, missed, and seen where there are none; levels right."""

    found: int
    missed: int
    invented: int
    right_level: int
    all: int

    @property
    def precision(self) -> float:
        """Share of what was taken for a fact about a person that is one."""
        return self.found / (self.found + self.invented)

    @property
    def recall(self) -> float:
        """Share of the facts about a person that were found."""
        return self.found / (self.found + self.missed)


def statements() -> list[Statement]:
    """The labelled statements on prohibited and sensitive matters, in the order of the file."""
    lines = (SETS / "matters.txt").read_text("utf-8").splitlines()
    split = [line.split("\t") for line in lines]
    return [Statement(int(level), text, at % HELD_BACK == 0) for at, (level, text) in enumerate(split, 1)]


def judged(analyst: Analyst, chosen: Iterable[Statement]) -> Judged:
    """Judge statements as letters of their own."""
    levels = [(one.level, max(1, analyst.fact(_letter(one.text)).level)) for one in chosen]
    return Judged(
        found=sum(truth > 1 and seen > 1 for truth, seen in levels),
        missed=sum(truth > 1 and seen == 1 for truth, seen in levels),
        invented=sum(truth == 1 and seen > 1 for truth, seen in levels),
        right_level=sum(truth == seen for truth, seen in levels),
        all=len(levels),
    )


def _letter(text: str) -> Letter:
    return Letter(1, date(2026, 11, 1), "file", None, None, text)
