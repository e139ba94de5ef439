"""Where to look: everything that is written down, but for what was handed in and what LINE holds."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, LargeBinary

from tayori.domain.columns import Erasure
from tayori.office import Office
from tayori.vault.residue import count_in, probe
from tayori.vault.residue_forms import Needles
from tayori.warehouse.setup import STORES
from tests.support.traces import rows_of

SEALED_ITEM = "sealed_submission"
SEALED_RULES = {Erasure.PERSON_KEY, Erasure.CASE_KEY}


@dataclass(frozen=True)
class Found:
    """What a search of one place read and found."""

    bytes_read: int
    hits: int
    where: tuple[str, ...] = ()


def is_sealed(column: "Column[object]") -> bool:
    """Whether a column holds nothing but what is sealed, by what the schema says of it."""
    said = column.info
    sealed = said["erasure"] in SEALED_RULES or said["item"] == SEALED_ITEM
    return sealed and isinstance(column.type, LargeBinary)


def sealed_columns() -> set[str]:
    """Name every sealed column of the three stores."""
    tables = [table for schema in STORES.values() for table in schema.sorted_tables]
    return {f"{table.name}.{column.name}" for table in tables for column in table.columns if is_sealed(column)}


def in_columns(office: Office, needles: Needles) -> Found:
    """Search the stores' live rows, texts and bytes, outside the sealed columns.

    A person's number in a column of numbers is what that column is for; in a text it is a leak.
    """
    sealed = sealed_columns()
    cells = (
        (f"{table}.{name}", _bytes(value))
        for table, row in rows_of(office)
        for name, value in row.items()
        if f"{table}.{name}" not in sealed and isinstance(value, str | bytes)
    )
    return _searched(cells, needles)


def in_database(path: Path, needles: Needles) -> Found:
    """Search every value of every table of a SQLite file (Prefect's own): long values lie torn in the file itself."""
    opened = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    opened.text_factory = bytes
    try:
        return _searched(_cells(opened), needles)
    finally:
        opened.close()


def in_folder(path: Path, needles: Needles) -> Found:
    """Search every file below a folder, in every form."""
    report = probe({"place": path}, needles)
    assert report.files > 0
    return Found(report.bytes_scanned, report.hits, report.hit_files)


def in_texts(texts: Mapping[str, str | bytes], needles: Needles) -> Found:
    """Search texts in hand."""
    return _searched(((name, _bytes(text)) for name, text in texts.items()), needles)


def _cells(opened: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
    tables = [row[0].decode() for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        cursor = opened.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a name from the database itself
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield from ((f"{table}.{name}", _bytes(value)) for name, value in zip(names, row, strict=True))


def _searched(cells: Iterable[tuple[str, bytes]], needles: Needles) -> Found:
    """Search column by column: what stands in one column is read as one stream."""
    columns: dict[str, list[bytes]] = defaultdict(list)
    for name, content in cells:
        columns[name].append(content)
    hits = {name: count_in(b"\n".join(contents), needles) for name, contents in columns.items()}
    read = sum(len(content) for contents in columns.values() for content in contents)
    return Found(read, sum(hits.values()), tuple(name for name, found in hits.items() if found))


def _bytes(value: object) -> bytes:
    match value:
        case bytes():
            return value
        case str():
            return value.encode()
    return json.dumps(value, default=str).encode()
