"""Batches: the frozen lists that a broadcast is sent in, at most 500 people each, packed and content-addressed."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt

LARGEST_BATCH: Final = 500  # LINE's limit on `to` (messaging-api.yml)
RETRY_WITHIN: Final = timedelta(hours=12)  # half of the 24 h for which LINE knows a retry key: no retry later (I6)
DECIDE_WITHIN: Final = timedelta(hours=72)  # then an unknown batch is recorded as undecided, its list destroyed (I6)

Numbers = npt.NDArray[np.int64]


def in_batches(numbers: Numbers, size: int = LARGEST_BATCH) -> Iterator[Numbers]:
    """Cut ordered person numbers into batches: each person in exactly one, order kept, none empty."""
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def pack(numbers: Numbers) -> bytes:
    """Pack person numbers as 64-bit little-endian integers."""
    return numbers.astype("<i8").tobytes()


def unpack(packed: bytes) -> Numbers:
    """Give back what `pack` packed."""
    return np.frombuffer(packed, dtype="<i8").astype(np.int64)


def without(packed: bytes, leavers: frozenset[int]) -> bytes:
    """The packed list with the leavers taken out, order kept."""
    numbers = unpack(packed)
    return pack(numbers[~np.isin(numbers, list(leavers))])


def only(packed: bytes, present: Numbers) -> bytes:
    """The packed list (ascending) without those who are not among the present (ascending), order kept."""
    numbers = unpack(packed)
    if len(present) == 0:
        return b""
    places = np.minimum(np.searchsorted(present, numbers), len(present) - 1)
    return pack(numbers[present[places] == numbers])


def retry_key(rng: Random) -> str:
    """A fresh `X-Line-Retry-Key`: a random UUID, stored before the first attempt."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))
