"""An address in the window of an envelope (長形3号): in the largest lettering in which all of it can be seen.

The window shows 22 to 107 mm from the left and 15 to 57 mm from the top of a sheet that is folded in three. The sheet
moves in its envelope, so that nothing stands within a few millimetres of the window's edge.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from tayori.errors import BadInput

WIDTH: Final = 76.0
HEIGHT: Final = 37.0
"""Millimetres that may be written on, within the window's padding."""
GAP: Final = 2.0
POINT: Final = 25.4 / 72
LEADING: Final = 1.5
HONORIFIC: Final = "　様"
WIDE: Final = frozenset("WFA")


@dataclass(frozen=True, slots=True)
class Lettering:
    """Sizes in points: of the address, and of the name."""

    address: float
    name: float


SIZES: Final = (Lettering(11, 13), Lettering(9, 11), Lettering(7.5, 9))


def lettering(lines: Sequence[str], name: str) -> Lettering:
    """Give the largest lettering in which all lines of an address and the name can be seen in the window.

    Raises:
        BadInput: they cannot in any; a name that is cut off would send the letter to somebody else.

    """
    for size in SIZES:
        rows = sum(_rows(line, size.address) for line in lines)
        height = rows * size.address + _rows(name + HONORIFIC, size.name) * size.name
        if height * POINT * LEADING + GAP <= HEIGHT:
            return size
    raise BadInput(
        "The address is too long for the window of the envelope. Ask its writer for a shorter form, or answer another "
        "way (`tayori case draft --way`). Nothing was printed."
    )


def _rows(line: str, points: float) -> int:
    """How many rows a line takes that breaks at spaces, and within a part only where it is wider than a row."""
    rows, filled, fits = 1, 0.0, WIDTH / (points * POINT)
    for part in line.split():
        wide = sum(_width(sign) for sign in part)
        if filled and filled + 1 + wide > fits:
            rows, filled = rows + 1, 0.0
        rows += ceil(wide / fits) - 1 if wide else 0
        filled += wide + 1
    return rows


def _width(sign: str) -> float:
    """Give the width of a sign in its own size; of narrow ones the width that most stay below."""
    if unicodedata.east_asian_width(sign) in WIDE:
        return 1.0
    return 0.75 if sign.isupper() else 0.6
