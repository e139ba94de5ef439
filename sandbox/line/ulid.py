"""ULIDs, as LINE gives them to webhook events: 48 bits of time and 80 of chance in Crockford's base 32."""

import random
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS: Final = [first + second for first in _ALPHABET for second in _ALPHABET]
_QUADS: Final = [first + second for first in _PAIRS for second in _PAIRS]
_QUAD_BITS: Final = 20
_QUAD: Final = (1 << _QUAD_BITS) - 1


def time_part(milliseconds: int) -> str:
    """The first ten characters."""
    high, low = divmod(milliseconds, 1 << 40)
    return _PAIRS[high] + _quads(low, 2)


def chance_part(rng: random.Random) -> str:
    """The last sixteen characters."""
    return _quads(rng.getrandbits(80), 4)


def ulid(milliseconds: int, rng: random.Random) -> str:
    """One ULID."""
    return time_part(milliseconds) + chance_part(rng)


def _quads(number: int, count: int) -> str:
    shifts = range((count - 1) * _QUAD_BITS, -1, -_QUAD_BITS)
    return "".join([_QUADS[number >> shift & _QUAD] for shift in shifts])
