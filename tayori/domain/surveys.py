"""アンケート: what a survey asks, read from YAML, and what an answer may be (L6). Every question is voluntary (P3).

Kinds of questions: choice, scale, number, date, text. All but text become codes, which can be counted; text is read by
nobody's table. An anonymous survey has no text: it could name its writer, and is counted only, never kept by person.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from tayori.errors import BadInput

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")
MOST_QUESTIONS, MOST_CHOICES, LONGEST_TEXT, LONGEST_LABEL = 30, 20, 500, 100
WIDEST_SCALE: Final = 11
LARGEST_NUMBER: Final = 1_000_000


class Kind(StrEnum):
    """What a question asks for."""

    CHOICE = "choice"
    SCALE = "scale"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


FIELDS: Final[Mapping[Kind, tuple[frozenset[str], frozenset[str]]]] = {
    Kind.CHOICE: (frozenset({"choices"}), frozenset()),
    Kind.SCALE: (frozenset({"from", "to"}), frozenset({"low", "high"})),
    Kind.NUMBER: (frozenset({"bands"}), frozenset({"unit"})),
    Kind.DATE: (frozenset({"first", "last"}), frozenset()),
    Kind.TEXT: (frozenset(), frozenset({"longest"})),
}
"""What each kind needs beside `id`, `ask` and `kind`, and what it may have."""
SURVEY: Final = (frozenset({"name", "title", "purpose", "anonymous", "closes_on", "questions"}), frozenset[str]())


@dataclass(frozen=True, slots=True)
class Question:
    """One question: what is asked, the codes by which an answer is counted, and the limits of what is written."""

    id: str
    ask: str
    kind: Kind
    labels: Mapping[str, str] = field(default_factory=dict)
    bands: tuple[int, ...] = ()
    first: date | None = None
    last: date | None = None
    longest: int = 200
    low: str = ""
    high: str = ""
    unit: str = ""

    def code(self, written: str) -> str | None:
        """Give the code under which an answer is counted, or for a text the text; None if it is no answer to this."""
        if self.kind in {Kind.CHOICE, Kind.SCALE}:
            return written if written in self.labels else None
        if self.kind is Kind.NUMBER:
            plain = written.isascii() and written.isdecimal() and len(written) <= len(str(LARGEST_NUMBER))
            return self._band(int(written)) if plain else None
        if self.kind is Kind.DATE:
            return self._month(written)
        return written if 0 < len(written) <= self.longest and written.isprintable() else None

    def _band(self, number: int) -> str | None:
        if number > LARGEST_NUMBER:
            return None
        return str(max((band for band in self.bands if band <= number), default=self.bands[0]))

    def _month(self, written: str) -> str | None:
        try:
            day = date.fromisoformat(written)
        except ValueError:
            return None
        inside = self.first is not None and self.last is not None and self.first <= day <= self.last
        return f"{day:%Y-%m}" if inside else None


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey as it is published."""

    name: str
    title: str
    purpose: str
    anonymous: bool
    closes_on: date
    questions: tuple[Question, ...]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Give every text that residents read, with its place."""
        yield "title", self.title
        yield "purpose", self.purpose
        for one in self.questions:
            yield f"{one.id}: ask", one.ask
            for code, label in one.labels.items():
                yield f"{one.id}: {code}", label
            yield from ((f"{one.id}: {name}", text) for name, text in (("low", one.low), ("high", one.high)) if text)

    def answers(self, given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """Read what was written, by question: the answers that count, and the questions whose answer is none."""
        written = {one.id: given.get(one.id, "").strip() for one in self.questions}
        asked = [one for one in self.questions if written[one.id]]
        read = {one.id: one.code(written[one.id]) for one in asked}
        return {name: code for name, code in read.items() if code is not None}, [
            name for name, code in read.items() if code is None
        ]


def read_survey(given: object) -> Survey:
    """Read the definition of a survey.

    Raises:
        BadInput: naming the place and the rule.

    """
    whole = _mapping(given, "the survey", *SURVEY)
    if not isinstance(whole["anonymous"], bool):
        raise BadInput("anonymous is true or false; nothing is guessed.")
    questions = whole["questions"]
    if not isinstance(questions, list) or not 0 < len(questions) <= MOST_QUESTIONS:
        raise BadInput(f"questions is a list of 1 to {MOST_QUESTIONS} questions.")
    read = tuple(_question(one, at) for at, one in enumerate(questions, 1))
    if len({one.id for one in read}) < len(read):
        raise BadInput("Two questions have the same id; each needs its own.")
    if whole["anonymous"] and any(one.kind is Kind.TEXT for one in read):
        raise BadInput("An anonymous survey has no text: what is written could name its writer. Ask by choices.")
    return Survey(
        _name(whole["name"], "name"),
        _text(whole["title"], "title", LONGEST_LABEL),
        _text(whole["purpose"], "purpose", LONGEST_TEXT),
        whole["anonymous"],
        _day(whole["closes_on"], "closes_on"),
        read,
    )


@lru_cache(maxsize=64)
def survey_of(definition: str) -> Survey:
    """Give a survey from the JSON in which it is stored."""
    return read_survey(json.loads(definition))


def _question(given: object, at: int) -> Question:
    place = f"question {at}"
    kind = given.get("kind") if isinstance(given, dict) else None
    if kind not in list(Kind):
        raise BadInput(f"{place}: kind is one of {', '.join(Kind)}.")
    needed, allowed = FIELDS[Kind(kind)]
    whole = _mapping(given, place, needed | {"id", "ask", "kind"}, allowed)
    common = (_name(whole["id"], f"{place}: id"), _text(whole["ask"], f"{place}: ask", LONGEST_TEXT), Kind(kind))
    return Question(*common, **_READERS[Kind(kind)](whole, place))


def _choice(whole: Mapping[str, Any], place: str) -> dict[str, Any]:
    choices = whole["choices"]
    if not isinstance(choices, dict) or not 1 < len(choices) <= MOST_CHOICES:
        raise BadInput(f"{place}: choices is a table of 2 to {MOST_CHOICES} codes with their words.")
    labels = {
        _name(code, f"{place}: choices"): _text(text, f"{place}: {code}", LONGEST_LABEL)
        for code, text in choices.items()
    }
    if len(set(labels.values())) < len(labels):
        raise BadInput(f"{place}: two choices have the same words.")
    return {"labels": labels}


def _scale(whole: Mapping[str, Any], place: str) -> dict[str, Any]:
    low, high = _number(whole["from"], f"{place}: from"), _number(whole["to"], f"{place}: to")
    if not 0 < high - low < WIDEST_SCALE:
        raise BadInput(f"{place}: a scale goes up, and has at most {WIDEST_SCALE} steps.")
    words = {name: _text(whole[name], f"{place}: {name}", LONGEST_LABEL) for name in ("low", "high") if name in whole}
    return {"labels": {str(step): str(step) for step in range(low, high + 1)}, **words}


def _bands(whole: Mapping[str, Any], place: str) -> dict[str, Any]:
    given = whole["bands"]
    if not isinstance(given, list) or not 1 < len(given) <= MOST_CHOICES:
        raise BadInput(f"{place}: bands is a list of 2 to {MOST_CHOICES} numbers, each the first of its band.")
    bands = tuple(_number(one, f"{place}: bands") for one in given)
    if bands[0] != 0 or sorted(set(bands)) != list(bands):
        raise BadInput(f"{place}: bands begin at 0 and go up.")
    unit = _text(whole["unit"], f"{place}: unit", 10) if "unit" in whole else ""
    inner = {str(band): _span(band, following - 1, unit) for band, following in pairwise(bands)}
    labels = inner | {str(bands[-1]): f"{bands[-1]}{unit}以上"}
    return {"labels": labels, "bands": bands, "unit": unit}


def _span(first: int, last: int, unit: str) -> str:
    return f"{first}{unit}" if first == last else f"{first}〜{last}{unit}"


def _days(whole: Mapping[str, Any], place: str) -> dict[str, Any]:
    first, last = _day(whole["first"], f"{place}: first"), _day(whole["last"], f"{place}: last")
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if not first <= last or months > 2 * MOST_CHOICES:
        raise BadInput(
            f"{place}: first is not after last, and there are at most {2 * MOST_CHOICES} months between them."
        )
    named = [divmod(first.year * 12 + first.month - 1 + at, 12) for at in range(months)]
    return {
        "labels": {f"{year}-{month + 1:02d}": f"{year}年{month + 1}月" for year, month in named},
        "first": first,
        "last": last,
    }


def _written(whole: Mapping[str, Any], place: str) -> dict[str, Any]:
    longest = _number(whole.get("longest", 200), f"{place}: longest")
    if not 0 < longest <= LONGEST_TEXT:
        raise BadInput(f"{place}: longest is 1 to {LONGEST_TEXT} characters.")
    return {"longest": longest}


_READERS: Final = {
    Kind.CHOICE: _choice,
    Kind.SCALE: _scale,
    Kind.NUMBER: _bands,
    Kind.DATE: _days,
    Kind.TEXT: _written,
}


def _mapping(given: object, place: str, needed: frozenset[str], allowed: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise BadInput(f"{place} is a table of {', '.join(sorted(needed))}.")
    missing, unknown = needed - given.keys(), {str(name) for name in given} - needed - allowed
    if missing or unknown:
        told = [f"it lacks {', '.join(sorted(missing))}"] if missing else []
        told += [f"nothing is known of {', '.join(sorted(unknown))}"] if unknown else []
        raise BadInput(f"{place}: {'; '.join(told)}.")
    return given


def _name(given: object, place: str) -> str:
    if not isinstance(given, str) or not NAME.fullmatch(given):
        raise BadInput(f"{place}: a name is of small letters, digits and hyphens, and begins with a letter.")
    return given


def _text(given: object, place: str, longest: int) -> str:
    if not isinstance(given, str) or not 0 < len(given.strip()) <= longest or not given.strip().isprintable():
        raise BadInput(f"{place}: a text of one line, of 1 to {longest} characters.")
    return given.strip()


def _number(given: object, place: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= LARGEST_NUMBER:
        raise BadInput(f"{place}: a whole number from 0 to {LARGEST_NUMBER}.")
    return given


def _day(given: object, place: str) -> date:
    try:
        return given if type(given) is date else date.fromisoformat(str(given))
    except ValueError:
        raise BadInput(f"{place}: a day as YYYY-MM-DD.") from None
