"""CSV files as tables: RFC 4180, strict about quotes and about the length of every row."""

import csv
from collections.abc import Iterator, Sequence

from tayori.errors import BadInput
from tayori.ingest.sources.decoding import TextFile
from tayori.ingest.sources.tables import LONGEST_CELL, Table, checked_header


def csv_table(file: TextFile) -> Table:
    """Read a CSV file; rows are numbered as a spreadsheet shows them, the header being row 1.

    Blank lines are no rows.

    Raises:
        BadInput: no header, a name twice, and while walking: a row of another length, an open quote, an outsized cell.

    """
    lines = _numbered(file)
    _, header = next(lines, (1, []))
    names = checked_header(header)
    return Table(names, _even(lines, len(names)))


def _numbered(file: TextFile) -> Iterator[tuple[int, list[str]]]:
    number = 0
    with file.path.open(encoding=file.encoding, newline="") as text:
        try:
            for number, row in enumerate(csv.reader(text, strict=True), 1):
                if row:
                    yield number, row
        except csv.Error as fault:
            limit = "field larger" in str(fault)
            reason = (
                f"a cell longer than {LONGEST_CELL} characters"
                if limit
                else "a quote that is not closed or out of place"
            )
            raise BadInput(f"Row {number + 1} holds {reason}; mend it at the source.") from None


def _even(lines: Iterator[tuple[int, list[str]]], width: int) -> Iterator[tuple[int, Sequence[str]]]:
    for number, row in lines:
        if len(row) != width:
            raise BadInput(
                f"Row {number} has {len(row)} cells where the header has {width}; "
                "mend its commas and quotes at the source."
            )
        yield number, row
