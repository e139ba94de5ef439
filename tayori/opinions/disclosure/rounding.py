"""Optional, on top of suppression: printed counts rounded to a base, so that a change of one letter rarely shows."""

from collections.abc import Iterable
from dataclasses import replace

from tayori.opinions.disclosure.tables import SuppressedTable


def rounded(tables: Iterable[SuppressedTable], base: int) -> list[SuppressedTable]:
    """Round every printed count to the nearest multiple of the base, halves upward; totals may no longer add up.

    Deterministic: the same count is always printed the same, so repeated print averages nothing out. Rounding alone
    protects nobody: audit the result with the same base (`audit(..., base=base)`). Tables that passed the audit before
    they were rounded pass it after: whoever knows a count knows what it is rounded to.
    """
    return [
        replace(
            table,
            cells=tuple(tuple(None if count is None else to_base(count, base) for count in row) for row in table.cells),
        )
        for table in tables
    ]


def to_base(count: int, base: int) -> int:
    """The nearest multiple of the base, halves upward. Raises ValueError for a base below 1."""
    if base < 1:
        raise ValueError("the base of rounding is a whole number from 1")
    return (count + base // 2) // base * base
