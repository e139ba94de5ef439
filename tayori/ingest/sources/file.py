"""Opinions from a file: CSV, Excel, JSON lines or one JSON array. A broken file leaves nothing half done."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from tayori.domain.opinions import DOUBTFUL
from tayori.errors import BadInput
from tayori.ingest.sources.csv_rows import csv_table
from tayori.ingest.sources.decoding import file_digest, text_file
from tayori.ingest.sources.excel_rows import excel_table
from tayori.ingest.sources.files import LetterFile
from tayori.ingest.sources.frame import CHUNK_ROWS, Cell, opinion_frame
from tayori.ingest.sources.json_rows import json_table
from tayori.ingest.sources.mapping import FileMapping, in_file
from tayori.ingest.sources.scans import scan_folder
from tayori.ingest.sources.tables import Chunk, Table, chunks
from tayori.ingest.uncollected import uncollected

EXCEL: Final = (".xlsx", ".xlsm")
JSON: Final = (".json", ".jsonl", ".ndjson")
_DIGIT_ITEMS: Final = frozenset({"telephone", "fax", "postal_code"})
_KEY_DIGITS: Final = 16
HELD_BYTES: Final = 128 << 20  # of a file whose rows are held while it is taken in; a larger one is read twice
SCANNED_ROWS: Final = 20  # letters held at a time where their pages are held with them


@dataclass(frozen=True, slots=True)
class LetterBlock:
    """Some letters of a file: the frame, and the scanned pages of each by its `source_key`."""

    frame: pd.DataFrame
    files: Mapping[str, Sequence[LetterFile]]


@dataclass(frozen=True, slots=True)
class SurveyedFile:
    """A file without structural faults: how many rows it holds, and the digest of its bytes."""

    path: Path
    rows: int
    digest: str


def survey(path: Path, mapping: FileMapping) -> SurveyedFile:
    """Walk a whole file and refuse it for any structural fault, before one row of it is used.

    Raises:
        NotFound, Unavailable: the file is absent or cannot be read.
        BadInput: the encoding, the header or a row breaks a rule; the sentence names the place, never the value.

    """
    try:
        table, digest = _opened(path, mapping)
        return SurveyedFile(path, _check_scans(path, mapping, chunks(table, CHUNK_ROWS)), digest)
    except BadInput as fault:
        raise in_file(path, fault) from None


def letters_from_file(path: Path, mapping: FileMapping, *, chunk_rows: int = CHUNK_ROWS) -> Iterator[LetterBlock]:
    """Give a file's letters in frames of `FRAME_COLUMNS`, all text, `row` being the number at the source, with scans.

    The whole file is walked first: a refusal comes before the first frame. The keys of a file without a key column
    are its digest and the row number, so the same file read twice gives the same keys.
    """
    rows = min(chunk_rows, SCANNED_ROWS) if mapping.scans else chunk_rows
    if path.suffix.lower() in EXCEL or (path.is_file() and path.stat().st_size <= HELD_BYTES):
        return _blocks_held(path, mapping, rows)
    return _blocks(survey(path, mapping), mapping, rows)


@uncollected
def _blocks_held(path: Path, mapping: FileMapping, chunk_rows: int) -> Iterator[LetterBlock]:
    """Read a workbook, or a file of moderate size, once and hold its rows: reading it twice takes twice as long."""
    try:
        table, digest = _opened(path, mapping)
        kept = list(chunks(table, chunk_rows))
        _check_scans(path, mapping, kept)
    except BadInput as fault:
        raise in_file(path, fault) from None
    return _given_up(kept, lambda chunk: _block(chunk, mapping, path, digest))


def _given_up(kept: list[Chunk], made: Callable[[Chunk], LetterBlock]) -> Iterator[LetterBlock]:
    """Make blocks of chunks, letting each go once it is made."""
    kept.reverse()
    while kept:
        yield made(kept.pop())


def _blocks(surveyed: SurveyedFile, mapping: FileMapping, chunk_rows: int) -> Iterator[LetterBlock]:
    table, digest = _opened(surveyed.path, mapping)
    if digest != surveyed.digest:
        raise BadInput(f"{surveyed.path.name} changed while it was read; try again when nobody writes to it.")
    for chunk in chunks(table, chunk_rows):
        yield _block(chunk, mapping, surveyed.path, digest)


def _block(chunk: Chunk, mapping: FileMapping, path: Path, digest: str) -> LetterBlock:
    rows = [str(number) for number in chunk.numbers]
    items = mapping.rules.items(chunk.columns, len(rows))
    if mapping.keyed_by_row:
        items["source_key"] = [f"{digest[:_KEY_DIGITS]}-{row}" for row in rows]
    for written in mapping.doubtful:
        items["opinion"] = [cell and cell.replace(written, DOUBTFUL) for cell in items["opinion"]]
    if mapping.scans is None:
        return LetterBlock(opinion_frame(rows, items), {})
    folder = scan_folder(path, mapping.scans)
    named = zip(items["source_key"], chunk.columns[mapping.scans.column], strict=True)
    return LetterBlock(opinion_frame(rows, items), {key or "": folder.pages(cell) for key, cell in named})


def _check_scans(path: Path, mapping: FileMapping, walked: Iterable[Chunk]) -> int:
    """Walk the chunks, and the scanned pages that they name; give how many rows there are."""
    if mapping.scans is None:
        return sum(len(chunk.numbers) for chunk in walked)
    column, numbers, cells = mapping.scans.column, list[int](), list[Cell]()
    for chunk in walked:
        numbers += chunk.numbers
        cells += chunk.columns[column]
    scan_folder(path, mapping.scans).check(zip(numbers, cells, strict=True))
    return len(numbers)


def _opened(path: Path, mapping: FileMapping) -> tuple[Table, str]:
    kind = path.suffix.lower()
    if kind in EXCEL:
        digest = file_digest(path)
        digits = {column for column, rule in mapping.rules.columns.items() if rule.item in _DIGIT_ITEMS}
        table = excel_table(path, mapping.sheet, digits)
    elif kind in JSON or kind == ".csv":
        file = text_file(path, mapping.encoding)
        digest = file.digest
        table = csv_table(file) if kind == ".csv" else json_table(file, mapping.ignored)
    else:
        raise BadInput(f"{path.name}: files end in .csv, {', '.join((*EXCEL, *JSON))}; save it as one of these.")
    if table.header:
        _refuse_other_columns(table.header, mapping)
    return table, digest


def _refuse_other_columns(header: tuple[str, ...], mapping: FileMapping) -> None:
    wanted = [*mapping.rules.columns, *([mapping.scans.column] if mapping.scans else [])]
    missing = [column for column in wanted if column not in header]
    if missing:
        raise BadInput(f"The file has no column {missing[0]}, which the mapping {mapping.name} names.")
    unknown = [place for place, name in enumerate(header, 1) if name not in mapping.known]
    if unknown:
        raise BadInput(
            f"Column {unknown[0]} of the file is unknown to the mapping {mapping.name}; "
            "give it an item, or list it under `ignore:`."
        )
