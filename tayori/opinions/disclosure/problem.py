"""What has to stay unknown: cells and their sums, what each small count must remain uncertain over, and from whom.

Attackers are everybody who reads the tables, and the insiders: a letter that stands alone in a cell knows that cell.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tayori.opinions.disclosure.tables import Figures, Key, Sum


@dataclass(frozen=True, slots=True)
class Interval:
    """What nobody may be able to exclude: a sensitive count could be as low and as high as this."""

    low: int
    high: int


@dataclass(frozen=True)
class Problem:
    """Counts with their sums, and which of them must not be worked out.

    `known` cells are out already (printed before, or impossible by nature): they can neither be hidden nor move.
    `unseen` cells are printed nowhere: hiding them costs nothing. `singles` are cells of exactly one letter;
    an insider is a set of them that one letter is alone in.
    """

    values: Mapping[Key, int] = field(repr=False)
    sums: tuple[Sum, ...] = field(repr=False)
    needs: Mapping[Key, Interval] = field(repr=False)
    known: frozenset[Key] = frozenset()
    unseen: frozenset[Key] = frozenset()
    singles: frozenset[Key] = frozenset()
    insiders: tuple[frozenset[Key], ...] = ()

    @cached_property
    def cells(self) -> tuple[Key, ...]:
        """Every cell, those of the sums included, each once."""
        of_sums = (key for entry in self.sums for key in (entry.total, *entry.parts))
        return tuple(dict.fromkeys([*self.values, *of_sums]))

    @cached_property
    def above(self) -> Mapping[Key, frozenset[Key]]:
        """For every single cell the totals that hold it, however far up."""
        holders: dict[Key, list[Key]] = {}
        for entry in self.sums:
            for part in entry.parts:
                holders.setdefault(part, []).append(entry.total)
            unknown = [part for part in entry.parts if part not in self.known]
            if len(unknown) == 1:  # one part is the whole: each holds the other
                holders.setdefault(entry.total, []).append(unknown[0])
        return {key: _climb(key, holders) for key in self.singles}

    def interval(self, key: Key, insider: frozenset[Key]) -> Interval | None:
        """What `key` must stay uncertain over for an insider; None where the count is about nobody but them.

        A letter knows that it counts itself in every total above its own cell.
        """
        need, mine = self.needs[key], 0
        for single in insider:
            if key in self.above[single]:
                mine = max(mine, self.values.get(single, 0))
            elif key != single and single not in self.above.get(key, ()):
                continue
            if key in self.singles:
                return None
        return Interval(max(need.low, mine), need.high)


def sensitive(figures: Figures, k: int) -> dict[Key, Interval]:
    """The cells that fewer than k letters stand behind, with the interval each must stay uncertain over."""
    return {
        key: Interval(0, figures.values[key] + k - figures.letters[key])
        for key in figures.cells()
        if 0 < figures.letters.get(key, 0) < k and key not in figures.known
    }


def problem_of(figures: Figures, *, k: int) -> Problem:
    """The problem of one report: its own tables, nothing printed before."""
    cells = figures.cells()
    singles = frozenset(key for key in cells if figures.letters.get(key, 0) == 1 and key not in figures.known)
    return Problem(
        values={key: figures.values.get(key, 0) for key in (*cells, *sorted(figures.unprinted()))},
        sums=figures.sums(),
        needs=sensitive(figures, k),
        known=figures.known,
        unseen=figures.unprinted() - figures.known,
        singles=singles,
        insiders=insiders_of(figures.alone, singles),
    )


def insiders_of(alone: Iterable[frozenset[Key]], singles: frozenset[Key]) -> tuple[frozenset[Key], ...]:
    """Each letter with the cells it is alone in; where nobody said which belong together, each cell by itself."""
    together = {group & singles for group in alone} - {frozenset()}
    told = frozenset[Key]().union(*together)
    return (*sorted(together, key=sorted), *(frozenset({key}) for key in sorted(singles - told)))


def _climb(key: Key, holders: Mapping[Key, list[Key]]) -> frozenset[Key]:
    found: set[Key] = set()
    waiting = list(holders.get(key, ()))
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting += holders.get(at, ())
    return frozenset(found)
