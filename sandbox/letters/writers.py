"""The mailbag as a file of the desk: CSV in three encodings, Excel, JSON lines, one JSON array; its known answers."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

import openpyxl

from sandbox.letters.letters import Letter
from tayori.domain.ward import ward

HEADER: Final = (
    "受付番号", "受付日", "媒体", "宛先", "回答希望", "主管部", "種別", "氏名", "郵便番号", "住所", "電話番号",
    "メールアドレス", "FAX番号", "意見等の内容", "入力端末",
)  # fmt: skip
_UNWRITABLE: Final = str.maketrans({"﨑": "崎", "−": "－", "‐": "-"})  # letters that CP932 lacks or maps otherwise


def desk_row(letter: Letter) -> tuple[str, ...]:
    """Write a letter as the desk's list shows it: terms in Japanese, the day with slashes."""
    lists = ward()
    return (
        letter.key,
        f"{letter.received_on:%Y/%m/%d}",
        lists.channels[letter.channel],
        lists.addressees[letter.addressee],
        lists.answer_wanted[letter.answer_wanted],
        letter.department,
        lists.kinds[letter.kind],
        letter.name,
        letter.postal_code,
        letter.address,
        letter.telephone,
        letter.email,
        letter.fax,
        letter.opinion,
        "PC-01",
    )


def write_csv(letters: Iterable[Letter], path: Path, encoding: str = "utf-8") -> int:
    """Write a CSV in utf-8, utf-8-sig or cp932; give the number of letters."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        return _each(letters, lambda row: writer.writerow(_writable(row, encoding)))


def write_excel(letters: Iterable[Letter], path: Path) -> int:
    """Write an .xlsx workbook of text cells; give the number of letters."""
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("意見一覧")
    sheet.append(HEADER)
    count = _each(letters, sheet.append)
    workbook.save(path)
    return count


def write_json_lines(letters: Iterable[Letter], path: Path) -> int:
    """Write one JSON object a line; give the number of letters."""
    with path.open("w", encoding="utf-8") as file:
        return _each(letters, lambda row: file.write(_object(row) + "\n"))


def write_json_array(letters: Iterable[Letter], path: Path) -> int:
    """Write one JSON array; give the number of letters."""
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        mark = iter(_commas())
        count = _each(letters, lambda row: file.write(next(mark) + _object(row)))
        file.write("\n]\n")
        return count


def write_answers(letters: Iterable[Letter], path: Path) -> int:
    """Write the known answers, one JSON object a line: key, theme, topic, spans and what was planted."""
    with path.open("w", encoding="utf-8") as file:
        return sum(1 for _ in map(file.write, map(_answer, letters)))


def _each(letters: Iterable[Letter], write: Callable[[tuple[str, ...]], object]) -> int:
    return sum(1 for _ in map(write, map(desk_row, letters)))


def _answer(letter: Letter) -> str:
    return json.dumps({"key": letter.key, **asdict(letter.answers)}, ensure_ascii=False) + "\n"


def _writable(row: tuple[str, ...], encoding: str) -> tuple[str, ...]:
    return row if encoding != "cp932" else tuple(cell.translate(_UNWRITABLE) for cell in row)


def _object(row: tuple[str, ...]) -> str:
    return json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False)


def _commas() -> Iterator[str]:
    yield "\n"
    while True:
        yield ",\n"
