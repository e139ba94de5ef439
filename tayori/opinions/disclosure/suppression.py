"""Hides counts under k and as much more as it takes that no sum gives them back.

Primary: every cell from 1 to k-1 letters. Complementary: for each of them, the cheapest flow along the sums that
could make it large or small (two linear programs); what the flow passes is hidden too. All tables of a
report are treated as one system. A zero is printed unless a flow needs it: so a hidden count may be zero too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack

from tayori.errors import Refused
from tayori.opinions.disclosure.tables import Figures, Key, SuppressedTable, printed

EXTERNAL_K: Final = 10
INTERNAL_K: Final = 5
_BASE_COST: Final = 2.0  # what hiding one more cell costs beside the letters it hides
_TRACE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Interval:
    """What nobody may be able to exclude: a sensitive count could be as low and as high as this."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Suppression:
    """The hidden cells of a report: those under k, and all together."""

    primary: frozenset[Key]
    hidden: frozenset[Key]


def sensitive(figures: Figures, k: int) -> dict[Key, Interval]:
    """The cells that fewer than k letters stand behind, with the interval each must stay uncertain over."""
    return {
        key: Interval(0, figures.values[key] + k - figures.letters[key])
        for key in figures.cells()
        if 0 < figures.letters.get(key, 0) < k
    }


def suppress(figures: Figures, *, k: int) -> Suppression:
    """Choose what to hide so that every sensitive cell keeps its interval."""
    needs = sensitive(figures, k)
    network = _Network(figures, needs)
    for key in sorted(needs, key=lambda key: (figures.values[key], key)):
        network.free(key, needs[key].high - figures.values[key])
        network.free(key, needs[key].low - figures.values[key])
    return Suppression(frozenset(needs), network.hidden())


def hide(figures: Figures, suppression: Suppression, *, k: int) -> list[SuppressedTable]:
    """The tables without their hidden cells."""
    return [printed(table, figures.values, suppression.hidden, k) for table in figures.tables]


class _Network:
    """The sums of a report as one matrix over its cells, and how far the hidden ones can already move."""

    def __init__(self, figures: Figures, primary: Iterable[Key]) -> None:
        self._keys = list(figures.cells())
        self._index = {key: at for at, key in enumerate(self._keys)}
        self._values = np.array([figures.values.get(key, 0) for key in self._keys], dtype=float)
        self._cost = self._values + _BASE_COST
        self._gone = np.zeros(len(self._keys), dtype=bool)
        self._gone[[self._index[key] for key in primary]] = True
        self._up = np.zeros(len(self._keys))
        self._down = np.zeros(len(self._keys))
        matrix = _matrix(figures, self._index)
        self._sums = LinearConstraint(hstack([matrix, -matrix], format="csr"), 0.0, 0.0)

    def hidden(self) -> frozenset[Key]:
        """The cells hidden so far."""
        return frozenset(self._keys[at] for at in np.flatnonzero(self._gone))

    def free(self, key: Key, change: int) -> None:
        """Hide what must be unknown so that `key` could differ by `change` and all sums still hold.

        A flow found for one cell moves others too; what they gained by it is not asked for again.
        """
        at = self._index[key]
        reached = self._up[at] if change > 0 else self._down[at]
        if reached < abs(change) - _TRACE:
            net = self._flow(at, change)
            self._gone |= np.abs(net) > _TRACE
            self._up = np.maximum(self._up, net)
            self._down = np.maximum(self._down, -net)

    def _flow(self, at: int, change: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        """The cheapest way, by what it would hide, to move one cell and keep every sum."""
        count = len(self._keys)
        cost = np.where(self._gone, 0.0, self._cost)
        low = np.zeros(2 * count)
        high = np.concatenate([np.full(count, np.inf), self._values])
        forward, backward = (at, at + count) if change > 0 else (at + count, at)
        low[forward] = high[forward] = abs(change)
        high[backward] = 0.0
        found = milp(np.concatenate([cost, cost]), constraints=self._sums, bounds=Bounds(low, high))
        if not found.success:
            raise Refused(
                "The tables cannot be protected: too few letters stand behind them. "
                "Choose a longer period or fewer tables; nothing was written."
            )
        net: np.ndarray[tuple[int], np.dtype[np.float64]] = found.x[:count] - found.x[count:]
        return net


def _matrix(figures: Figures, index: dict[Key, int]) -> "csr_array[np.float64]":
    """One row per sum: parts minus total."""
    rows, columns, signs = [], [], []
    for at, entry in enumerate(sums := figures.sums()):
        for key, sign in [(entry.total, -1.0), *((part, 1.0) for part in entry.parts)]:
            rows.append(at)
            columns.append(index[key])
            signs.append(sign)
    return csr_array((signs, (rows, columns)), shape=(len(sums), len(index)), dtype=np.float64)
