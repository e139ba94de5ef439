"""A broken file is refused whole, by a sentence that names the place and never a value."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tayori.errors import BadInput, NotFound
from tayori.ingest.sources.file import letters_from_file
from tests.sources.builders import SECRET, a_csv, a_mapping, opinions, raw, some_json

HEADER = "番号,本文,電話\n"


def refused(path: Path, folder: Path, **changes: object) -> str:
    """Read a file that must be refused before its first frame; give the sentence."""
    with pytest.raises(BadInput) as refusal:
        letters_from_file(path, a_mapping(folder, **changes))
    assert SECRET not in str(refusal.value)
    assert SECRET not in repr(refusal.value)
    assert refusal.value.__cause__ is None
    return refusal.value.sentence


FAULTY_TEXTS: dict[str, tuple[str, str]] = {
    "ragged, too long": (f"{HEADER}1,{SECRET},03\n2,a,b,{SECRET}\n", "Row 3 has 4 cells"),
    "ragged, too short": (f"{HEADER}1,{SECRET}\n", "Row 2 has 2 cells"),
    "double header": (f"番号,本文,本文\n1,{SECRET},x\n", "column 2 and column 3 alike"),
    "nameless column": (f"番号,,本文\n1,{SECRET},x\n", "no name in column 2"),
    "missing column": (f"番号,本文\n1,{SECRET}\n", "no column 電話"),
    "unknown column": (f"番号,本文,電話,{SECRET}\n1,a,b,c\n", "Column 4 of the file is unknown"),
    "open quote": (f'{HEADER}1,"{SECRET},03\n', "Row 2 holds a quote"),
    "stray quote": (f'{HEADER}1,"{SECRET}"x,03\n', "Row 2 holds a quote"),
    "huge field": (f"{HEADER}1,{SECRET * 20000},03\n", "longer than 100000"),
    "large field": (f"{HEADER}1,{SECRET * 15000},03\n", "Row 2, column 本文: longer than 100000"),
}


@pytest.mark.parametrize("fault", FAULTY_TEXTS)
def test_a_faulty_csv_is_refused(tmp_path: Path, fault: str) -> None:
    """Rows, header and quotes are checked before anything is taken in."""
    text, expected = FAULTY_TEXTS[fault]
    assert expected in refused(raw(tmp_path, text.encode()), tmp_path)


def test_a_fault_in_the_last_row_comes_before_the_first_frame(tmp_path: Path) -> None:
    """Nothing is half done: the whole file is surveyed first."""
    rows = [(str(number), "本文", "03") for number in range(12000)]
    path = a_csv(tmp_path, rows)
    path.write_bytes(path.read_bytes() + "12000,二つだけ\n".encode())
    assert "Row 12002" in refused(path, tmp_path)


def test_an_empty_file_is_refused_and_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    """No bytes is a fault of sending; a header without rows is a day without letters."""
    assert "0 bytes" in refused(raw(tmp_path, b""), tmp_path)
    assert list(letters_from_file(a_csv(tmp_path, []), a_mapping(tmp_path))) == []
    assert list(letters_from_file(some_json(tmp_path, []), a_mapping(tmp_path))) == []


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    """A wrong path has its own exit code."""
    with pytest.raises(NotFound, match=r"none\.csv"):
        letters_from_file(tmp_path / "none.csv", a_mapping(tmp_path))


def test_an_undecodable_file_names_the_byte(tmp_path: Path) -> None:
    """Neither UTF-8 nor CP932: the sentence tells where, not what."""
    good = f"{HEADER}1,".encode("cp932")
    sentence = refused(raw(tmp_path, good + b"\x85\xff\xff,03\n"), tmp_path)
    assert f"byte {len(good)}" in sentence


def test_damaged_utf8_is_not_taken_for_cp932(tmp_path: Path) -> None:
    """One broken byte in a UTF-8 list is a refusal, never a page of wrong letters."""
    content = bytearray(f"{HEADER}1,{SECRET},03\n".encode() * 3)
    place = content.rindex("秘".encode())
    content[place] = 0x41
    assert f"byte {place + 1}" in refused(raw(tmp_path, bytes(content)), tmp_path)


def test_damaged_utf8_that_would_pass_as_cp932_is_refused_all_the_same(tmp_path: Path) -> None:
    """Bytes that CP932 accepts do not make a UTF-8 list with one foreign letter a CP932 list."""
    content = b"no,body\n1," + ("ああ" * 10).encode()
    path = raw(tmp_path, content + b"\x82\xa0\n")
    assert path.read_bytes().decode("cp932")
    sentence = refused(path, tmp_path, columns={"no": "source_key", "body": "opinion"})
    assert f"not UTF-8: it breaks at byte {len(content)}." in sentence


def test_a_fault_beyond_the_first_block_is_placed_right(tmp_path: Path) -> None:
    """The byte named is the byte, however far into the file, whatever character a block cuts."""
    content = HEADER.encode() + ("1,あいう,03\n".encode() * 120_000)
    sentence = refused(raw(tmp_path, content + b"1,\xff,03\n"), tmp_path)
    assert f"byte {len(content) + 2}" in sentence


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf16_is_refused_by_name_or_by_its_nul_bytes(tmp_path: Path, encoding: str) -> None:
    """A file saved as "Unicode" is no CSV of ours."""
    sentence = refused(raw(tmp_path, f"{HEADER}1,{SECRET},03\n".encode(encoding)), tmp_path)
    assert "UTF-16" in sentence or "NUL byte" in sentence


def test_nul_bytes_are_refused(tmp_path: Path) -> None:
    """A NUL byte is a damaged file; the sentence names its place."""
    content = f"{HEADER}1,{SECRET}".encode()
    assert f"NUL byte at byte {len(content)}" in refused(raw(tmp_path, content + b"\0,03\n"), tmp_path)


def test_a_given_encoding_is_held_to(tmp_path: Path) -> None:
    """A mapping that says cp932 does not read UTF-8, and the other way round."""
    path = a_csv(tmp_path, [("1", SECRET, "03")], "cp932")
    assert "UTF-8" in refused(path, tmp_path, encoding="utf-8")
    path = a_csv(tmp_path, [("1", "う", "03")], "utf-8")
    assert "CP932" in refused(path, tmp_path, encoding="cp932")


def test_other_kinds_of_files_are_refused(tmp_path: Path) -> None:
    """Files are known by their ending; .xls and .txt are not read."""
    assert ".xlsx" in refused(raw(tmp_path, b"x", "letters.xls"), tmp_path)


def row(**fields: object) -> dict[str, object]:
    return {"番号": "1", "本文": SECRET, "電話": "03"} | fields


FAULTY_JSON: dict[str, tuple[str, str]] = {
    "truncated array": (json.dumps([row(), row()])[:-20], "Row 2 is no complete JSON"),
    "array without end": (json.dumps([row()])[:-1], "breaks off"),
    "array without comma": (json.dumps([row()])[:-1] + json.dumps(row()) + "]", "lacks a ,"),
    "two arrays": (json.dumps([row()]) * 2, "follows the end"),
    "truncated line": (json.dumps(row()) + "\n" + json.dumps(row())[:-5], "Row 2 is no complete JSON"),
    "no object": (json.dumps([row(), SECRET]), "Row 2 is no JSON object"),
    "field twice": (f'[{{"番号": "1", "番号": "2", "本文": "{SECRET}", "電話": "0"}}]', "Row 1 names a field twice"),
    "other fields": (json.dumps([row(), {"番号": "2"}]), "Row 2 has other fields"),
    "unknown field": (json.dumps([row(生年月日="x")]), "Column 4 of the file is unknown"),
    "missing field": (json.dumps([{"番号": "2", "本文": SECRET}]), "no column 電話"),
    "nested value": (json.dumps([row(電話=[SECRET])]), "Row 1, field 電話"),
    "NUL in a text": (json.dumps([row(電話="\0")]), "holds a NUL"),
    "half a pair": (json.dumps([row(電話="\ud800")]), "half a surrogate"),
    "not a number": ('{"番号": NaN, "本文": "x", "電話": "y"}', "Row 1 is no complete JSON"),
    "too deep": ('{"番号": ' + "[" * 100_000, "Row 1 is no complete JSON"),
}


@pytest.mark.parametrize("fault", FAULTY_JSON)
def test_faulty_json_is_refused(tmp_path: Path, fault: str) -> None:
    """Broken off, uneven or nested JSON is refused by row."""
    text, expected = FAULTY_JSON[fault]
    assert expected in refused(raw(tmp_path, text.encode(), "letters.json"), tmp_path)


def test_json_numbers_keep_their_digits(tmp_path: Path) -> None:
    """Text first: a number is the digits it was written in, null is missing, ignored fields hold anything."""
    text = '{"番号": 1.50, "本文": true, "電話": null, "メモ": {"深い": [1]}}\n\n'
    frame = opinions(raw(tmp_path, text.encode(), "letters.jsonl"), a_mapping(tmp_path))
    assert (frame["source_key"].item(), frame["opinion"].item()) == ("1.50", "true")
    assert frame["telephone"].isna().all()


@pytest.mark.parametrize("objects", [1, 5000])
def test_an_array_is_read_in_parts(tmp_path: Path, objects: int) -> None:
    """However long array and texts are, each object comes out once."""
    path = some_json(
        tmp_path, [row(番号=str(number), 本文="長" * 20_000 if objects == 1 else "短") for number in range(objects)]
    )
    assert opinions(path, a_mapping(tmp_path))["source_key"].tolist() == [str(number) for number in range(objects)]


def a_workbook(folder: Path, *rows: list[Any], sheets: int = 1) -> Path:
    book = openpyxl.Workbook()
    for number in range(sheets):
        sheet = book.create_sheet(f"表{number}") if number else book.active
        assert sheet is not None
        for each in [["番号", "本文", "電話"], *rows]:
            sheet.append(each)
    path = folder / "letters.xlsx"
    book.save(path)
    return path


FAULTY_WORKBOOKS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "no workbook": (lambda folder: raw(folder, SECRET.encode(), "letters.xlsx"), "no readable .xlsx"),
    "number as telephone": (
        lambda folder: a_workbook(folder, ["1", SECRET, 312345678]),
        "Row 2, column 電話: a number",
    ),
    "cells beyond": (lambda folder: a_workbook(folder, ["1", SECRET, "03", "余り"]), "Row 2 has cells beyond"),
    "two sheets": (lambda folder: a_workbook(folder, sheets=2), "2 sheets"),
    "formula error": (lambda folder: a_workbook(folder, ["1", "#REF!", "03"]), "Row 2, column 本文: a formula"),
}


@pytest.mark.parametrize("fault", FAULTY_WORKBOOKS)
def test_a_faulty_workbook_is_refused(tmp_path: Path, fault: str) -> None:
    """What a spreadsheet changed on its own is refused, not guessed back."""
    make, expected = FAULTY_WORKBOOKS[fault]
    assert expected in refused(make(tmp_path), tmp_path)


def test_a_workbooks_numbers_and_empty_rows(tmp_path: Path) -> None:
    """A whole number is its digits, an empty row is no row, and rows keep the number the spreadsheet shows."""
    path = a_workbook(tmp_path, [1, "本文", "03"], [None, None, None], [2.0, 1.5, None])
    frame = opinions(path, a_mapping(tmp_path))
    assert frame["row"].tolist() == ["2", "4"]
    assert frame["source_key"].tolist() == ["1", "2"]
    assert frame["opinion"].tolist() == ["本文", "1.5"]


def test_rows_without_a_key_column_are_keyed_by_file_and_number(tmp_path: Path) -> None:
    """The same file gives the same keys; another file gives others; equal letters stay two."""
    changes = {"key": "row", "columns": {"本文": "opinion", "電話": "telephone"}, "ignore": ["番号"]}
    path = a_csv(tmp_path, [("1", "同文", "03"), ("1", "同文", "03")])
    first = opinions(path, a_mapping(tmp_path, **changes))["source_key"]
    assert first.nunique() == 2
    assert opinions(path, a_mapping(tmp_path, **changes))["source_key"].equals(first)
    other = opinions(a_csv(tmp_path, [("1", "同文", "04")]), a_mapping(tmp_path, **changes))["source_key"]
    assert not set(other) & set(first)
