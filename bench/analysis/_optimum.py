"""The fewest cells that can be hidden: the whole choice as one integer program, for small tables only.

Written apart from the suppression: one binary per cell, and for every demand and every attacker a flow of its own
that may pass hidden cells alone.
"""

from typing import Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_diag, coo_array, csr_array, eye_array, hstack, vstack

from tayori.opinions.disclosure.problem import Problem
from tayori.opinions.disclosure.tables import Key

SECONDS: Final = 60.0
_SPREAD: Final = 2  # how many times the demanded move a cell may move at most, by program


def fewest_hidden(problem: Problem) -> float:
    """Give the least number of hidden cells; where time runs out, what the program has proved to be needed at least."""
    keys = list(problem.cells)
    index = {key: at for at, key in enumerate(keys)}
    demands = _demands(problem, index)
    if not demands:
        return float(len(problem.needs))
    cells = len(keys)
    sums = _sums(problem, index)
    both = hstack([sums, -sums])
    flows = 2 * cells * len(demands)
    conserve = hstack([csr_array((both.shape[0] * len(demands), cells)), block_diag([both] * len(demands))])
    values = np.array([problem.values.get(key, 0) for key in keys], dtype=float)
    low, high, limits = np.zeros(flows), np.zeros(flows), []
    for number, (at, change, still) in enumerate(demands):
        first = 2 * cells * number
        most = float(_SPREAD * abs(change))
        reach = np.concatenate([np.full(cells, most), np.minimum(values, most)])
        high[first : first + 2 * cells] = reach
        for known in still:
            high[[first + known, first + cells + known]] = 0.0
        forward, backward = (at, at + cells) if change > 0 else (at + cells, at)
        low[first + forward] = high[first + forward] = abs(change)
        high[first + backward] = 0.0
        limits.append(vstack([csr_array(np.diag(reach[:cells])), csr_array(np.diag(reach[cells:]))]))
    within = hstack([vstack(limits), -eye_array(flows)])
    must = np.array([key in problem.needs for key in keys], dtype=float)
    found = milp(
        np.concatenate([np.ones(cells), np.zeros(flows)]),
        constraints=[LinearConstraint(conserve, 0, 0), LinearConstraint(within, 0, np.inf)],
        bounds=Bounds(np.concatenate([must, low]), np.concatenate([np.ones(cells), high])),
        integrality=np.concatenate([np.ones(cells), np.zeros(flows)]),
        options={"time_limit": SECONDS},
    )
    return float(np.ceil((found.mip_dual_bound or 0.0) - 1e-6))


def _demands(problem: Problem, index: dict[Key, int]) -> "list[tuple[int, int, list[int]]]":
    made = []
    for key in problem.needs:
        for insider in (frozenset[Key](), *problem.insiders):
            interval = problem.needs[key] if not insider else None if key in insider else problem.interval(key, insider)
            if interval is None:
                continue
            value = problem.values.get(key, 0)
            changes = {interval.high - value, interval.low - value} - {0}
            made += [(index[key], change, [index[one] for one in insider]) for change in sorted(changes)]
    return made


def _sums(problem: Problem, index: dict[Key, int]) -> "csr_array[np.float64]":
    rows = [(at, entry) for at, entry in enumerate(problem.sums)]
    cells = [
        (at, index[key], sign) for at, one in rows for key, sign in [(one.total, -1.0), *((p, 1.0) for p in one.parts)]
    ]
    row, column, sign = zip(*cells, strict=True)
    return csr_array(coo_array((sign, (row, column)), shape=(len(rows), len(index))))
