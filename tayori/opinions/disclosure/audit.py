"""The gate before print: judges finished tables by attacking them, and lets nothing out that could be worked out.

It starts from the printed tables and the true counts, and asks of every count under k whether readers, and letters that
know their own cells, still cannot tell it from none or from k and more. How it attacks: `attack.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tayori.errors import Refused
from tayori.opinions.disclosure.attack import Attack, Knowledge
from tayori.opinions.disclosure.problem import insiders_of
from tayori.opinions.disclosure.tables import Figures, Key, SuppressedTable


@dataclass(frozen=True, slots=True)
class Audit:
    """What was tried and found to hold: hidden cells, those under k among them, and attackers."""

    hidden: int
    sensitive: int
    attackers: int


def audit(
    figures: Figures,
    published: Sequence[SuppressedTable],
    *,
    k: int,
    base: int = 1,
    moves: Iterable[Mapping[Key, int]] = (),
) -> Audit:
    """Prove that nothing under k is printed or can be worked out; the true counts serve to judge, never to attack.

    `base` is what printed counts were rounded to. Readers are played without help; of `moves`, which somebody says lead
    to other tables with the same print, those that add up spare the search for what letters know.
    Raises Refused, naming tables and numbers of cells only.
    """
    shown = printed_ranges(figures, published, base)
    needs = _needs(figures, k)
    attack = Attack(shown, figures.sums())
    letters, every = _insiders(figures), (*figures.cells(), *figures.unprinted())
    found = set(attack.exposed(Knowledge({}, needs)))
    for move in moves:
        attack.suggest({key: figures.values.get(key, 0) + move.get(key, 0) for key in every})
    for alone in letters:
        found |= set(attack.exposed(_known_to(alone, figures, needs)))
    hidden = [key for key in figures.cells() if key not in shown]
    if found:
        raise Refused(
            f"The tables were not released: {len(found)} of {len(hidden)} hidden counts could be worked out "
            f"from what is printed (threshold {k}). Choose a longer period or fewer tables; nothing was written."
        )
    return Audit(len(hidden), len(needs), 1 + len(letters))


def printed_ranges(figures: Figures, published: Sequence[SuppressedTable], base: int = 1) -> dict[Key, tuple[int, int]]:
    """What the print says of every printed count; refuses a wrong figure, and a cell hidden here and printed there."""
    shown: dict[Key, tuple[int, int]] = {key: (figures.values.get(key, 0),) * 2 for key in figures.known}
    gone: set[Key] = set()
    for table, out in zip(figures.tables, published, strict=True):
        for keys, cells in zip(table.keys, out.cells, strict=True):
            for key, count in zip(keys, cells, strict=True):
                if count is None:
                    gone.add(key)
                    continue
                low, high = _before_rounding(count, base)
                if not low <= figures.values.get(key, 0) <= high:
                    raise Refused(
                        f"The tables were not released: 「{table.title}」 prints a count that is not the true one."
                    )
                shown.setdefault(key, (low, high))
    if both := len(gone & (shown.keys() - figures.known)):
        raise Refused(f"The tables were not released: {both} counts are hidden in one place and printed in another.")
    return shown


def _before_rounding(count: int, base: int) -> tuple[int, int]:
    """The counts that are rounded to this one: to the nearest multiple of the base, halves upward."""
    return max(0, count - base // 2), count + (base - 1) // 2


def _needs(figures: Figures, k: int) -> dict[Key, tuple[int, int]]:
    """What each count that fewer than k letters stand behind has to stay uncertain over."""
    return {
        key: (0, figures.values[key] + k - letters)
        for key in figures.cells()
        for letters in [figures.letters.get(key, 0)]
        if 0 < letters < k and key not in figures.known
    }


def _insiders(figures: Figures) -> list[frozenset[Key]]:
    single = frozenset(key for key in figures.cells() if figures.letters.get(key, 0) == 1 and key not in figures.known)
    return list(insiders_of(figures.alone, single))


def _known_to(alone: frozenset[Key], figures: Figures, needs: Mapping[Key, tuple[int, int]]) -> Knowledge:
    """What a letter knows: its own cells, and that it counts itself in every total above them."""
    counts = {key: figures.values.get(key, 0) for key in alone}
    over: dict[Key, int] = {}
    under: set[Key] = set()
    for key, count in counts.items():
        for total in _reached(key, figures, upward=True):
            over[total] = max(over.get(total, 0), count)
        under |= _reached(key, figures, upward=False)
    about_others = {
        key: (max(low, over.get(key, 0)), high)
        for key, (low, high) in needs.items()
        if key not in counts and not (figures.letters.get(key, 0) == 1 and (key in over or key in under))
    }
    return Knowledge(counts, about_others)


def _reached(key: Key, figures: Figures, *, upward: bool) -> set[Key]:
    """The totals above a cell, or the parts below it, however far."""
    found: set[Key] = set()
    edge = {key}
    while edge:
        nearest: set[Key] = set()
        for entry in figures.sums():
            if upward and not edge.isdisjoint(entry.parts):
                nearest.add(entry.total)
            elif not upward and entry.total in edge:
                nearest.update(entry.parts)
            whole = [entry.total, *(part for part in entry.parts if part not in figures.known)]
            if len(whole) == 2 and not edge.isdisjoint(whole):  # noqa: PLR2004 one part is the whole: each holds the other
                nearest.update(whole)
        edge = nearest - found
        found |= edge
    return found
