"""The number that the writer of a letter gets: a part to tell by telephone, and a part that only they know.

`1126-7K3F-9QXM-2RTD-84HC`: day and four signs are the reference, the last twelve (60 bits) are secret. Signs that look
alike are not used, and are read as what they look like (Crockford's base 32).
"""

import re
import unicodedata
from datetime import date
from typing import Final

SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DRAWN_BYTES: Final = 10  # 80 bits: sixteen signs
_ALIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_BETWEEN: Final = re.compile(r"[\s\-‐‑‒–—―ー−]")
_FORM: Final = re.compile(rf"[0-9]{{4}}[{SIGNS}]{{16}}")
_GROUP: Final = 4


def receipt_number(day: date, drawn: bytes) -> str:
    """Write a number from the day of receipt and ten random bytes."""
    value = int.from_bytes(drawn[:DRAWN_BYTES])
    signs = "".join(SIGNS[value >> 5 * place & 31] for place in range(16))
    return _grouped(f"{day:%m%d}{signs}")


def read_receipt(written: str) -> str | None:
    """Give a number in its one form, however it was typed; None if it is none."""
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", written)).upper().translate(_ALIKE)
    return _grouped(plain) if _FORM.fullmatch(plain) else None


def reference_of(number: str) -> str:
    """Give the part that may be told to others."""
    return number[: 2 * _GROUP + 1]


def _grouped(signs: str) -> str:
    return "-".join(signs[at : at + _GROUP] for at in range(0, len(signs), _GROUP))
