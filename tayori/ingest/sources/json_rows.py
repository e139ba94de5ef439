"""JSON files as tables: objects one a line, or one array of objects; every object with the same fields."""

import json
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, TextIO

from tayori.errors import BadInput
from tayori.ingest.sources.decoding import TextFile
from tayori.ingest.sources.frame import Cell
from tayori.ingest.sources.tables import Table, checked_header

_BLOCK: Final = 1 << 18
_SPACE: Final = " \t\r\n"
_LARGEST_OBJECT: Final = 1 << 24  # characters of one object, so that a missing brace does not read a whole file


class _TwiceError(ValueError):
    """An object names one field twice."""


def json_table(file: TextFile, ignored: AbstractSet[str]) -> Table:
    """Read JSON lines (numbered by line) or one array (numbered from 1); numbers keep the digits they are written in.

    The header is the first object's fields. Fields in `ignored` may hold anything; others a text, a number, true,
    false or null.

    Raises:
        BadInput: not JSON, broken off, not an object, other fields than the first, a nested value in a field in use.

    """
    if file.encoding == "cp932":
        raise BadInput("JSON has to be UTF-8; save the file again.")
    objects = _objects(file)
    first = next(objects, None)
    if first is None:
        return Table((), iter(()))
    header = checked_header(first[1])
    return Table(header, _rows(first, objects, header, ignored))


def _objects(file: TextFile) -> Iterator[tuple[int, dict[str, object]]]:
    with file.path.open(encoding=file.encoding) as text:
        start = text.read(1)
        while start and start in _SPACE:
            start = text.read(1)
        text.seek(0)
        yield from _array(text) if start == "[" else _lines(text)


def _lines(text: TextIO) -> Iterator[tuple[int, dict[str, object]]]:
    for number, line in enumerate(text, 1):
        if line.strip(_SPACE):
            try:
                yield number, _object(_DECODER.decode(line.strip(_SPACE)), number)
            except (ValueError, RecursionError) as fault:
                raise _broken(number, fault) from None


def _array(text: TextIO) -> Iterator[tuple[int, dict[str, object]]]:
    cursor = _Cursor(text)
    cursor.expect("[")
    number = 0
    while cursor.peek() != "]":
        if number:
            cursor.expect(",")
        number += 1
        yield number, _object(cursor.value(number), number)
    cursor.expect("]")
    if cursor.peek():
        raise BadInput("Text follows the end of the JSON array; a file holds one array.")


class _Cursor:
    """A place in a text that is read as far as needed."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._held = ""
        self._place = 0

    def peek(self) -> str:
        """Give the next character that is no space; an empty text at the end."""
        while True:
            while self._place < len(self._held):
                if self._held[self._place] not in _SPACE:
                    return self._held[self._place]
                self._place += 1
            if not self._more():
                return ""

    def expect(self, mark: str) -> None:
        """Pass a mark.

        Raises:
            BadInput: something else stands there, or nothing.

        """
        found = self.peek()
        if found != mark:
            where = "breaks off" if not found else f"lacks a {mark}"
            raise BadInput(f"The JSON array {where}; ask for the whole file again. Nothing was taken in.")
        self._place += 1

    def value(self, number: int) -> object:
        """Read the next value, reading on while it is not complete."""
        self.peek()
        while True:
            try:
                value, place = _DECODER.raw_decode(self._held, self._place)
            except _TwiceError as fault:
                raise _broken(number, fault) from None
            except (ValueError, RecursionError) as fault:
                if len(self._held) - self._place > _LARGEST_OBJECT or not self._more():
                    raise _broken(number, fault) from None
            else:
                self._place = place
                return value

    def _more(self) -> bool:
        block = self._text.read(max(_BLOCK, len(self._held) - self._place))
        self._held = self._held[self._place :] + block
        self._place = 0
        return bool(block)


def _rows(
    first: tuple[int, dict[str, object]],
    rest: Iterator[tuple[int, dict[str, object]]],
    header: tuple[str, ...],
    ignored: AbstractSet[str],
) -> Iterator[tuple[int, Sequence[Cell]]]:
    fields = set(header)
    used = [field not in ignored for field in header]
    for number, each in _chained(first, rest):
        if each.keys() != fields:
            raise BadInput(f"Row {number} has other fields than the first row; every row has to carry the same.")
        pairs = zip(header, used, strict=True)
        yield number, [_cell(each[field], number, field) if use else None for field, use in pairs]


def _chained(
    first: tuple[int, dict[str, object]], rest: Iterator[tuple[int, dict[str, object]]]
) -> Iterator[tuple[int, dict[str, object]]]:
    yield first
    yield from rest


def _cell(value: object, number: int, field: str) -> Cell:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    raise BadInput(f"Row {number}, field {field}: a list or an object is no text; ignore the field or flatten it.")


def _object(value: object, number: int) -> dict[str, object]:
    if not isinstance(value, dict):
        raise BadInput(f"Row {number} is no JSON object; every row is written as {{…}}.")
    return value


def _broken(number: int, fault: Exception) -> BadInput:
    if isinstance(fault, _TwiceError):
        return BadInput(f"Row {number} names a field twice; nothing was taken in.")
    return BadInput(f"Row {number} is no complete JSON; it is broken off or damaged. Nothing was taken in.")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _TwiceError
    return made


def _no_number(_: str) -> object:
    raise ValueError  # NaN and Infinity are no JSON


_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_number, object_pairs_hook=_once)
