"""The only way for a table to leave: suppressed, attacked alone and beside what is out already, then handed over."""

from collections.abc import Callable, Sequence
from typing import Final

from tayori.errors import Refused
from tayori.opinions.disclosure.audit import audit
from tayori.opinions.disclosure.editions import Place, Stack
from tayori.opinions.disclosure.suppression import Suppression, hide, protect, suppress
from tayori.opinions.disclosure.tables import Figures, Key, SuppressedTable

_ROUNDS: Final = 6


def release(figures: Figures, *, k: int) -> list[SuppressedTable]:
    """Suppress the tables of a report and let them go if the audit finds nothing; raises Refused otherwise."""
    suppression = suppress(figures, k=k)
    published = hide(figures, suppression, k=k)
    audit(figures, published, k=k, moves=suppression.moves)
    return published


def release_beside(
    figures: Figures, stacks: Sequence[Stack], place: Callable[[Key], Place], *, k: int
) -> list[SuppressedTable]:
    """Release tables so that readers of earlier editions learn nothing more: what would give it away is hidden too.

    Each stack is one audience: the earlier editions that it holds, and its own threshold. Raises Refused where
    hiding does not help.
    """
    suppression = suppress(figures, k=k)
    hidden = suppression.hidden
    for _ in range(_ROUNDS):
        more = frozenset[Key]().union(*(_needed(figures, stack, place, hidden) for stack in stacks))
        if not more - hidden:
            published = hide(figures, Suppression(frozenset(), hidden), k=k)
            audit(figures, published, k=k, moves=suppression.moves)
            return published
        hidden |= more
    raise Refused("The tables were not released: together with earlier editions they would reveal small counts.")


def _needed(figures: Figures, stack: Stack, place: Callable[[Key], Place], hidden: frozenset[Key]) -> frozenset[Key]:
    """What has to be hidden for one audience, beyond what is hidden already."""
    names = {key: place(key).key for key in figures.cells()}
    printed = {names[key]: figures.values.get(key, 0) for key in names.keys() - hidden}
    exposed = stack.exposed(printed)
    found = exposed - stack.given_away(exposed)  # printing more never exposes less: what was lost before is among it
    if not found:
        return frozenset()
    suppression = protect(stack.problem(found, {names[key] for key in hidden}))
    more = frozenset(key for key, name in names.items() if name in suppression.hidden or name in found)
    if not more - hidden:
        raise Refused("The tables were not released: together with earlier editions they would reveal small counts.")
    return more
