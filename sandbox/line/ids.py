"""Dummy LINE user ids: generated, never stored.

A LINE user id is `U` and 128 bits in hexadecimal. A dummy one has in these bits: 32 that say `dddddddd`, 64 of a
mixed index, 32 of a check over it. Mixing is a bijection on 64 bits, so ids are unique by construction, look like
LINE's own, and are turned back into their index without a table: one small process can hold ten million friends.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Final, NewType

import numpy as np
import numpy.typing as npt

LineUserId = NewType("LineUserId", str)
Slots = npt.NDArray[np.int64]
"""Indices of people; `FOREIGN` where an id belongs to nobody of this space."""
PackedIds = npt.NDArray[np.uint8]
"""Ids without their `U`, 16 octets a row."""

ID_LENGTH: Final = 33
ID_SHAPE: Final = re.compile(r"U[0-9a-f]{32}")
FOREIGN: Final = -1

_Words = npt.NDArray[np.uint64]

_BITS: Final = 2**64
_GOLDEN: Final = 0x9E3779B97F4A7C15
_FIRST: Final = 0xBF58476D1CE4E5B9
_SECOND: Final = 0x94D049BB133111EB
_FIRST_UNDONE: Final[int] = pow(_FIRST, -1, _BITS)
_SECOND_UNDONE: Final[int] = pow(_SECOND, -1, _BITS)

_OCTETS: Final = 16
_RESERVED: Final = np.uint64(0xDDDDDDDD)
_CHECK_MASK: Final = np.uint64(2**32 - 1)
_HALF: Final = np.uint64(32)
_U: Final = ord("U")


def mix(words: _Words) -> _Words:
    """Scatter 64-bit words one to one (the finaliser of splitmix64)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(_FIRST)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(_SECOND)
    return words ^ (words >> np.uint64(31))


def unmix(words: _Words) -> _Words:
    """Undo `mix`: shifts are undone by repeating them, multiplications by the inverse modulo 2^64."""
    words = (words ^ (words >> np.uint64(31)) ^ (words >> np.uint64(62))) * np.uint64(_SECOND_UNDONE)
    words = (words ^ (words >> np.uint64(27)) ^ (words >> np.uint64(54))) * np.uint64(_FIRST_UNDONE)
    undone: _Words = words ^ (words >> np.uint64(30)) ^ (words >> np.uint64(60))
    return undone


class IdSpace:
    """All dummy ids of one seed: index to id and back, each in constant time.

    Indices run from 0 up to 2^63; ids of another seed decode to `FOREIGN`.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    @cached_property
    def _key(self) -> np.uint64:
        return np.uint64(mix(np.array([(self.seed * _GOLDEN + 1) % _BITS], np.uint64))[0])

    def encode(self, indices: Slots) -> PackedIds:
        """The ids of these indices."""
        mixed = mix(indices.astype(np.uint64) ^ self._key)
        halves = np.empty((len(mixed), 2), ">u8")
        halves[:, 0] = (_RESERVED << _HALF) | (mixed >> _HALF)
        halves[:, 1] = (mixed << _HALF) | self._check(mixed)
        return halves.view(np.uint8)

    def decode(self, packed: PackedIds) -> Slots:
        """The indices of these ids; `FOREIGN` for every id that is not of this space."""
        first, second = packed.view(">u8").astype(np.uint64).T
        mixed = (first << _HALF) | (second >> _HALF)
        indices = (unmix(mixed) ^ self._key).astype(np.int64)
        indices[(first >> _HALF != _RESERVED) | (second & _CHECK_MASK != self._check(mixed))] = FOREIGN
        return indices

    def _check(self, mixed: _Words) -> _Words:
        return mix(mixed * np.uint64(_GOLDEN) ^ self._key) >> _HALF

    def ids(self, start: int, stop: int) -> list[LineUserId]:
        """The ids of the indices `start <= i < stop`, in order."""
        return as_text(self.encode(np.arange(start, stop, dtype=np.int64)))

    def id_of(self, index: int) -> LineUserId:
        """The id of one index."""
        return self.ids(index, index + 1)[0]

    def index_of(self, line_user_id: str) -> int:
        """The index of one id, or `FOREIGN`."""
        packed = pack([line_user_id])
        return FOREIGN if packed is None else int(self.decode(packed)[0])


def pack(ids: Sequence[str]) -> PackedIds | None:
    """Ids packed, or None when one of them cannot be a LINE user id; `malformed` finds which one it was."""
    try:
        joined = "".join(ids)
    except TypeError:
        return None
    if not joined.isascii() or set(map(len, ids)) != {ID_LENGTH}:
        return None
    return pack_rows(np.frombuffer(joined.encode(), np.uint8).reshape(-1, ID_LENGTH))


def pack_rows(rows: npt.NDArray[np.uint8]) -> PackedIds | None:
    """Ids packed from their characters, one row each; None when one of them cannot be a LINE user id."""
    digits = rows[:, 1:ID_LENGTH].tobytes()
    if (rows[:, 0] != _U).any() or digits != digits.lower():
        return None
    try:
        octets = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return None
    whole = len(octets) == len(rows) * _OCTETS  # fromhex passes over blanks
    return np.frombuffer(octets, np.uint8).reshape(-1, _OCTETS) if whole else None


def malformed(ids: Sequence[object]) -> list[int]:
    """Positions of what is not a LINE user id."""
    return [i for i, one in enumerate(ids) if not (isinstance(one, str) and ID_SHAPE.fullmatch(one))]


def as_text(packed: PackedIds) -> list[LineUserId]:
    """Packed ids as a list of strings."""
    digits, width = packed.tobytes().hex(), ID_LENGTH - 1
    return [LineUserId("U" + digits[at : at + width]) for at in range(0, len(digits), width)]


def as_bytes(packed: PackedIds) -> npt.NDArray[np.bytes_]:
    """Packed ids as an `S33` array: for millions of them."""
    rows = np.full((len(packed), ID_LENGTH), _U, np.uint8)
    rows[:, 1:] = np.frombuffer(packed.tobytes().hex().encode(), np.uint8).reshape(-1, ID_LENGTH - 1)
    return rows.view(f"S{ID_LENGTH}").reshape(-1)
