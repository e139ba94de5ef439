"""Attacks tables before they leave: what can be worked out about each hidden count from all that is printed.

Written apart from the suppression and sharing none of its code: it starts from the printed tables, solves for the
least and the greatest value of every hidden cell, and refuses when a count under k could be narrowed down.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tayori.errors import Refused
from tayori.opinions.disclosure.tables import Figures, Key, SuppressedTable

_SLACK: Final = 1e-6
_NO_BOUND: Final = frozenset({3, 4})  # HiGHS: unbounded; or unbounded or infeasible, and the true counts are feasible


@dataclass(frozen=True, slots=True)
class Finding:
    """What the printed tables give away about one hidden cell."""

    key: Key
    least: float
    greatest: float


@dataclass(frozen=True, slots=True)
class Audit:
    """The findings for every hidden cell, and how narrow the narrowest is."""

    findings: tuple[Finding, ...]

    @property
    def narrowest(self) -> float:
        """The width of the narrowest interval; infinite when nothing is hidden."""
        return min((finding.greatest - finding.least for finding in self.findings), default=float("inf"))


def audit(figures: Figures, published: Sequence[SuppressedTable], *, k: int) -> Audit:
    """Prove that nothing under k is printed or can be worked out; the true counts serve to judge, never to attack.

    Raises Refused, naming tables and numbers of cells only.
    """
    shown = _shown(figures, published)
    unknown = [key for key in figures.cells() if key not in shown]
    findings = tuple(_attack(figures, shown, unknown))
    open_cells = [finding for finding in findings if _too_narrow(figures, finding, k)]
    if open_cells:
        raise Refused(
            f"The tables were not released: {len(open_cells)} of {len(findings)} hidden counts could be worked out "
            f"from what is printed (threshold {k}). Choose a longer period or fewer tables; nothing was written."
        )
    return Audit(findings)


def _shown(figures: Figures, published: Sequence[SuppressedTable]) -> dict[Key, int]:
    """The printed counts by what they count; refuses a wrong figure and a cell hidden here and printed there."""
    shown: dict[Key, int] = {}
    gone: set[Key] = set()
    for table, printed in zip(figures.tables, published, strict=True):
        for keys, cells in zip(table.keys, printed.cells, strict=True):
            for key, count in zip(keys, cells, strict=True):
                if count is None:
                    gone.add(key)
                elif count != figures.values.get(key, 0):
                    raise Refused(
                        f"The tables were not released: 「{table.title}」 prints a count that is not the true one."
                    )
                else:
                    shown[key] = count
    if both := len(gone & shown.keys()):
        raise Refused(f"The tables were not released: {both} counts are hidden in one place and printed in another.")
    return shown


def _attack(figures: Figures, shown: dict[Key, int], unknown: list[Key]) -> Iterable[Finding]:
    """Least and greatest value of every unknown cell, worked out in groups that share sums."""
    index = {key: at for at, key in enumerate(unknown)}
    equations = []
    for entry in figures.sums():
        terms = {index[key]: 1.0 for key in entry.parts if key in index}
        rest = -float(sum(shown[key] for key in entry.parts if key not in index))
        if entry.total in index:
            terms[index[entry.total]] = -1.0
        else:
            rest += shown[entry.total]
        if terms:
            equations.append((terms, rest))
    for group in _groups(len(unknown), equations):
        yield from _solve(unknown, group, [pair for pair in equations if not pair[0].keys().isdisjoint(group)])


def _groups(count: int, equations: list[tuple[dict[int, float], float]]) -> list[list[int]]:
    """Unknowns that hang together through sums."""
    pairs = [(first, other) for terms, _ in equations for first in [next(iter(terms))] for other in terms]
    ends = np.array(pairs, dtype=int).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    number, labels = connected_components(graph, directed=False)
    return [np.flatnonzero(labels == group).tolist() for group in range(number)]


def _solve(unknown: list[Key], group: list[int], equations: list[tuple[dict[int, float], float]]) -> Iterable[Finding]:
    place = {cell: at for at, cell in enumerate(group)}
    rows = [row for row, (terms, _) in enumerate(equations) for _ in terms]
    columns = [place[cell] for terms, _ in equations for cell in terms]
    signs = [sign for terms, _ in equations for sign in terms.values()]
    matrix = coo_array((signs, (rows, columns)), shape=(len(equations), len(group))).tocsr()
    rest = np.array([value for _, value in equations])
    sums = LinearConstraint(matrix, rest, rest)
    for cell in group:
        goal = np.zeros(len(group))
        goal[place[cell]] = 1.0
        yield Finding(unknown[cell], _least(goal, sums), -_least(-goal, sums))


def _least(goal: "np.ndarray[tuple[int], np.dtype[np.float64]]", sums: LinearConstraint) -> float:
    """The least value of a goal over all counts, none below zero, that the printed sums allow."""
    found = milp(goal, constraints=sums, bounds=Bounds(0, np.inf))
    if found.status in _NO_BOUND:
        return -np.inf
    if not found.success:
        raise Refused("The tables were not released: the audit of hidden counts did not finish; nothing was written.")
    return float(found.fun)


def _too_narrow(figures: Figures, finding: Finding, k: int) -> bool:
    """Whether a finding tells more of a count under k than "somewhere from none to k or more"."""
    letters, value = figures.letters.get(finding.key, 0), figures.values.get(finding.key, 0)
    if 0 < letters < k:
        return finding.least > _SLACK or finding.greatest < value + k - letters - _SLACK
    return finding.greatest - finding.least < 1 - _SLACK
