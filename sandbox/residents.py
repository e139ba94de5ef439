"""Dummy residents: who they are follows from a seed and their index alone.

Ten or ten million, in whatever pieces they are asked for, person 4711 is always the same. Proportions are made up
after the shape of a ward in central Tokyo; no figure here is a statistic.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sandbox.line.ids import IdSpace, LineUserId, as_bytes, as_text, mix

YEARS: Final = range(1930, 2011)
AREAS: Final = (
    "四谷",
    "箪笥町",
    "榎町",
    "若松町",
    "大久保",
    "戸塚",
    "落合第一",
    "落合第二",
    "柏木",
    "角筈",
    "区外",
)
"""Area code = place in this list, from 1."""
GENRES: Final = (
    "子育て",
    "高齢者",
    "防災・防犯",
    "イベント",
    "健康",
    "文化・スポーツ",
    "ごみ・環境",
    "しごと・産業",
    "まちづくり",
    "教育",
    "緊急",
    "やさしい日本語",
    "English",
    "中文",
    "한국어",
)
"""Genre code = place in this list, from 1."""

_AREA_WEIGHTS: Final = (10.0, 9.5, 9.0, 8.5, 12.5, 10.5, 9.5, 9.0, 8.5, 5.0, 8.0)
_YEAR_POINTS: Final = ((1930, 1.0), (1945, 6.0), (1965, 10.0), (1975, 14.0), (1988, 18.0), (1999, 15.0), (2010, 2.0))
"""Weight of a birth year, straight lines between: few very old, many in their thirties."""
_SET: Final = {"anything": 0.94, "birth_year": 0.85, "sex": 0.75, "area": 0.9}
"""Share of people who set something at all, and of those who set each attribute."""
_WOMEN: Final = 0.56
_COHORTS: Final = (1950, 1965, 1980, 1995)
"""First birth years of the second to the fifth cohort."""
_WISHES: Final = (
    (0.02, 0.06, 0.22, 0.62, 0.18),
    (0.74, 0.48, 0.16, 0.05, 0.02),
    (0.62, 0.60, 0.55, 0.48, 0.36),
    (0.30, 0.38, 0.45, 0.52, 0.50),
    (0.58, 0.50, 0.38, 0.28, 0.18),
    (0.30, 0.34, 0.36, 0.34, 0.38),
    (0.40, 0.42, 0.38, 0.33, 0.20),
    (0.03, 0.16, 0.28, 0.28, 0.26),
    (0.22, 0.24, 0.20, 0.14, 0.08),
    (0.03, 0.08, 0.34, 0.42, 0.20),
    (0.78, 0.78, 0.74, 0.70, 0.62),
    (0.04, 0.04, 0.06, 0.08, 0.10),
    (0.01, 0.03, 0.05, 0.08, 0.10),
    (0.02, 0.03, 0.04, 0.06, 0.07),
    (0.02, 0.03, 0.03, 0.04, 0.04),
)
"""Share of each cohort that chose a genre; rows in the order of `GENRES`."""
_CHUNK: Final = 10_000
_STREAM: Final = 0x9E3779B97F4A7C15
_BITS: Final = 2**64

Indices = npt.NDArray[np.int64]
_Chances = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DummyResident:
    """One dummy resident's wishes as they would set them; None and the empty set are "not set"."""

    line_user_id: LineUserId
    birth_year: int | None
    sex: int | None
    area: int | None
    genres: frozenset[int]


@dataclass(frozen=True)
class ResidentColumns:
    """Residents `start <= index < stop` as columns; 0 is "not set"; bit `g - 1` of `genres` is genre `g`."""

    index: Indices
    line_user_id: npt.NDArray[np.bytes_]
    birth_year: npt.NDArray[np.int16]
    sex: npt.NDArray[np.int8]
    area: npt.NDArray[np.int8]
    genres: npt.NDArray[np.uint16]


class _Dice:
    """Throws for every index at once; the n-th throw for an index depends on seed, n and index only."""

    def __init__(self, seed: int, indices: Indices) -> None:
        self._seed = seed
        self._indices = indices.astype(np.uint64)
        self._throws = 0

    def throw(self) -> _Chances:
        """One number in [0, 1) for each index."""
        self._throws += 1
        stream = np.array([(self._seed * _STREAM + self._throws) % _BITS], np.uint64)
        words = mix(self._indices + mix(stream) * np.uint64(_STREAM))
        return (words >> np.uint64(11)).astype(np.float64) / 2**53

    def pick(self, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """A place in `weights` for each index, by weight."""
        bounds = np.cumsum(weights) / weights.sum()
        return np.minimum(np.searchsorted(bounds, self.throw(), side="right"), len(weights) - 1)


def residents_columns(start: int, stop: int, seed: int) -> ResidentColumns:
    """Residents `start <= index < stop` as columns, for bulk loading."""
    index = np.arange(start, stop, dtype=np.int64)
    dice = _Dice(seed, index)
    year = _years()[dice.pick(_year_weights())]
    sex = np.where(dice.throw() < _WOMEN, 1, 2)
    area = dice.pick(np.array(_AREA_WEIGHTS)) + 1
    genres = _genres(dice, np.searchsorted(_COHORTS, year, side="right"))
    anything = dice.throw() < _SET["anything"]

    def shown(name: str) -> npt.NDArray[np.bool_]:
        return anything & (dice.throw() < _SET[name])

    return ResidentColumns(
        index=index,
        line_user_id=as_bytes(IdSpace(seed).encode(index)),
        birth_year=np.where(shown("birth_year"), year, 0).astype(np.int16),
        sex=np.where(shown("sex"), sex, 0).astype(np.int8),
        area=np.where(shown("area"), area, 0).astype(np.int8),
        genres=np.where(anything, genres, 0).astype(np.uint16),
    )


def residents(count: int, seed: int, start: int = 0) -> Iterator[DummyResident]:
    """`count` residents from index `start` on, one by one, in constant memory."""
    for first in range(start, start + count, _CHUNK):
        yield from _each(residents_columns(first, min(first + _CHUNK, start + count), seed), seed)


def _each(columns: ResidentColumns, seed: int) -> Iterator[DummyResident]:
    ids = as_text(IdSpace(seed).encode(columns.index))
    rows = zip(
        ids,
        columns.birth_year.tolist(),
        columns.sex.tolist(),
        columns.area.tolist(),
        columns.genres.tolist(),
        strict=True,
    )
    for line_user_id, year, sex, area, genres in rows:
        yield DummyResident(line_user_id, year or None, sex or None, area or None, genres_of(genres))


def genres_of(bits: int) -> frozenset[int]:
    """The genre codes in a bit mask."""
    return frozenset(genre for genre in range(1, len(GENRES) + 1) if bits >> (genre - 1) & 1)


def _genres(dice: _Dice, cohort: npt.NDArray[np.int64]) -> npt.NDArray[np.uint16]:
    bits = np.zeros(len(cohort), np.uint16)
    for place, wishes in enumerate(_WISHES):
        chosen = dice.throw() < np.array(wishes)[cohort]
        bits |= chosen.astype(np.uint16) << np.uint16(place)
    return bits


def _years() -> npt.NDArray[np.int64]:
    return np.arange(YEARS.start, YEARS.stop)


def _year_weights() -> _Chances:
    years, weights = zip(*_YEAR_POINTS, strict=True)
    interpolated: _Chances = np.interp(_years(), years, weights)
    return interpolated
