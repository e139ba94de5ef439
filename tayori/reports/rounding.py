"""An edition in rounded counts: tables and every other place that tells a count of letters, rounded alike.

Hiding and memory stand on the counts before rounding. A rounded count follows from the count itself, so whoever holds
the rounded edition knows less than what the audit and the editions to come take as known.
"""

from dataclasses import replace
from typing import Final

from tayori.errors import BadInput
from tayori.opinions.answer_times import Taken
from tayori.opinions.disclosure.rounding import rounded, to_base
from tayori.reports.contents import Contents

BASES: Final = (1, 3, 5, 10)
"""What counts may be rounded to; none is so large that a printed count of k letters becomes 0."""


def require_base(base: int) -> None:
    """Let a base of rounding through.

    Raises:
        BadInput: it is none of BASES.

    """
    if base not in BASES:
        raise BadInput(f"Counts are rounded to multiples of {', '.join(map(str, BASES[1:]))}. Nothing was written.")


def in_rounded_counts(contents: Contents, base: int) -> Contents:
    """The same edition with its counts of matters and letters as multiples of the base; of 1 it stays as it is."""
    if base == 1:
        return contents
    return replace(
        contents,
        base=base,
        tables=tuple(rounded(contents.tables, base)),
        changes=tuple(
            replace(one, now=to_base(one.now, base), before=None if one.before is None else to_base(one.before, base))
            for one in contents.changes
        ),
        times=tuple(_taken(one, base) for one in contents.times),
    )


def _taken(one: Taken, base: int) -> Taken:
    """The share within the target follows from the two counts that the table prints."""
    within, over = to_base(one.within, base), to_base(one.answered - one.within, base)
    return replace(one, within=within, answered=within + over)
