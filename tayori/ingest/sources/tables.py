"""Tables as they stand in a file: a header and numbered rows of text, the same for every kind of file."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from tayori.errors import BadInput
from tayori.ingest.sources.frame import Cell

LONGEST_CELL: Final = 100_000  # characters; a letter of 60 pages
_UNKEEPABLE: Final = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Table:
    """A header and its rows; each row comes with the number it has at the source, and is as long as the header."""

    header: tuple[str, ...]
    rows: Iterator[tuple[int, Sequence[Cell]]]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a table, turned to columns in the order of the header."""

    numbers: tuple[int, ...]
    columns: Mapping[str, Sequence[Cell]]


def checked_header(names: Iterable[object]) -> tuple[str, ...]:
    """Give the header, every name a text of its own.

    Raises:
        BadInput: a name is empty or stands twice.

    """
    header: list[str] = []
    for place, name in enumerate(names, 1):
        if not isinstance(name, str) or not name:
            raise BadInput(f"The header has no name in column {place}; give it one.")
        if name in header:
            raise BadInput(f"The header names column {header.index(name) + 1} and column {place} alike; rename one.")
        header.append(name)
    if not header:
        raise BadInput("The table has no header.")
    return tuple(header)


def chunks(table: Table, chunk_rows: int) -> Iterator[Chunk]:
    """Cut a table into chunks of at most so many rows.

    Raises:
        BadInput: a cell is too long or holds a character that no store can keep; the sentence names row and column.

    """
    while taken := list(islice(table.rows, chunk_rows)):
        numbers = tuple(number for number, _ in taken)
        turned = zip(*(row for _, row in taken), strict=True)
        columns = dict(zip(table.header, turned, strict=True))
        for column, cells in columns.items():
            _refuse_unkeepable(column, numbers, cells)
        yield Chunk(numbers, columns)


def _refuse_unkeepable(column: str, numbers: Sequence[int], cells: Sequence[Cell]) -> None:
    given = [cell for cell in cells if cell]
    if max(map(len, given), default=0) <= LONGEST_CELL and not _UNKEEPABLE.search("".join(given)):
        return  # all cells at once; only a fault is worth the walk
    for number, cell in zip(numbers, cells, strict=True):
        if cell and len(cell) > LONGEST_CELL:
            raise BadInput(
                f"Row {number}, column {column}: longer than {LONGEST_CELL} characters; send it as an attachment."
            )
        if cell and _UNKEEPABLE.search(cell):
            raise BadInput(f"Row {number}, column {column}: holds a NUL or half a surrogate pair; the file is damaged.")
