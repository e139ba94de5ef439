"""What a PDF hides from a search of its bytes: compressed streams, and text written as numbers of glyphs."""

import re
import zlib
from collections.abc import Iterator
from typing import Final

LARGEST_STREAM: Final = 64 * 1024 * 1024

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_SHOWN = re.compile(rb"\[([^\]]*)\]\s*TJ|(<[0-9A-Fa-f\s]+>)\s*Tj")
_HEX = re.compile(rb"<([0-9A-Fa-f\s]+)>")
_CHARACTERS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGES = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_TRIPLE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")

GlyphTexts = dict[int, str]


def pdf_texts(content: bytes) -> Iterator[bytes]:
    """Everything in a PDF that a search can read: its inflated streams, then the page text as UTF-8.

    Page text is read with every font's own table of glyphs, lines joined, so that a marker broken over two lines is
    whole. Text of fonts without such a table stays unread, as do encrypted PDFs.
    """
    streams = [_inflated(match[1]) for match in _STREAM.finditer(content)]
    yield from streams
    tables = [table for stream in streams if (table := _glyph_texts(stream))]
    for stream in streams:
        glyphs = _shown_glyphs(stream)
        for table in tables if glyphs else ():
            yield "".join(table.get(glyph, "") for glyph in glyphs).encode("utf-8", "surrogatepass")


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream, LARGEST_STREAM)
    except zlib.error:
        return stream


def _shown_glyphs(stream: bytes) -> list[int]:
    """Glyph numbers (two bytes each) in the order in which a page shows them."""
    shown = b"".join(_HEX.sub(rb"\1", match[2]) if match[2] else _joined(match[1]) for match in _SHOWN.finditer(stream))
    digits = b"".join(shown.split())
    return [int(digits[at : at + 4], 16) for at in range(0, len(digits) - 3, 4)]


def _joined(shown: bytes) -> bytes:
    return b"".join(match[1] for match in _HEX.finditer(shown))


def _glyph_texts(stream: bytes) -> GlyphTexts:
    """The ToUnicode table in a stream; empty when it is none."""
    table: GlyphTexts = {}
    for block in _CHARACTERS.finditer(stream):
        for glyph, text in _PAIR.findall(block[1]):
            table[int(glyph, 16)] = _letters(text)
    for block in _RANGES.finditer(stream):
        for first, last, text in _TRIPLE.findall(block[1]):
            table.update(_range(int(first, 16), int(last, 16), int(text, 16)))
    return table


def _range(first: int, last: int, letter: int) -> GlyphTexts:
    """Consecutive glyphs for consecutive letters; more than a font can hold is no table."""
    last = min(last, first + 0xFFFF)
    return {glyph: chr(min(letter + glyph - first, 0x10FFFF)) for glyph in range(first, last + 1)}


def _letters(written: bytes) -> str:
    return bytes.fromhex(written.decode("ascii").zfill(-(-len(written) // 4) * 4)).decode("utf-16-be", "replace")
