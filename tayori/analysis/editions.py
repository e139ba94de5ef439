"""The memory of reports: what is out already is read before a new one is released, and the new one is added to it."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from tayori.analysis.withdrawing import withdrawn_on
from tayori.domain.withdrawals import REASONS
from tayori.errors import Refused
from tayori.office import Office
from tayori.opinions.disclosure.editions import Edition, Place, PlacedSum, Stack, placed
from tayori.opinions.disclosure.release import release_beside
from tayori.opinions.disclosure.suppression import EXTERNAL_K, INTERNAL_K, threshold
from tayori.opinions.disclosure.tables import Figures, SuppressedTable
from tayori.opinions.editions import Truth, places
from tayori.opinions.period import Period
from tayori.opinions.reconciling import require_reconciled
from tayori.opinions.told_words import NEW, Told
from tayori.opinions.verdicts import verdict
from tayori.reports.contents import Contents, Replaced, read
from tayori.vault import audit
from tayori.warehouse import analysis, editions
from tayori.warehouse.editions import EditionRow, WithdrawalRow
from tayori.warehouse.engines import reading, writing

_FOR: Final = {True: "public", False: "internal"}


@dataclass(frozen=True, slots=True)
class Memory:
    """The editions that share months with a new report, and the number that the new one gets.

    `told` are the words that each of them told. `gone` are those that were withdrawn, `before` those of them over the
    same months for the same readers, and `replaces` the one that the new report corrects.
    """

    rows: tuple[EditionRow, ...]
    number: int
    told: tuple[Told, ...] = ()
    gone: tuple[int, ...] = ()
    before: tuple[int, ...] = ()
    replaces: Replaced | None = None

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


def recall(office: Office, period: Period, *, public: bool) -> Memory:
    """Read what earlier editions told of the months of a report and of those that it is compared with.

    A withdrawn edition counts like any other: its readers hold it.

    Raises:
        Tampered: a document or a withdrawal is not what was kept.

    """
    with reading(office.warehouse) as people:
        rows = editions.overlapping(people, _earliest(period), period.months[-1])
        withdrawn = editions.withdrawals(people)
        return Memory(
            tuple(rows),
            editions.latest(people) + 1,
            tuple(_told(people, row, withdrawn.get(row.edition_no)) for row in rows),
            tuple(row.edition_no for row in rows if row.edition_no in withdrawn),
            *_corrected(people, rows, withdrawn, period, public=public),
        )


def _told(people: Connection, row: EditionRow, withdrawn: WithdrawalRow | None) -> Told:
    """The words that an edition told; of one whose document is gone every month counts as told."""
    stands = withdrawn is None or REASONS[withdrawn.reason].words_stand
    document = analysis.document_of(people, row.edition_no)
    if document is None:
        first, last = (date.fromisoformat(f"{month}-01") for month in (row.first_month, row.last_month))
        return Told(row.edition_no, row.threshold, frozenset(Period(first, last).months), {})
    kept = read(document)
    words = {entry.theme: entry.words for entry in kept.words} | {NEW: tuple(one.word for one in kept.new_words)}
    return Told(row.edition_no, row.threshold, frozenset(kept.word_months), words, stands)


def _corrected(
    people: Connection,
    rows: Sequence[EditionRow],
    withdrawn: Mapping[int, WithdrawalRow],
    period: Period,
    *,
    public: bool,
) -> tuple[tuple[int, ...], Replaced | None]:
    """The withdrawn editions of the same months and readers, and the last edition of them if it is one."""
    wanted = (public, period.months[0], period.months[-1])
    same = [row.edition_no for row in rows if (row.is_public, row.first_month, row.last_month) == wanted]
    gone = tuple(number for number in same if number in withdrawn)
    if not gone or gone[-1] != same[-1]:
        return gone, None
    row = withdrawn[gone[-1]]
    return gone, Replaced(row.edition_no, withdrawn_on(people, row), REASONS[row.reason].said)


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
    k = threshold(public=public)
    place = places(period, memory.number)
    new = placed(memory.number, figures, None, place)
    held = memory.editions
    truth = Truth(facts, (new, *held))
    every = Stack(new, held, truth, INTERNAL_K, figures.known)
    given_out = tuple(one for one, row in zip(held, memory.rows, strict=True) if row.is_public)
    stacks = [Stack(new, given_out, truth, EXTERNAL_K, figures.known), every] if public else [every]
    stacks = [stack for stack in stacks if stack.earlier]
    for stack in stacks:
        _refuse_a_changed_edition(stack, memory)
    with verdict(_instead(memory) if memory.rows else ""):
        tables = release_beside(figures, stacks, place, k=k)
    rows = facts.loc[facts["month"].isin(period.months), "mart_key"]
    require_reconciled(tables, letters=rows.nunique(), matters=len(rows))
    return tables


@dataclass(frozen=True, slots=True)
class Judged:
    """What was counted, as figures and as the tables that may be printed of them."""

    facts: pd.DataFrame = field(repr=False)
    figures: Figures
    tables: Sequence[SuppressedTable]


def out_already(
    office: Office, period: Period, memory: Memory, tables: Sequence[SuppressedTable], *, public: bool, base: int
) -> Contents | None:
    """What was kept of the edition that printed exactly these tables and stands; None where there is none."""
    with reading(office.warehouse) as people:
        number = editions.of_digest(people, _digest(period, memory, tables, public=public, base=base))
        document = None if number is None else analysis.document_of(people, number)
    return None if document is None else read(document)


def remember(
    office: Office,
    period: Period,
    memory: Memory,
    judged: Judged,
    contents: Contents,
    still: Callable[[Connection], None],
) -> None:
    """Keep what a report prints and the document that its files are made of, before they are written.

    `still` refuses what may not be printed by now. Of a report in rounded counts the memory keeps the counts before
    rounding: its readers know less than that.

    Raises:
        Refused: another report was made, or one withdrawn, meanwhile, and this one was judged without it; or letters
            were settled or disposed of, which would be late or missing in every later report.

    """
    k = threshold(public=contents.public)
    edition = placed(memory.number, judged.figures, judged.tables, places(period, memory.number))
    printed = json.dumps(_plain(edition), ensure_ascii=False, separators=(",", ":"))
    row = EditionRow(
        memory.number,
        office.now(),
        contents.public,
        k,
        period.months[0],
        period.months[-1],
        min(edition.months),
        None if memory.replaces is None else memory.replaces.edition,
        _digest(period, memory, judged.tables, public=contents.public, base=contents.base),
        printed,
    )
    with writing(office.warehouse) as people:
        audit.reserve(people)  # whoever else gives a report out, or withdraws one, waits here
        withdrawn = editions.withdrawals(people)
        gone = tuple(one.edition_no for one in memory.rows if one.edition_no in withdrawn)
        if (editions.latest(people) + 1, gone) != (memory.number, memory.gone):
            raise Refused("Another report was made or withdrawn meanwhile; make this one again. Nothing was written.")
        if not _same_letters(people, judged.facts, period):
            raise Refused("Letters came in or were disposed of meanwhile; make this one again. Nothing was written.")
        still(people)
        editions.add(people, row, contents.written())


def _same_letters(people: Connection, facts: pd.DataFrame, period: Period) -> bool:
    """Whether the months that a report tells have the letters that it counted, and none of its own waits to be."""
    if any(waiting for waiting, _ in analysis.by_month(people, period.months).values()):
        return False
    counted = np.unique(facts.loc[facts["month"].isin(period.told), "case_no"].to_numpy())
    return np.array_equal(counted, np.fromiter(analysis.counted_numbers(people, period.told), dtype=np.int64))


def _refuse_a_changed_edition(stack: Stack, memory: Memory) -> None:
    """Refuse where the letters of a whole edition are a few more or fewer today: subtraction would show those few."""
    for edition in stack.earlier:
        for span in edition.periods:
            if Place((), span).key in stack.moved and any(span & own for own in stack.new.periods):
                raise Refused(
                    f"The report was not made: it shares months with edition {edition.number}, whose letters have "
                    f"changed since by fewer than {stack.k}; subtraction would show what those few say. "
                    + _instead(memory)
                )


def _earliest(period: Period) -> str:
    """The first month of the earliest year that the period is shown beside."""
    return min(period.told)


def _instead(memory: Memory) -> str:
    """What may be published instead."""
    stands = "; ".join(
        f"edition {row.edition_no} ({_FOR[row.is_public]}, {row.first_month} to {row.last_month}, "
        f"made {_day(row.made_at)})"
        for row in memory.rows
    )
    return (
        f"You can publish instead: what is out already, as it stands ({stands}); or a report of other months, that is "
        "not compared with these either. Nothing was written."
    )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _digest(period: Period, memory: Memory, tables: Sequence[SuppressedTable], *, public: bool, base: int) -> str:
    """Names what is printed, and which editions of it were withdrawn before: afterwards the same is another edition."""
    held = [[table.name, table.rows, table.columns, table.cells] for table in tables]
    rounding = [base] if base > 1 else []
    whole = json.dumps([period.months, public, memory.before, held, *rounding], ensure_ascii=False)
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
