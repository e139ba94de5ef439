"""ULIDs, as LINE gives them to webhook events: 48 bits of time and 80 of chance in Crockford's base 32."""

import random
from typing import Final

import numpy as np
import numpy.typing as npt

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_OCTETS: Final = np.frombuffer(_ALPHABET.encode(), np.uint8)
_LENGTH: Final = 26
_TIME_LENGTH: Final = 10
_SHIFTS: Final = range((_LENGTH - 1) * 5, -1, -5)
_TIME_SHIFTS: Final = np.arange(45, -1, -5)


def ulid(milliseconds: int, rng: random.Random) -> str:
    """One ULID."""
    number = milliseconds << 80 | rng.getrandbits(80)
    return "".join([_ALPHABET[number >> shift & 31] for shift in _SHIFTS])


def ulids(milliseconds: npt.NDArray[np.int64], rng: np.random.Generator) -> list[str]:
    """One ULID for each of these times: for a million of them."""
    rows = np.empty((len(milliseconds), _LENGTH), np.uint8)
    rows[:, :_TIME_LENGTH] = _OCTETS[milliseconds[:, None] >> _TIME_SHIFTS & 31]
    rows[:, _TIME_LENGTH:] = _OCTETS[rng.integers(0, 32, (len(rows), _LENGTH - _TIME_LENGTH), np.uint8)]
    joined = rows.tobytes().decode()
    return [joined[at : at + _LENGTH] for at in range(0, len(joined), _LENGTH)]
