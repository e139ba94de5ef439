"""One reading of a letter by Sudachi (core dictionary, mode C) that masking, matters and themes share.

Only the tokens that some rule looks at are kept; asking the tokeniser for parts of speech alone makes it
faster than its own default. The dictionary is loaded on first use and pinned by requirements.lock.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sudachipy import Dictionary

PIECE: Final = 400
"""Characters of a piece at least, up to a line's end: what Sudachi weighs of so few stays in the processor's cache."""
# Sudachi refuses more than 49,149 bytes; a character takes at most four.
LONGEST: Final = 12_000
_BREAK = re.compile(r"[。!?、 ]")


class Tag(IntEnum):
    """What a kept token is, as far as the rules care. Everything else (particles, endings) is dropped."""

    DROPPED = 0
    WORD = 1
    NUMBER = 2
    PLACE = 3
    SUFFIX = 4
    PREFIX = 5
    SURNAME = 6
    GIVEN = 7
    PERSON = 8


PERSONAL: Final = frozenset({Tag.SURNAME, Tag.GIVEN, Tag.PERSON})
_BY_NAME: Final = {"姓": Tag.SURNAME, "名": Tag.GIVEN, "一般": Tag.PERSON}


@dataclass(frozen=True, slots=True)
class Tokens:
    """The kept tokens of one text, as columns: where each begins and ends, what it is, how it is written."""

    text: str
    begins: list[int]
    ends: list[int]
    tags: list[int]
    words: list[str]

    def ending_at(self, offset: int) -> int:
        """Index of the token that ends at an offset of the text, -1 if none does."""
        at = bisect_left(self.ends, offset)
        return at if at < len(self.ends) and self.ends[at] == offset else -1

    def touches(self, index: int) -> bool:
        """Whether the token after `index` follows without anything between."""
        return index + 1 < len(self.begins) and self.ends[index] == self.begins[index + 1]


class Tokeniser:
    """A reader of letters. Not shared between threads: each analysis makes its own (cheap)."""

    def __init__(self) -> None:
        self._tokenizer = _dictionary().tokenizer(fields={"pos"})
        self._tags = _tags()
        self._morphemes = self._tokenizer.tokenize("")

    def read(self, text: str) -> Tokens:
        """Read a normalised text once; offsets count characters of that text."""
        tags = self._tags
        kept = [
            (start + morpheme.begin(), start + morpheme.end(), tag)
            for start, piece in pieces(text)
            for morpheme in self._tokenizer.tokenize(piece, out=self._morphemes)
            if (tag := tags[morpheme.part_of_speech_id()])
        ]
        words = [text[begin:end] for begin, end, _ in kept]
        return Tokens(text, [row[0] for row in kept], [row[1] for row in kept], [row[2] for row in kept], words)


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text into what the tokeniser takes well, at line ends; a line that is too long at an end of a sentence."""
    start = 0
    while len(text) - start > PIECE:
        cut = text.find("\n", start + PIECE, start + LONGEST) + 1 or _cut_within(text, start)
        yield start, text[start:cut]
        start = cut
    if start < len(text) or not text:
        yield start, text[start:]


def _cut_within(text: str, start: int) -> int:
    if len(text) - start <= LONGEST:
        return len(text)
    breaks = [match.end() for match in _BREAK.finditer(text, start + LONGEST // 2, start + LONGEST)]
    return breaks[-1] if breaks else start + LONGEST


def dictionary_versions() -> dict[str, str]:
    """The versions that decide what a token is, for the footer of every report."""
    return {name: version(name) for name in ("SudachiPy", "SudachiDict-core")}


@cache
def _dictionary() -> "Dictionary":
    from sudachipy import Dictionary  # noqa: PLC0415 start-up time: the command must not load a dictionary

    return Dictionary(dict="core")


@cache
def _tags() -> tuple[int, ...]:
    """The tag of every part-of-speech number of the dictionary."""
    found: list[int] = []
    while (part := _dictionary().pos_of(len(found))) is not None:
        found.append(int(_tag(tuple(part))))
    return tuple(found)


def _tag(part: tuple[str, ...]) -> Tag:
    first, second, third, fourth = part[:4]
    if first == "接尾辞" and second == "名詞的":
        return Tag.SUFFIX
    if first == "接頭辞":
        return Tag.PREFIX
    if first == "形状詞":
        return Tag.WORD
    if first != "名詞":
        return Tag.DROPPED
    if second == "数詞":
        return Tag.NUMBER
    if third == "人名":
        return _BY_NAME[fourth]
    return Tag.PLACE if third == "地名" else Tag.WORD
