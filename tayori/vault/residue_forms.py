"""Every form in which a store is known to write a text, and the search for many texts in all forms at once."""

import base64
import json
import re
import string
import unicodedata
import urllib.parse
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from tayori.errors import BadInput

SHORTEST: Final = 8
"""Bytes of UTF-8; anything shorter would be found by chance."""

SHARED: Final = 4
"""Letters by which markers are grouped: each group costs one search per form, however many markers it has."""

MOST_GROUPS: Final = 64

Forms = Callable[[str], Iterator[tuple[str, bytes]]]

_ESCAPE = re.compile(r"\\u[0-9a-f]{4}")
_LETTERS = (string.ascii_uppercase + string.ascii_lowercase + string.digits).encode("ascii")
_ALPHABETS = {"base64": _LETTERS + b"+/", "base64url": _LETTERS + b"-_"}
_PERCENT = re.compile(rb"%[0-9A-F]{2}")
_ESCAPED_LINE_ENDS = (rb"\r\n", rb"\\n", rb"\n")  # as JSON writes them, and JSON within JSON


@dataclass(frozen=True, slots=True)
class _Group:
    """Needles with one beginning: find the beginning, then look whether one of them stands there."""

    beginning: bytes
    needles: frozenset[bytes]
    lengths: tuple[int, ...]

    def count(self, text: bytes, limit: int) -> int:
        found, at = 0, text.find(self.beginning)
        while -1 < at < limit:
            found += any(text[at : at + length] in self.needles for length in self.lengths)
            at = text.find(self.beginning, at + 1)
        return found


@dataclass(frozen=True, slots=True, repr=False)
class Needles:
    """Markers in all their forms. Prints how many, never which."""

    count: int
    plain: tuple[_Group, ...]
    wrapped: tuple[_Group, ...]

    @classmethod
    def of(cls, markers: Iterable[str]) -> "Needles":
        """Prepare a search. Thousands of markers are as fast as one when they begin with the same letters.

        Raises:
            BadInput: no marker, one under 8 bytes, or more than 64 different beginnings.

        """
        texts = frozenset(markers)
        if not texts or any(len(text.encode("utf-8")) < SHORTEST for text in texts):
            raise BadInput(f"A probe needs markers, each of at least {SHORTEST} bytes; shorter ones occur by chance.")
        beginnings: dict[str, list[str]] = defaultdict(list)
        for text in texts:
            beginnings[text[:SHARED]].append(text)
        if len(beginnings) > MOST_GROUPS:
            raise BadInput(f"The markers have more than {MOST_GROUPS} beginnings; give them one common prefix.")
        plain = [group for alike in beginnings.values() for group in _groups(alike, _plain_forms)]
        wrapped = [group for alike in beginnings.values() for group in _groups(alike, _base64_forms)]
        return cls(len(texts), tuple(plain), tuple(wrapped))

    def and_values(self, values: Iterable[bytes]) -> "Needles":
        """Seek stored values too, byte by byte as they lie in a store (the look-up values of erased persons).

        Raises:
            BadInput: a value under 8 bytes.

        """
        fixed = frozenset(values)
        if any(len(value) < SHORTEST for value in fixed):
            raise BadInput(f"A probe needs values of at least {SHORTEST} bytes; shorter ones occur by chance.")
        groups = (_Group(value, frozenset({value}), (len(value),)) for value in sorted(fixed))
        return replace(self, plain=(*self.plain, *groups))

    def search(self) -> "Search":
        """Begin to search one stream."""
        return Search(_Window(self.plain), _Window(self.wrapped))

    def __repr__(self) -> str:
        return f"Needles({self.count} markers)"


def _groups(texts: list[str], forms: Forms) -> Iterator[_Group]:
    """One group per form, each needle in one group only, so that an occurrence is counted once."""
    seen: set[bytes] = set()
    by_form: dict[str, set[bytes]] = defaultdict(set)
    for text in texts:
        for form, needle in forms(text):
            if needle not in seen:
                seen.add(needle)
                by_form[form].add(needle)
    for needles in by_form.values():
        lengths = tuple(sorted({len(needle) for needle in needles}))
        yield _Group(_shared_beginning(needles), frozenset(needles), lengths)


def _shared_beginning(needles: set[bytes]) -> bytes:
    first, last = min(needles), max(needles)
    differs = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[:differs]


def _inner_forms(text: str) -> Iterator[tuple[str, bytes]]:
    """Bytes that a text is before anything wraps them, each once."""
    seen: set[bytes] = set()
    spellings = {"as given": text, "NFC": unicodedata.normalize("NFC", text), "NFD": unicodedata.normalize("NFD", text)}
    for spelling, spelled in spellings.items():
        for form, inner in _encoded(spelled):
            if inner not in seen:
                seen.add(inner)
                yield f"{form} {spelling}", inner


def _encoded(text: str) -> Iterator[tuple[str, bytes]]:
    yield "UTF-8", text.encode("utf-8")
    escaped = json.dumps(text)[1:-1]
    yield "JSON", escaped.encode("ascii")
    yield "JSON upper", _ESCAPE.sub(lambda m: "\\u" + m[0][2:].upper(), escaped).encode("ascii")
    # Without the outermost byte the two byte orders of plain letters are one needle, and count once.
    yield "UTF-16LE", text.encode("utf-16-le")[:-1]
    yield "UTF-16BE", text.encode("utf-16-be")[1:]


def _plain_forms(text: str) -> Iterator[tuple[str, bytes]]:
    for form, inner in _inner_forms(text):
        yield form, inner
        doubled = inner.replace(b"\\", b"\\\\")
        if form.startswith("JSON") and inner not in doubled:
            yield f"{form} in JSON", doubled
        if form.startswith("UTF-8"):
            percent = urllib.parse.quote_from_bytes(inner, safe="").encode("ascii")
            yield f"{form} URL", percent
            yield f"{form} URL lower", _PERCENT.sub(lambda m: m[0].lower(), percent)
            yield f"{form} hex", inner.hex().encode("ascii")
            yield f"{form} HEX", inner.hex().upper().encode("ascii")


def _base64_forms(text: str) -> Iterator[tuple[str, bytes]]:
    for form, inner in _inner_forms(text):
        for before in range(3):
            for name, alphabet in _ALPHABETS.items():
                for needle in _base64(inner, before, alphabet):
                    yield f"{form} {name} {before}", needle


def _base64(inner: bytes, before: int, alphabet: bytes) -> Iterator[bytes]:
    """Base64 of the text when `before` bytes of its first three belong to something else.

    Letters that also depend on earlier bytes are left out. The last letter may depend on what follows; it is sought
    in all its values, because ids in a row differ in their last bits.
    """
    letters = base64.b64encode(b"\0" * before + inner, alphabet[62:])
    first, (whole, rest) = -(-8 * before // 6), divmod(8 * (before + len(inner)), 6)
    if not rest:
        yield letters[first:whole]
        return
    last = alphabet.index(letters[whole])
    for following in range(2 ** (6 - rest)):
        yield letters[first:whole] + alphabet[last + following : last + following + 1]


@dataclass(slots=True)
class _Window:
    """A moving window over a stream: keeps just enough to see what lies across two chunks."""

    groups: tuple[_Group, ...]
    kept: bytes = b""
    found: int = 0

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        text = self.kept + chunk
        longest = max(length for group in self.groups for length in group.lengths)
        limit = len(text) if last else max(0, len(text) - longest + 1)
        self.found += sum(group.count(text, limit) for group in self.groups)
        self.kept = text[limit:]


@dataclass(slots=True)
class Search:
    """The search of one stream, chunk by chunk; an occurrence across chunks is found, and counted once."""

    plain: _Window
    wrapped: _Window
    tail: bytes = b""

    def feed(self, chunk: bytes) -> None:
        """Search the next bytes of the stream."""
        self.plain.feed(chunk)
        joined = self.tail + chunk
        body = joined.rstrip(b"\\")  # a line end written as backslash-n may lie across two chunks
        self.tail = joined[len(body) :]
        self.wrapped.feed(_joined_lines(body))

    def finish(self) -> int:
        """End the stream and give the number of occurrences."""
        self.plain.feed(b"", last=True)
        self.wrapped.feed(_joined_lines(self.tail), last=True)
        return self.plain.found + self.wrapped.found


def _joined_lines(chunk: bytes) -> bytes:
    """Base64 is broken into lines of 76 letters, whose ends JSON writes as backslash-n: join them."""
    joined = chunk.translate(None, b"\r\n")
    for line_end in _ESCAPED_LINE_ENDS:
        joined = joined.replace(line_end, b"")
    return joined
