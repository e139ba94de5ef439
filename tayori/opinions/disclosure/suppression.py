"""Hides counts under k and as much more as it takes that no sum gives them back.

Primary: every cell from 1 to k-1 letters. Complementary: for each of them, the cheapest flows along the sums that
could make it large and small; what a flow passes is hidden too. Then the release pass: a cell that can be
printed after all, is. All tables of a report are one system. A zero is printed unless a flow needs it: so a hidden
count may be zero too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from tayori.opinions.disclosure.flows import Flow, Mask, Network
from tayori.opinions.disclosure.problem import Interval, Problem, problem_of
from tayori.opinions.disclosure.refusal import NotReleased
from tayori.opinions.disclosure.tables import Figures, Key, SuppressedTable, printed

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTERNAL_K: Final = 10
INTERNAL_K: Final = 5


def threshold(*, public: bool) -> int:
    """The fewest letters that a report may show: for the public, or for inside the ward."""
    return EXTERNAL_K if public else INTERNAL_K


_TURNS: Final = ((45, 4), (80, 2))  # up to so many cells so many orders are tried, and the best one kept


@dataclass(frozen=True, slots=True)
class Suppression:
    """The hidden cells of a report: those under k, and all together.

    `moves` are the flows that it rests on, each as what it adds to which counts; an auditor may add them up.
    """

    primary: frozenset[Key]
    hidden: frozenset[Key]
    moves: tuple[Mapping[Key, int], ...] = field(default=(), repr=False)


def suppress(figures: Figures, *, k: int) -> Suppression:
    """Choose what to hide so that every sensitive cell keeps its interval, for readers and for insiders.

    Raises NotReleased where no choice does.
    """
    return protect(problem_of(figures, k=k))


def protect(problem: Problem) -> Suppression:
    """Choose what to hide of a problem; cells that are `unseen` count as hidden and cost nothing."""
    network = Network(problem)
    demands = _Demands(problem, network)
    turns = islice(demands.orders(), next((turns for most, turns in _TURNS if len(network.keys) <= most), 1))
    best = min((_Plan(problem, network, demands, order).made() for order in turns), key=lambda plan: plan.gone.sum())
    hidden = frozenset(network.keys[at] for at in np.flatnonzero(best.gone))
    moves = tuple({network.keys[at]: int(net[at]) for at in np.flatnonzero(net)} for net in best.pool)
    return Suppression(frozenset(problem.needs), hidden - problem.unseen, moves)


def hide(figures: Figures, suppression: Suppression, *, k: int) -> list[SuppressedTable]:
    """The tables without their hidden cells."""
    return [printed(table, figures.values, suppression.hidden, k) for table in figures.tables]


class _Demands:
    """What must be possible: this cell moved by so much, seen by this attacker (the first one knows nothing)."""

    def __init__(self, problem: Problem, network: Network) -> None:
        attackers: list[frozenset[Key]] = [frozenset(), *problem.insiders]
        self.still = [[network.index[key] for key in sorted(insider)] for insider in attackers]
        found: dict[tuple[int, int], list[int]] = {}
        for key, need in problem.needs.items():
            for number, insider in enumerate(attackers):
                interval: Interval | None = need
                if insider:
                    interval = None if key in insider else problem.interval(key, insider)
                value = problem.values.get(key, 0)
                for bound in () if interval is None else (interval.high, interval.low):
                    if bound != value:
                        found.setdefault((network.index[key], bound - value), []).append(number)
        self.cells = np.array([at for at, _ in found], dtype=np.int64)
        self.changes = np.array([change for _, change in found], dtype=np.int64)
        self.wanted = np.zeros((len(found), len(attackers)), dtype=bool)
        for row, numbers in enumerate(found.values()):
            self.wanted[row, numbers] = True

    def orders(self) -> Iterator["NDArray[np.int64]"]:
        """Orders in which demands are met: small moves first, large ones first, as printed, and backwards."""
        size = np.abs(self.changes)
        yield np.lexsort((self.cells, size))
        yield np.lexsort((self.cells, -size))
        rows = np.arange(len(self.cells), dtype=np.int64)
        yield rows
        yield rows[::-1]

    def missing(self, pool: "NDArray[np.int64]") -> "NDArray[np.bool_]":
        """Which demands no flow of the pool meets, by attacker: one that moves a cell the attacker knows is none."""
        if not len(pool):
            return self.wanted.copy()
        reached = np.where(self.changes > 0, pool[:, self.cells] >= self.changes, pool[:, self.cells] <= self.changes)
        passes = np.stack([~pool[:, still].any(axis=1) for still in self.still], axis=1)
        return self.wanted & ~((reached.T.astype(np.float32) @ passes.astype(np.float32)) > 0)


class _Plan:
    """One way through the demands: the cells hidden so far, and the flows that show what they protect."""

    def __init__(self, problem: Problem, network: Network, demands: _Demands, order: "NDArray[np.int64]") -> None:
        self._network, self._demands, self._order = network, demands, order
        self._unseen: Mask = np.array([key in problem.unseen for key in network.keys], dtype=bool)
        self._primary: Mask = np.array([key in problem.needs for key in network.keys], dtype=bool)
        self.gone: Mask = (self._unseen | self._primary) & ~network.known
        self._singles = [network.index[key] for key in sorted(problem.singles)]
        self.pool: NDArray[np.int64] = np.zeros((0, len(network.keys)), dtype=np.int64)

    def made(self) -> "_Plan":
        """The plan, carried out: `gone` are the cells to hide."""
        for number in range(len(self._demands.still)):
            self._meet(number)
        self._release()
        return self

    def _meet(self, number: int) -> None:
        """Meet every demand against one attacker; one flow often meets several."""
        still = self._demands.still[number]
        left = self._demands.missing(self.pool)[:, number]
        for row in self._order:
            if left[row]:
                at, change = int(self._demands.cells[row]), int(self._demands.changes[row])
                net = self._flow(at, change, still)
                if net is None:
                    raise NotReleased(
                        "The tables cannot be protected: too few letters stand behind them, or too much of them is "
                        "out already. Choose a longer period or fewer tables; nothing was written."
                    )
                self.gone |= net != 0
                self.pool = self._with(self.pool, net)
                left &= self._demands.missing(self.pool[-2:])[:, number]

    def _flow(self, at: int, change: int, still: Sequence[int]) -> Flow | None:
        """A flow among what is hidden already, best one that no letter sees by its own cell; else the cheapest."""
        apart = tuple(other for other in self._singles if other != at)
        for kept, only_free in dict.fromkeys(((apart, True), (tuple(still), True), (tuple(still), False))):
            net = self._network.flow(at, change, self.gone, still=kept, only_free=only_free)
            if net is not None:
                return net
        return None

    def _with(self, pool: "NDArray[np.int64]", net: Flow) -> "NDArray[np.int64]":
        """The pool with a flow, and with the opposite one where no count falls below zero by it."""
        back = [-net] if (self._network.values - net >= 0).all() else []
        return np.vstack([pool, net, *back])

    def _release(self) -> None:
        """Print again what nothing needs, the largest counts first."""
        extra = np.flatnonzero(self.gone & ~self._primary & ~self._unseen)
        for at in sorted(extra, key=lambda at: (-self._network.values[at], self._network.keys[at])):
            self._print_again(int(at))

    def _print_again(self, at: int) -> None:
        gone = self.gone.copy()
        gone[at] = False
        pool = self.pool[self.pool[:, at] == 0]
        missing = self._demands.missing(pool)
        while missing.any():
            row, number = (int(first[0]) for first in np.nonzero(missing))
            cell, change = int(self._demands.cells[row]), int(self._demands.changes[row])
            net = self._network.flow(cell, change, gone, still=self._demands.still[number], only_free=True)
            if net is None:
                return
            pool = self._with(pool, net)
            missing &= self._demands.missing(pool[-2:])
        self.gone, self.pool = gone, pool
