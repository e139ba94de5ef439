"""Two sides of a migration held against each other: every column of every case, in sums that no order changes.

A column's checksum is the sum, modulo 2^128, of keyed digests of (column, case, value) over all cases: equal sums mean
equal contents, whatever order the cases came in. The key is drawn anew for each verification and thrown away, so that
no checksum tells anything about a value.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from tayori.migration.cases import ITEMS

FILES: Final = "files"
RECEIPT: Final = "receipt_no"
COLUMNS: Final = (RECEIPT, *ITEMS, FILES)
_DIGEST: Final = 16
_MODULUS: Final = 1 << (8 * _DIGEST)
_NOTHING: Final = b"\x00"
_SOMETHING: Final = b"\x01"
Values = Mapping[str, str | None]
"""A case as texts, by column."""


class Checksums:
    """The running sums of one side, by column."""

    def __init__(self, key: bytes) -> None:
        """Begin at zero under a key that both sides share."""
        self._hashes = {column: blake2b(column.encode() + b"|", digest_size=_DIGEST, key=key) for column in COLUMNS}
        self._sums = dict.fromkeys(COLUMNS, 0)
        self.cases = 0

    def add(self, case: str, values: Values) -> None:
        """Add a case."""
        self.cases += 1
        named = case.encode() + b"|"
        for column in COLUMNS:
            value = values[column]
            digest = self._hashes[column].copy()
            digest.update(named + (_NOTHING if value is None else _SOMETHING + value.encode("utf-8", "surrogatepass")))
            self._sums[column] += int.from_bytes(digest.digest())

    def written(self) -> dict[str, str]:
        """Give the sums in hexadecimal."""
        return {column: f"{total % _MODULUS:032x}" for column, total in self._sums.items()}


@dataclass(slots=True)
class Comparison:
    """What holding the sides against each other found, and so far: `differs` counts by kind and column."""

    source: Checksums
    here: Checksums
    differs: Counter[tuple[str, str]] = field(default_factory=Counter)
    where: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def found(self, kind: str, column: str, case_no: int | None = None) -> None:
        """Note a difference; the first few name their case's number."""
        self.differs[kind, column] += 1
        named = self.where.setdefault((kind, column), [])
        if case_no is not None and len(named) < NAMED:
            named.append(case_no)

    def pair(self, case: str, case_no: int, theirs: Values, ours: Values) -> None:
        """Hold one case against its counterpart, column by column."""
        self.source.add(case, theirs)
        self.here.add(case, ours)
        for column in COLUMNS:
            if theirs[column] != ours[column]:
                self.found("value", column, case_no)

    def lone(self, case: str, theirs: Values) -> None:
        """Note a case of the old system that is not here."""
        self.source.add(case, theirs)
        self.found("missing", "")


NAMED: Final = 20


def equal_columns(comparison: Comparison) -> Sequence[dict[str, object]]:
    """Give, for each column, both checksums and whether they are equal."""
    theirs, ours = comparison.source.written(), comparison.here.written()
    return [
        {"column": column, "source": theirs[column], "here": ours[column], "equal": theirs[column] == ours[column]}
        for column in COLUMNS
    ]
