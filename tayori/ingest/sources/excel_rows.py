"""Excel workbooks as tables: the cells' texts; what a spreadsheet changed on its own is refused."""

import zipfile
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from pathlib import Path
from typing import Final, cast
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from tayori.errors import BadInput
from tayori.ingest.sources.frame import Cell
from tayori.ingest.sources.tables import Table, checked_header

LARGEST_UNPACKED: Final = 1 << 30  # bytes; a small file may unpack to more than any mailbag holds


def excel_table(path: Path, sheet: str | None, digit_columns: AbstractSet[str]) -> Table:
    """Read a sheet of an .xlsx workbook; rows are numbered as the spreadsheet shows them.

    Dates become ISO texts, numbers their digits. In `digit_columns` (telephone, postal code, fax) a number is refused:
    the spreadsheet has dropped its leading zero. Rows without any cell are no rows.

    Raises:
        BadInput: no workbook, several sheets and none named, no header, a name twice, a number where digits are meant,
            an error value in a cell.

    """
    rows = _filled(_values(path, sheet))
    _, first = next(rows, (1, ()))
    names = list(first)
    while names and names[-1] is None:
        names.pop()
    header = checked_header(names)
    return Table(header, _texts(rows, header, digit_columns))


def _values(path: Path, sheet: str | None) -> Iterator[tuple[int, Sequence[object]]]:
    try:
        _refuse_bomb(path)
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            yield from enumerate(_sheet(workbook, sheet).iter_rows(values_only=True), 1)
        finally:
            workbook.close()
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ParseError, ValueError, EOFError, OSError) as fault:
        raise BadInput(f"{path.name} is no readable .xlsx workbook ({type(fault).__name__}); save it again.") from None


def _sheet(workbook: openpyxl.Workbook, sheet: str | None) -> Worksheet:
    names = workbook.sheetnames
    if sheet is None and len(names) > 1:
        raise BadInput(f"The workbook has {len(names)} sheets; name one under `sheet:` in the mapping.")
    if sheet is not None and sheet not in names:
        raise BadInput(f"The workbook has no sheet {sheet}; check `sheet:` in the mapping.")
    return cast("Worksheet", workbook[sheet or names[0]])  # the read-only one, which has the same rows


def _refuse_bomb(path: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        if sum(part.file_size for part in packed.infolist()) > LARGEST_UNPACKED:
            raise BadInput(f"{path.name} unpacks to more than {LARGEST_UNPACKED >> 30} GiB; cut it into parts.")


def _filled(rows: Iterator[tuple[int, Sequence[object]]]) -> Iterator[tuple[int, Sequence[object]]]:
    return (row for row in rows if any(value is not None for value in row[1]))


def _texts(
    rows: Iterator[tuple[int, Sequence[object]]], header: tuple[str, ...], digit_columns: AbstractSet[str]
) -> Iterator[tuple[int, Sequence[Cell]]]:
    width = len(header)
    for number, row in rows:
        if any(value is not None for value in row[width:]):
            raise BadInput(f"Row {number} has cells beyond the header's {width} columns; name them or clear them.")
        padded = (*row[:width], *[None] * (width - len(row)))
        yield (
            number,
            [
                _cell(value, number, name, digits=name in digit_columns)
                for name, value in zip(header, padded, strict=True)
            ],
        )


def _cell(value: object, number: int, column: str, *, digits: bool) -> Cell:
    place = f"Row {number}, column {column}"
    if value is None:
        return None
    if isinstance(value, str):
        if value.startswith("#") and value in _ERRORS:
            raise BadInput(f"{place}: a formula ends in an error; mend it in the workbook.")
        return value
    if digits:
        raise BadInput(f"{place}: a number where digits are kept; format the column as text, check leading zeros.")
    return _written(value, place)


def _written(value: object, place: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (int, float)):
        return str(int(value)) if value == int(value) else repr(value)
    raise BadInput(f"{place}: a {type(value).__name__} is no text; format the column as text.")


_ERRORS: Final = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})
