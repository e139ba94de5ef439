"""Attacks on printed counts: what a reader, or a letter that knows its own cell, cannot exclude.

Shares no code with the suppression and trusts no solver. It looks for other tables of whole counts, none below zero,
that agree with everything printed: one in which a small count is as low as it must be able to be, one in which it is
as high. Each table that a solver proposes is checked by adding it up. Without such tables the count is exposed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, cycle, islice, zip_longest
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, hstack
from scipy.sparse.csgraph import connected_components

from tayori.opinions.disclosure.refusal import NotReleased
from tayori.opinions.disclosure.tables import Key, Sum

Whole = NDArray[np.int64]
Real = NDArray[np.float64]

_NEAR: Final = 1e-6
_UNBOUNDED: Final = 3
_MOST_NODES: Final = 10_000  # work, not seconds: a busy machine answers as a quiet one does
_TRIES: Final = 6  # to find a whole table beside one that is there
_FAR: Final = 1 << 40  # stands for "no bound" where whole numbers are needed


@dataclass(frozen=True, slots=True)
class Range:
    """From least to greatest; no greatest where nothing printed sets one."""

    least: int
    greatest: int | None


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What an attacker adds to the print: counts that they know, and what each count must stay uncertain over."""

    counts: Mapping[Key, int] = field(repr=False)
    needs: Mapping[Key, tuple[int, int]] = field(repr=False)


class Attack:
    """The printed counts and every sum between them, as equations over what is not printed.

    `shown` gives the range in which a printed count is known to lie (both ends equal unless it was rounded).
    """

    def __init__(self, shown: Mapping[Key, tuple[int, int]], sums: Iterable[Sum]) -> None:
        self._shown = shown
        every = list(dict.fromkeys(sums))
        exact = {key: low for key, (low, high) in shown.items() if low == high}
        self._groups: list[_Group] = []
        self._home: dict[Key, _Group] = {}
        for keys, held in _connected(every, exact):
            group = _Group(keys, held, shown, exact)
            self._groups.append(group)
            self._home |= dict.fromkeys(keys, group)
        self._exact = exact

    def exposed(self, knowledge: Knowledge) -> Iterator[Key]:
        """The counts that the print and the attacker's knowledge narrow below what they must stay uncertain over."""
        by_group: dict[int, dict[Key, tuple[int, int]]] = {}
        for key, need in knowledge.needs.items():
            if key in self._exact:
                yield key
            elif key in self._home:
                by_group.setdefault(self._groups.index(self._home[key]), {})[key] = need
        for number, needs in by_group.items():
            yield from self._groups[number].exposed(needs, knowledge.counts)

    def suggest(self, table: Mapping[Key, int]) -> None:
        """Take a table that somebody proposes, group by group where it adds up to the print; else it is dropped."""
        for group in self._groups:
            group.suggest(table)

    def found(self) -> Iterator[dict[Key, int]]:
        """The tables that were found and not suggested, of all counts that are not printed.

        Who prints less has to agree with them too. What hangs together in no way is put together in any way.
        """
        for tables in zip_longest(*(group.found() for group in self._groups), fillvalue={}):
            yield dict(chain.from_iterable(table.items() for table in tables))

    def range(self, key: Key) -> Range:
        """The least and the greatest that a reader can make of a count; whole numbers, as far as they are sure."""
        if key in self._exact:
            return Range(self._exact[key], self._exact[key])
        if key not in self._home:
            return Range(0, None)
        return self._home[key].range(key)


def _connected(sums: Sequence[Sum], exact: Mapping[Key, int]) -> Iterator[tuple[list[Key], list[Sum]]]:
    """What is not printed, in groups that hang together through sums."""
    open_keys = list(dict.fromkeys(key for entry in sums for key in (entry.total, *entry.parts) if key not in exact))
    index = {key: at for at, key in enumerate(open_keys)}
    ends = [
        (index[others[0]], index[other])
        for entry in sums
        for others in [[key for key in (entry.total, *entry.parts) if key in index]]
        for other in others
    ]
    size = len(open_keys)
    pairs = np.array(ends, dtype=int).reshape(-1, 2)
    graph = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    number, labels = connected_components(graph, directed=False)
    keys: list[list[Key]] = [[] for _ in range(number)]
    for at, label in enumerate(labels):
        keys[label].append(open_keys[at])
    held: list[list[Sum]] = [[] for _ in range(number)]
    for entry in sums:
        inside = next((key for key in (entry.total, *entry.parts) if key in index), None)
        if inside is not None:
            held[labels[index[inside]]].append(entry)
        elif exact[entry.total] != sum(exact[part] for part in entry.parts):
            raise NotReleased("The tables were not released: printed counts contradict their printed total.")
    yield from zip(keys, held, strict=True)


class _Group:
    """Unknown counts that share sums: total minus parts is what is printed of them."""

    def __init__(
        self, keys: list[Key], sums: list[Sum], shown: Mapping[Key, tuple[int, int]], exact: Mapping[Key, int]
    ) -> None:
        self._keys, self._index = keys, {key: at for at, key in enumerate(keys)}
        rows, columns, signs, rest = [], [], [], []
        for row, entry in enumerate(sums):
            balance = 0
            for key, sign in [(entry.total, 1), *((part, -1) for part in entry.parts)]:
                if key in exact:
                    balance -= sign * exact[key]
                else:
                    rows.append(row)
                    columns.append(self._index[key])
                    signs.append(sign)
            rest.append(balance)
        shape = (len(sums), len(keys))
        self._matrix = csr_array((np.array(signs, dtype=np.int64), (rows, columns)), shape=shape)
        self._real = self._matrix.astype(np.float64)
        self._equations: Any = self._real  # linprog takes sparse arrays, its types do not say so
        self._rest: Whole = np.array(rest, dtype=np.int64)
        self._low: Whole = np.array([shown.get(key, (0, 0))[0] for key in keys], dtype=np.int64)
        self._high: Whole = np.array([shown[key][1] if key in shown else _FAR for key in keys], dtype=np.int64)
        self._seen: list[Whole] = []
        self._suggested = 0

    def suggest(self, table: Mapping[Key, int]) -> None:
        """Keep a table of these counts if it agrees with the print."""
        whole = np.array([table.get(key, -1) for key in self._keys], dtype=np.int64)
        if (checked := self._added_up(whole.astype(np.float64), self._low, self._high)) is not None:
            self._seen.append(checked)
            self._suggested = len(self._seen)

    def found(self) -> Iterator[dict[Key, int]]:
        """The tables of these counts that nobody had suggested."""
        return (dict(zip(self._keys, table.tolist(), strict=True)) for table in self._seen[self._suggested :])

    def exposed(self, needs: Mapping[Key, tuple[int, int]], counts: Mapping[Key, int]) -> Iterator[Key]:
        """The cells of this group for which one of the two tables cannot be found."""
        low, high = self._low.copy(), self._high.copy()
        for key, count in counts.items():
            if key in self._index:
                low[self._index[key]] = high[self._index[key]] = count
        tables = np.array(self._seen, dtype=np.int64).reshape(-1, len(self._keys))
        seen = tables[((tables >= low) & (tables <= high)).all(axis=1)]
        cells = np.array([self._index[key] for key in needs], dtype=np.int64)
        bounds = np.array(list(needs.values()), dtype=np.int64).reshape(-1, 2)
        bad = np.zeros(len(cells), dtype=bool)
        for upward in (True, False):
            goals = bounds[:, int(upward)]
            left = np.asarray(~_reaches(seen[:, cells], goals, upward=upward).any(axis=0))
            bad |= self._unreached(cells, goals, low, high, left, upward=upward)
        yield from (key for key, open_ in zip(needs, bad, strict=True) if open_)

    def _unreached(
        self, cells: Whole, goals: Whole, low: Whole, high: Whole, left: "NDArray[np.bool_]", *, upward: bool
    ) -> "NDArray[np.bool_]":
        """Which of the cells that are left reach their goal in no table: asked for together, by halves, one by one."""
        waiting = [np.arange(len(cells))]
        while waiting:
            part = waiting.pop()
            part = part[left[part]]
            if not len(part):
                continue
            found = self._proposed(cells[part], goals[part], low, high, upward=upward)
            if found is not None and (reached := _reaches(found[cells], goals, upward=upward))[part].any():
                self._seen.append(found)
                left &= ~reached
                waiting.append(part)
            elif len(part) > 1:  # what cannot move at once may move apart
                waiting += [part[::2], part[1::2]]
        return left

    def _proposed(self, cells: Whole, goals: Whole, low: Whole, high: Whole, *, upward: bool) -> Whole | None:
        """A table that serves these cells, if one is found: in real numbers, and for one cell alone in whole ones."""
        cell, goal = int(cells[0]), int(goals[0])
        found = self._sweep(cells, goals, low, high, upward=upward)
        table = self._added_up(found, low, high)
        if table is not None or found is None or len(cells) > 1:
            return table
        if not _reaches(found[cell] + (_NEAR if upward else -_NEAR), np.int64(goal), upward=upward):
            return None
        beside = self._beside(cell, goal, low, high, upward=upward)
        return self._single(cell, goal, low, high, upward=upward) if beside is None else beside

    def _sweep(self, cells: Whole, goals: Whole, low: Whole, high: Whole, *, upward: bool) -> Real | None:
        """A table of real counts in which as many cells as possible come as near to their goals as they can."""
        goal = np.zeros(len(self._keys))
        goal[cells] = -1.0 if upward else 1.0
        floor, ceiling = low.astype(float), np.where(high >= _FAR, np.inf, high)
        if upward:
            ceiling[cells] = np.minimum(ceiling[cells], np.maximum(goals, low[cells]))
        else:
            floor[cells] = np.maximum(floor[cells], np.minimum(goals, high[cells]))
        found = linprog(goal, A_eq=self._equations, b_eq=self._rest, bounds=_box(floor, ceiling), method="highs-ipm")
        return cast("Real | None", found.x)

    def _beside(self, cell: int, goal: int, low: Whole, high: Whole, *, upward: bool) -> Whole | None:
        """The nearest to a table that was found before in which one cell reaches its goal; whole most of the time."""
        count, both = len(self._keys), hstack([self._real, -self._real], format="csc")
        fitting = [table for table in reversed(self._seen) if (table >= low).all() and (table <= high).all()]
        chance, cost = np.random.default_rng(0), np.ones(2 * count)
        for table in islice(cycle(fitting), _TRIES if fitting else 0):
            most = np.concatenate([np.where(high >= _FAR, np.inf, high - table), table - low])
            least, forward, step = np.zeros(2 * count), cell if upward else cell + count, abs(goal - int(table[cell]))
            if step > most[forward]:
                return None
            least[forward] = most[forward] = step
            most[cell + count if upward else cell] = 0.0
            still: Any = (both, np.zeros(both.shape[0]))
            found = linprog(cost, A_eq=still[0], b_eq=still[1], bounds=_box(least, most), method="highs-ds")
            cost = 1.0 + chance.random(2 * count) / 2  # of several nearest ones another may be whole
            if found.x is None:
                return None
            if (whole := self._added_up(table + found.x[:count] - found.x[count:], low, high)) is not None:
                return whole
        return None

    def _single(self, cell: int, goal: int, low: Whole, high: Whole, *, upward: bool) -> Whole | None:
        """A table of whole counts in which one cell reaches its goal."""
        floor, ceiling = low.astype(float), np.where(high >= _FAR, np.inf, high)
        if upward:
            floor[cell] = max(floor[cell], goal)
        else:
            ceiling[cell] = min(ceiling[cell], goal)
        if floor[cell] > ceiling[cell]:
            return None
        found = milp(
            np.zeros(len(self._keys)),
            constraints=LinearConstraint(self._real, self._rest, self._rest),
            bounds=Bounds(floor, ceiling),
            integrality=np.ones(len(self._keys), dtype=np.int64),
            options={"node_limit": _MOST_NODES},
        )
        return self._added_up(found.x, low, high)

    def _added_up(self, proposed: "NDArray[np.float64] | None", low: Whole, high: Whole) -> Whole | None:
        """The proposed table in whole numbers, if it adds up to everything printed; no solver is believed."""
        if proposed is None:
            return None
        table = cast("Whole", np.rint(proposed).astype(np.int64))
        fits = (table >= low).all() and (table <= high).all()
        return table if fits and self._adds_up(table) else None

    def _adds_up(self, table: Whole) -> bool:
        return not np.any(cast("Whole", self._matrix @ table) - self._rest)

    def range(self, key: Key) -> Range:
        """Least and greatest whole number of one cell, by the sums alone."""
        ends: list[int | None] = []
        box = _box(self._low, np.where(self._high >= _FAR, np.inf, self._high))
        for sign in (1.0, -1.0):
            goal = np.zeros(len(self._keys))
            goal[self._index[key]] = sign
            found = linprog(goal, A_eq=self._equations, b_eq=self._rest, bounds=box, method="highs-ds")
            if found.status == _UNBOUNDED:
                ends.append(None)
            elif found.x is None:
                raise NotReleased(
                    "The tables were not released: what is printed contradicts itself; nothing was written."
                )
            else:
                ends.append(int(sign * np.ceil(float(found.fun or 0.0) - _NEAR)))
        return Range(ends[0] or 0, ends[1])


def _box(low: "Whole | Real", high: "Whole | Real") -> list[tuple[float, float]]:
    return list(zip(low.tolist(), high.tolist(), strict=True))


def _reaches(values: "Whole | np.int64", goals: "Whole | np.int64", *, upward: bool) -> "NDArray[np.bool_]":
    return np.asarray(values >= goals if upward else values <= goals)
