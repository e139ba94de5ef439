"""The memory of reports: what is out already is read before a new one is released, and the new one is added to it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd

from tayori.errors import Refused
from tayori.office import Office
from tayori.opinions.disclosure.editions import Edition, Place, PlacedSum, Stack, placed
from tayori.opinions.disclosure.release import release_beside
from tayori.opinions.disclosure.suppression import EXTERNAL_K, INTERNAL_K
from tayori.opinions.disclosure.tables import Figures, SuppressedTable
from tayori.opinions.editions import Truth, places
from tayori.opinions.period import EARLIER, Period
from tayori.opinions.reconciling import require_reconciled
from tayori.warehouse import editions
from tayori.warehouse.editions import EditionRow
from tayori.warehouse.engines import reading, writing

_FOR: Final = {True: "public", False: "internal"}


@dataclass(frozen=True, slots=True)
class Memory:
    """The editions that share months with a new report, and the number that the new one gets."""

    rows: tuple[EditionRow, ...]
    number: int

    @property
    def editions(self) -> tuple[Edition, ...]:
        """What they printed."""
        return tuple(_read(row) for row in self.rows)

    def first_month(self, period: Period) -> str:
        """The first month of which facts are needed to judge."""
        return min([_earliest(period), *(row.earliest_month for row in self.rows)])

    def last_month(self, period: Period) -> str:
        """The last month of which facts are needed to judge."""
        return max([period.months[-1], *(row.last_month for row in self.rows)])


def recall(office: Office, period: Period) -> Memory:
    """Read what earlier editions printed of the months of a report and of those that it is compared with."""
    with reading(office.warehouse) as people:
        return Memory(
            tuple(editions.overlapping(people, _earliest(period), period.months[-1])), editions.latest(people) + 1
        )


def tabulate_beside(
    facts: pd.DataFrame, figures: Figures, period: Period, memory: Memory, *, public: bool
) -> list[SuppressedTable]:
    """The tables of a report, safe alone and beside every edition that the same readers hold.

    The public reads public editions; the office reads all of them, so a public report is judged for both.

    Raises:
        Refused: an earlier edition of the same months differs by fewer letters than may be told apart, or hiding more
            does not help; the sentence says what may be published instead. Or the finished tables do not agree in 通
            and 件.

    """
    k = EXTERNAL_K if public else INTERNAL_K
    place = places(period, memory.number)
    new = placed(memory.number, figures, None, place)
    held = memory.editions
    truth = Truth(facts, (new, *held))
    every = Stack(new, held, truth, INTERNAL_K)
    given_out = tuple(one for one, row in zip(held, memory.rows, strict=True) if row.is_public)
    stacks = [Stack(new, given_out, truth, EXTERNAL_K), every] if public else [every]
    stacks = [stack for stack in stacks if stack.earlier]
    for stack in stacks:
        _refuse_a_changed_edition(stack, memory, period)
    try:
        tables = release_beside(figures, stacks, place, k=k)
    except Refused as refused:
        if not memory.rows:
            raise
        raise Refused(f"{refused} {_instead(memory, period)}") from refused
    rows = facts.loc[facts["month"].isin(period.months), "mart_key"]
    require_reconciled(tables, letters=rows.nunique(), matters=len(rows))
    return tables


def remember(
    office: Office,
    period: Period,
    memory: Memory,
    figures: Figures,
    tables: Sequence[SuppressedTable],
    *,
    public: bool,
) -> int:
    """Keep what a report prints, before its files are written; give its number, the old one if it was out already.

    Raises:
        Refused: another report was made meanwhile; this one was judged without it.

    """
    k = EXTERNAL_K if public else INTERNAL_K
    edition = placed(memory.number, figures, tables, places(period, memory.number))
    digest = _digest(period, tables, public=public)
    printed = json.dumps(_plain(edition), ensure_ascii=False, separators=(",", ":"))
    earliest = _earliest(period)
    with writing(office.warehouse) as people:
        out_already = [row.edition_no for row in editions.listed(people) if row.digest == digest]
        if out_already:
            return out_already[0]
        if editions.latest(people) + 1 != memory.number:
            raise Refused("Another report was made meanwhile; make this one again. Nothing was written.")
        editions.add(
            people,
            EditionRow(
                memory.number, office.now(), public, k, period.months[0], period.months[-1], earliest, digest, printed
            ),
        )
    return memory.number


def _refuse_a_changed_edition(stack: Stack, memory: Memory, period: Period) -> None:
    """Refuse where the letters of a whole edition are a few more or fewer today: subtraction would show those few."""
    for edition in stack.earlier:
        for span in edition.periods:
            if Place((), span).key in stack.moved and any(span & own for own in stack.new.periods):
                raise Refused(
                    f"The report was not made: it shares months with edition {edition.number}, whose letters have "
                    f"changed since by fewer than {stack.k}; subtraction would show what those few say. "
                    + _instead(memory, period)
                )


def _earliest(period: Period) -> str:
    """The first month of the earliest year that the period is shown beside."""
    return (period.years_before(EARLIER) or period.months)[0]


def _instead(memory: Memory, period: Period) -> str:
    """What may be published instead."""
    last = max(row.last_month for row in memory.rows)
    stands = "; ".join(
        f"edition {row.edition_no} ({_FOR[row.is_public]}, {row.first_month} to {row.last_month}, "
        f"made {_day(row.made_at)})"
        for row in memory.rows
    )
    after = f"a report that begins after {last}, "
    if period.months[-1] <= last:
        after += "once a month after it is over, "
    return (
        f"You can publish instead: what is out already, as it stands ({stands}); {after}"
        "or this one again when more letters of its months are done. Nothing was written."
    )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _digest(period: Period, tables: Sequence[SuppressedTable], *, public: bool) -> str:
    held = [[table.name, table.rows, table.columns, table.cells] for table in tables]
    whole = json.dumps([period.months, public, held], ensure_ascii=False)
    return hashlib.sha256(whole.encode()).hexdigest()


def _plain(edition: Edition) -> dict[str, Any]:
    """An edition as JSON: cells by place, sums by the numbers of their cells."""
    known = list(
        dict.fromkeys([*edition.cells, *(one for entry in edition.sums for one in (entry.total, *entry.parts))])
    )
    index = {place: at for at, place in enumerate(known)}
    return {
        "cells": [[place.what, sorted(place.when), edition.cells.get(place)] for place in known],
        "sums": [[index[entry.total], *(index[part] for part in entry.parts)] for entry in edition.sums],
    }


def _read(row: EditionRow) -> Edition:
    held = json.loads(row.printed)
    cells = [
        (Place(tuple((name, code) for name, code in what), frozenset(when)), count)
        for what, when, count in held["cells"]
    ]
    sums = tuple(PlacedSum(cells[total][0], tuple(cells[part][0] for part in parts)) for total, *parts in held["sums"])
    return Edition(row.edition_no, dict(cells), sums)
