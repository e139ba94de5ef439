"""Mappings and files for the tests of the sources: a test says what is special, the builder does the rest."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import yaml

from tayori.ingest.sources.file import letters_from_file
from tayori.ingest.sources.mapping import FileMapping, read_file_mapping

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
SECRET = "田中花子の秘密"


def a_written_mapping(**changes: object) -> dict[str, object]:
    """Give a mapping of three columns, as written; a change of None takes a word out."""
    written: dict[str, object] = {
        "name": "試験",
        "source": "file",
        "columns": {"番号": "source_key", "本文": "opinion", "電話": "telephone"},
        "constants": {
            "received_on": "2026-06-01",
            "channel": "letter",
            "addressee": "mayor",
            "answer_wanted": "unknown",
        },
        "ignore": ["メモ"],
    } | changes
    return {word: value for word, value in written.items() if value is not None}


def a_mapping_file(folder: Path, **changes: object) -> Path:
    """Write a mapping and give its path."""
    path = folder / "mapping.yaml"
    path.write_text(yaml.safe_dump(a_written_mapping(**changes), allow_unicode=True), "utf-8")
    return path


def a_mapping(folder: Path, **changes: object) -> FileMapping:
    """Give a mapping that was read."""
    return read_file_mapping(a_mapping_file(folder, **changes))


def a_csv(folder: Path, rows: Sequence[Sequence[str]], encoding: str = "utf-8") -> Path:
    """Write a CSV with the header 番号, 本文, 電話."""
    path = folder / "letters.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([("番号", "本文", "電話"), *rows])
    return path


def raw(folder: Path, content: bytes, name: str = "letters.csv") -> Path:
    """Write bytes as they are."""
    path = folder / name
    path.write_bytes(content)
    return path


def some_json(folder: Path, objects: object, name: str = "letters.json") -> Path:
    """Write a JSON array."""
    path = folder / name
    path.write_text(json.dumps(objects, ensure_ascii=False), "utf-8")
    return path


def opinions(path: Path, mapping: FileMapping, chunk_rows: int = 5000) -> pd.DataFrame:
    """Read a whole file into one frame."""
    return pd.concat(
        (block.frame for block in letters_from_file(path, mapping, chunk_rows=chunk_rows)), ignore_index=True
    )
