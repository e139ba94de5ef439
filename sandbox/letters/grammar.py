"""Sentences with choices: `[a|b]` picks one, `{word}` asks for a word; items remember where they stand."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Final

_MARKS: Final = re.compile(r"[\[\]|{}]")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters from start to end (not included) of a text, and what they are."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `kind` says what personal item it is, if any."""

    text: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class _Choice:
    branches: tuple["_Sequence", ...]


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str


_Sequence = tuple["str | _Choice | _Slot", ...]
Slots = Callable[[str], Sequence[Piece]]


class Page:
    """A sheet that is written from top to bottom; `hand` is how each piece is put down (digits, misread letters)."""

    def __init__(self, hand: Callable[[str], str]) -> None:
        self._hand = hand
        self._parts: list[str] = []
        self._spans: list[Span] = []
        self._length = 0

    def write(self, pieces: Sequence[Piece]) -> None:
        """Write pieces; those that are items are remembered with their place."""
        for piece in pieces:
            written = self._hand(piece.text)
            if piece.kind and written:
                self._spans.append(Span(self._length, self._length + len(written), piece.kind))
            self._parts.append(written)
            self._length += len(written)

    def write_text(self, text: str) -> None:
        """Write plain text."""
        self.write([Piece(text)])

    @property
    def text(self) -> str:
        """All that stands on the sheet."""
        return "".join(self._parts)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where the items stand, in order."""
        return tuple(self._spans)


def spoken(template: str, dice: Random, slots: Slots) -> list[Piece]:
    """Roll the choices of a sentence and fill its slots."""
    pieces: list[Piece] = []
    _speak(_parsed(template), dice, slots, pieces)
    return pieces


def _speak(sequence: _Sequence, dice: Random, slots: Slots, pieces: list[Piece]) -> None:
    for part in sequence:
        if isinstance(part, str):
            pieces.append(Piece(part))
        elif isinstance(part, _Slot):
            pieces.extend(slots(part.name))
        else:
            _speak(dice.choice(part.branches), dice, slots, pieces)


@lru_cache(maxsize=4096)
def _parsed(template: str) -> _Sequence:
    tokens = _tokens(template)
    sequence, _ = _sequence(tokens, 0)
    return sequence


def _tokens(template: str) -> list[str]:
    tokens: list[str] = []
    place = 0
    for mark in _MARKS.finditer(template):
        if mark.start() > place:
            tokens.append(template[place : mark.start()])
        tokens.append(mark.group())
        place = mark.end()
    return [*tokens, template[place:]] if place < len(template) else tokens


def _sequence(tokens: Sequence[str], place: int) -> tuple[_Sequence, int]:
    made: list[str | _Choice | _Slot] = []
    while place < len(tokens) and tokens[place] not in "]|":
        if tokens[place] == "[":
            choice, place = _choice(tokens, place + 1)
            made.append(choice)
        elif tokens[place] == "{":
            made.append(_Slot(tokens[place + 1]))
            place += 3
        else:
            made.append(tokens[place])
            place += 1
    return tuple(made), place


def _choice(tokens: Sequence[str], place: int) -> tuple[_Choice, int]:
    branches: list[_Sequence] = []
    while True:
        branch, place = _sequence(tokens, place)
        branches.append(branch)
        place += 1
        if tokens[place - 1] == "]":
            return _Choice(tuple(branches)), place
