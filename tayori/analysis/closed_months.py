"""A month that an edition told is closed (締め): a letter that is done later counts in the next month that is open.

Otherwise the next report over that month would differ from the edition by the few letters that came late, and whoever
subtracts one from the other would read what those few say. Each letter counts in one month, once and for good.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from tayori.opinions.disclosure.suppression import EXTERNAL_K
from tayori.opinions.period import months_back, whole_months
from tayori.warehouse import analysis, editions
from tayori.warehouse.analysis import SealedRow


def closed(people: Connection) -> frozenset[str]:
    """The months (YYYY-MM) that some edition told, as its own or beside its own.

    Of an edition that a restore brought back without its letters nobody knows which of them it counted: what is done
    anew since counts where it came in, as then.
    """
    told = (replace(whole_months(first, last), whole_since=since).told for first, last, since in editions.spans(people))
    return frozenset[str]().union(*told)


def brought_in(people: Connection) -> frozenset[str]:
    """The closed months whose waiting letters were brought in together (移行), and are too many to count elsewhere.

    At least as many as the public may be told of, and at least half of those that are counted already: of a month, or
    of all closed months for which letters wait.
    """
    held = {month: counts for month, counts in analysis.by_month(people, closed(people)).items() if counts[0]}
    whole = tuple(map(sum, zip(*held.values(), strict=True)))
    return frozenset(month for month, counts in held.items() if _many(*counts) or _many(*whole))


def _many(waiting: int, counted: int) -> bool:
    return waiting >= EXTERNAL_K and 2 * waiting >= counted


def carried_over(people: Connection, rows: Sequence[SealedRow], kept: frozenset[str]) -> dict[int, str]:
    """The month in which each letter of a closed month counts instead, by case number, but for those `kept`."""
    shut = closed(people)
    return {row.case_no: _open(row.month, shut) for row in rows if row.month in shut and row.month not in kept}


def _open(month: str, shut: frozenset[str]) -> str:
    """The first month after one that is not closed; a month that still runs never is."""
    while month in shut:
        month = months_back(month, -1)
    return month
