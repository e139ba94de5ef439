"""A report of a period: masked facts into tables in which nobody can be found, and those into files (O3)."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from tayori.analysis.editions import recall, remember, tabulate_beside
from tayori.analysis.mart import EVIDENCE, sealed_words
from tayori.errors import BadInput
from tayori.office import Office
from tayori.opinions.disclosure.intervals import HEAD, hidden_cells
from tayori.opinions.disclosure.suppression import EXTERNAL_K, INTERNAL_K
from tayori.opinions.disclosure.tables import Figures, SuppressedTable
from tayori.opinions.facts import rule_versions
from tayori.opinions.trends import COLUMNS, Period, figures_of, theme_words
from tayori.reports.opinion_report import harmless, render
from tayori.settings import Mode
from tayori.vault.audit import Action, record
from tayori.warehouse import opinions
from tayori.warehouse.engines import reading, writing


@dataclass(frozen=True, slots=True)
class ReportWanted:
    """Which report: its period (none: the twelve months up to the last full one), and for whom.

    A report for the public hides what fewer than ten letters say, one for inside the ward fewer than five.
    """

    first: date | None = None
    last: date | None = None
    public: bool = True
    folder: Path | None = None
    pdf: bool = True
    intervals: bool = False  # the 秘匿インターバル sheet too, for the office only


@dataclass(frozen=True, slots=True)
class ReportMade:
    """What was written: the edition's number, files, letters in the period, tables, cells that are hidden."""

    edition: int
    paths: tuple[Path, ...]
    letters: int
    tables: int
    suppressed_cells: int

    def plain(self) -> dict[str, Any]:
        """Give the counts and the files' names."""
        return {
            "edition": self.edition,
            "letters": self.letters,
            "tables": self.tables,
            "suppressed_cells": self.suppressed_cells,
            "files": [path.name for path in self.paths],
        }


def make_report(office: Office, wanted: ReportWanted) -> ReportMade:
    """Make the report of a period from the masked mart.

    Raises:
        BadInput: the period runs backwards, ends in the future or holds no letter that is done.
        Refused: the auditor found a way to a hidden cell, in this report or by one that is out; nothing was written.

    """
    period = _period(office, wanted)
    k = EXTERNAL_K if wanted.public else INTERNAL_K
    memory = recall(office, period)
    facts = masked_facts(office, memory.first_month(period), memory.last_month(period))
    if not facts["month"].isin(period.months).any():
        _refuse_only_open(office, period)
    tables = tabulate_beside(facts, period, memory, public=wanted.public)
    edition = remember(office, period, memory, facts, tables, public=wanted.public)
    folder = wanted.folder or office.settings.home / "reports" / f"{period.start:%Y%m}-{period.end:%Y%m}"
    made = render(
        tables,
        folder,
        period,
        made_on=office.today(),
        versions=rule_versions(),
        words=theme_words(facts, k, period=period),
        pdf=wanted.pdf,
        rehearsal=office.settings.mode is Mode.REHEARSAL,
    )
    paths = made.paths
    if wanted.intervals:
        paths += (_interval_sheet(folder, figures_of(facts, period, k), tables, k),)
    letters = int(facts.loc[facts["month"].isin(period.months), "mart_key"].nunique())
    return ReportMade(edition, paths, letters, len(made.tables), made.suppressed_cells)


def masked_facts(office: Office, first_month: str, last_month: str) -> pd.DataFrame:
    """Open the mart's rows of a span of months (YYYY-MM), with the words of each letter."""
    with writing(office.warehouse) as people:
        rows = opinions.masked_between(people, first_month, last_month)
        record(people, EVIDENCE, Action.OPEN, "masked mart for a report", count=len(rows), now=office.now())
    with reading(office.vault) as vault:
        keys = office.case_keys.open(vault, [row.case_no for row in rows])
    held = [
        (row, sealed_words(keys[row.case_no], row.case_no, row.masked_text)[1]) for row in rows if row.case_no in keys
    ]
    facts = pd.DataFrame(
        [
            (row.mart_key, row.month, row.channel, row.department, row.kind, row.theme, row.state, list(words))
            for row, words in held
        ],
        columns=list(COLUMNS),
    )
    return facts.sort_values("mart_key", ignore_index=True)


def _interval_sheet(folder: Path, figures: Figures, tables: Sequence[SuppressedTable], k: int) -> Path:
    """Write what a reader can make of every hidden count, in a folder of its own that is not handed out."""
    path = folder / "office-only" / "hidden-intervals.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as held:
        writer = csv.writer(held, lineterminator="\r\n")
        writer.writerows([HEAD, *(map(harmless, one.plain()) for one in hidden_cells(figures, tables, k=k))])
    return path


def _refuse_only_open(office: Office, period: Period) -> None:
    with reading(office.warehouse) as people:
        waiting = opinions.count_open(people, period.first_day, period.last_day)
    if waiting:
        raise BadInput(
            f"There are {waiting} letters in the period, none of them done; `tayori case close` says that they are "
            "done, then report again. Nothing was written."
        )


def _period(office: Office, wanted: ReportWanted) -> Period:
    last = wanted.last or office.today().replace(day=1) - timedelta(days=1)
    first = wanted.first or (last.replace(day=1) - timedelta(days=330)).replace(day=1)
    if first > last:
        raise BadInput("The period runs backwards; give the first day before the last.")
    if last > office.today():
        raise BadInput("The period ends in the future; give a last day up to today.")
    return Period(first, last)
