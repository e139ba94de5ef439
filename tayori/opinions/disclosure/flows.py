"""Other tables that agree with everything printed: how far a hidden count can move while every sum holds.

A flow is a whole number for every cell, added to the true counts. It proves that a reader cannot tell the true table
from the moved one; hiding exactly the cells that it passes is what makes it possible.
"""

from collections.abc import Iterator, Sequence
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, diags_array, hstack
from scipy.sparse.csgraph import connected_components

from tayori.opinions.disclosure.problem import Problem
from tayori.opinions.disclosure.tables import Key

Flow = NDArray[np.int64]
Mask = NDArray[np.bool_]

_EVENNESS: Final = 0.1  # how much dearer the largest count is to hide than the smallest
_SHY: Final = 0.02  # a flow takes another way than a cell that one letter knows, if that hides nothing more
_TOUCH: Final = 0.001
_TRACE: Final = 1e-6
_LARGE: Final = 4_000  # columns from which whole numbers are sought for minutes
_TRIES, _APART = 3, 0.5
_MOST_NODES: Final = 10_000  # work, not seconds: a busy machine answers as a quiet one does


class Network:
    """The sums of a problem as one matrix over its cells."""

    def __init__(self, problem: Problem) -> None:
        self.keys: list[Key] = list(problem.cells)
        self.index = {key: at for at, key in enumerate(self.keys)}
        self.values: Flow = np.array([problem.values.get(key, 0) for key in self.keys], dtype=np.int64)
        self.known: Mask = np.array([key in problem.known for key in self.keys], dtype=bool)
        self._shy = np.array([_SHY if key in problem.singles else _TOUCH for key in self.keys])
        most = np.log1p(self.values.max(initial=1))
        self.weight = 1.0 + _EVENNESS * np.log1p(self.values) / most
        matrix = _matrix(problem, self.index)
        self._homes = _homes(matrix, self.known)
        self._sums = {home: matrix[rows] for home, rows in _rows_of(matrix, self._homes, self.known).items()}

    def flow(
        self, at: int, change: int, free: Mask, *, still: Sequence[int] = (), only_free: bool = False
    ) -> Flow | None:
        """The flow that moves one cell by `change` and hides least beyond what is `free`; None if there is none.

        `still` cells keep their count: an insider knows them. With `only_free` nothing further may be hidden.
        """
        movable = free.copy() if only_free else ~self.known
        movable &= self._homes == self._homes[at]  # what hangs together with it in no sum has no part in it
        movable[list(still)] = False
        movable[at] = True
        columns = np.flatnonzero(movable)
        place = int(np.searchsorted(columns, at))
        cost = np.where(free[columns], self._shy[columns], self.weight[columns])
        found = self._solve(columns, place, change, cost)
        if found is None:
            return None
        net = np.zeros(len(self.keys), dtype=np.int64)
        net[columns] = found
        return net

    def _solve(self, columns: Flow, place: int, change: int, cost: "NDArray[np.float64]") -> Flow | None:
        count = len(columns)
        mine = self._sums[int(self._homes[columns[place]])][:, columns]
        sums = LinearConstraint(hstack([mine, -mine], format="csc"), 0.0, 0.0)
        low = np.zeros(2 * count)
        high = np.concatenate([np.full(count, np.inf), self.values[columns].astype(float)])
        forward, backward = (place, place + count) if change > 0 else (place + count, place)
        low[forward] = high[forward] = abs(change)
        high[backward] = 0.0
        costs = np.concatenate([cost, cost])
        for whole, own in (*((0, costs) for costs in _told_apart(costs)), (1, costs)):
            found = milp(
                own,
                constraints=sums,
                bounds=Bounds(low, high),
                integrality=np.full(2 * count, whole),
                options={"node_limit": _MOST_NODES},
            )
            if found.x is None:
                return None
            net = found.x[:count] - found.x[count:]
            nearest = np.rint(net)
            if np.abs(net - nearest).max(initial=0.0) < _TRACE:
                return cast("Flow", nearest.astype(np.int64))
        return None


def _told_apart(costs: "NDArray[np.float64]") -> Iterator["NDArray[np.float64]"]:
    """The costs, and where programs are large others that break their ties: of many cheapest flows one may be whole."""
    yield costs
    if len(costs) > _LARGE:
        chance = np.random.default_rng(0)
        for _ in range(_TRIES):
            yield costs * (1.0 + _APART * chance.random(len(costs)))


def _homes(matrix: "csr_array[np.float64]", known: Mask) -> "NDArray[np.int32]":
    """Which cells hang together through sums of what is not known: each a number, the same for the same group."""
    open_cells = diags_array((~known).astype(float))
    shared = matrix @ open_cells
    _, homes = connected_components(abs(shared).T @ abs(shared), directed=False)
    return cast("NDArray[np.int32]", homes)


def _rows_of(matrix: "csr_array[np.float64]", homes: "NDArray[np.int32]", known: Mask) -> dict[int, "NDArray[np.intp]"]:
    """The sums of each group; those that are wholly known belong to none."""
    rows, columns = matrix.nonzero()
    mine = ~known[columns]
    home_of = np.full(matrix.shape[0], -1)
    home_of[rows[mine]] = homes[columns[mine]]
    return {int(home): np.flatnonzero(home_of == home) for home in np.unique(homes)}


def _matrix(problem: Problem, index: dict[Key, int]) -> "csr_array[np.float64]":
    """One row per sum: parts minus total."""
    rows, columns, signs = [], [], []
    for at, entry in enumerate(problem.sums):
        for key, sign in [(entry.total, -1.0), *((part, 1.0) for part in entry.parts)]:
            rows.append(at)
            columns.append(index[key])
            signs.append(sign)
    shape = (len(problem.sums), len(index))
    return csr_array((np.array(signs), (rows, columns)), shape=shape)
