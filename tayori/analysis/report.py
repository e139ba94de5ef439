"""A report of a period: masked facts into tables in which nobody can be found, and those into files (O3).

What a report prints is kept with its edition as one document; the files are made from the document alone.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from tayori.analysis.changes import changes_of, topic_courses
from tayori.analysis.editions import recall, remember, tabulate_beside
from tayori.analysis.facts import facts_of
from tayori.analysis.line_side import line_side
from tayori.analysis.period_words import words_of_period
from tayori.errors import BadInput, NotFound, Refused
from tayori.office import Office
from tayori.opinions.answer_times import Taken, taken
from tayori.opinions.disclosure.intervals import HEAD, hidden_cells
from tayori.opinions.disclosure.suppression import EXTERNAL_K, INTERNAL_K
from tayori.opinions.disclosure.tables import TOTAL_LABEL, Figures, SuppressedTable
from tayori.opinions.facts import rule_versions
from tayori.opinions.new_words import new_words
from tayori.opinions.period import Period
from tayori.opinions.report_tables import PACES
from tayori.opinions.trends import courses_of, earlier_years, field_words, figures_of, within
from tayori.reports.contents import Contents, Gist, read, with_topic_labels
from tayori.reports.opinion_report import render
from tayori.reports.spreadsheet import harmless
from tayori.settings import Mode
from tayori.warehouse import analysis, opinions
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
    gists: tuple[Gist, ...] = ()
    trial: bool = False  # for looking at in the office: marked, remembered nowhere, to be given to nobody


@dataclass(frozen=True, slots=True)
class ReportMade:
    """What was written: edition (0: a trial), files, letters in the period, tables, cells that are hidden."""

    edition: int
    paths: tuple[Path, ...]
    letters: int
    tables: int
    suppressed_cells: int
    changes: int = 0

    def plain(self) -> dict[str, Any]:
        """Give the counts and the files' names."""
        return {
            "edition": self.edition,
            "letters": self.letters,
            "tables": self.tables,
            "suppressed_cells": self.suppressed_cells,
            "changes": self.changes,
            "files": [path.name for path in self.paths],
        }


def make_report(office: Office, wanted: ReportWanted) -> ReportMade:
    """Make the report of a period from the masked mart.

    Raises:
        BadInput: the period runs backwards, ends in the future or holds no letter that is done.
        Refused: the auditor found a way to a hidden cell, in this report or by one that is out; or summaries are given
            for an edition that is out; nothing was written.

    """
    period = _period(office, wanted)
    k = EXTERNAL_K if wanted.public else INTERNAL_K
    memory = recall(office, period)
    facts = facts_of(office, memory.first_month(period), memory.last_month(period))
    if not facts["month"].isin(period.months).any():
        _refuse_only_open(office, period)
    figures = figures_of(facts, period, k)
    tables = tabulate_beside(facts, figures, period, memory, public=wanted.public)
    if wanted.trial:
        contents = _contents(office, wanted, period, facts, tables)
    else:
        number = remember(office, period, memory, figures, tables, public=wanted.public)
        contents = _given_out(office, number, wanted.gists) or _keep(
            office, number, _contents(office, wanted, period, facts, tables)
        )
    folder = wanted.folder or _folder(office, wanted, period)
    made = render(contents, folder, pdf=wanted.pdf)
    paths = made.paths
    if wanted.intervals:
        paths += (_interval_sheet(folder, figures, tables, k),)
    letters = int(facts.loc[facts["month"].isin(period.months), "mart_key"].nunique())
    return ReportMade(contents.edition, paths, letters, made.tables, made.suppressed_cells, len(contents.changes))


def _given_out(office: Office, number: int, gists: tuple[Gist, ...]) -> Contents | None:
    """What an edition printed that is out already; None for a new one."""
    kept = _kept(office, number)
    if kept is not None and gists and gists != kept.gists:
        raise Refused(
            f"These tables are out as edition {number}, and its document stays as it is: summaries are given with the "
            "first report of an edition (--gists). Nothing was written."
        )
    return kept


def _folder(office: Office, wanted: ReportWanted, period: Period) -> Path:
    """Trials lie apart, so that nobody takes one for an edition."""
    whole = office.settings.home / "reports" / ("trials" if wanted.trial else "")
    return whole / f"{period.start:%Y%m}-{period.end:%Y%m}"


def render_edition(office: Office, number: int, folder: Path, *, pdf: bool = True) -> tuple[Path, ...]:
    """Write the files of an edition again, from what was kept of it: the same bytes as then.

    Raises:
        NotFound: there is no such edition, or its document was not kept.

    """
    contents = _kept(office, number)
    if contents is None:
        raise NotFound(f"There is no document of edition {number}; see `tayori opinions editions`.")
    return render(contents, folder, pdf=pdf).paths


def _contents(
    office: Office, wanted: ReportWanted, period: Period, facts: pd.DataFrame, tables: Sequence[SuppressedTable]
) -> Contents:
    k = EXTERNAL_K if wanted.public else INTERNAL_K
    with reading(office.warehouse) as people:
        topics = {f"{number:04d}": topic for number, topic in analysis.topics(people).items()}
    now, before = (words_of_period(office, months, topics) for months in (period.months, period.months_before))
    courses = [*courses_of(facts, period), *topic_courses(now, before, topics)]
    by_name = {table.name: table for table in tables}
    return Contents(
        tables=with_topic_labels(tables, {code: topic.label for code, topic in topics.items()}),
        start=period.start,
        end=period.end,
        made_on=office.today(),
        versions=rule_versions(),
        public=wanted.public,
        rehearsal=office.settings.mode is Mode.REHEARSAL,
        trial=wanted.trial,
        words=tuple(field_words(now.by_field, k)),
        new_words=tuple(new_words(now.by_word, before.by_word, k=k)),
        changes=tuple(changes_of(courses, by_name, topics, k)),
        compared_years=earlier_years(facts, period),
        times=tuple(times_of(facts, period, by_name.get("department_pace"), k)),
        gists=wanted.gists,
        line=line_side(office, period, k),
    )


def times_of(facts: pd.DataFrame, period: Period, table: SuppressedTable | None, k: int) -> list[Taken]:
    """Days to the answer for all and for each department whose counts of answers are printed, all of them last."""
    if table is None:
        return []
    rows = within(facts, period.months)
    rows = rows.loc[rows["days"] >= 0]
    told = []
    for label, cells in zip(table.rows, table.cells, strict=True):
        counts = dict(zip(table.columns, cells, strict=True))
        in_time, over = (counts.get(PACES[pace], 0) for pace in ("within", "over"))
        if in_time is None or over is None or in_time + over < k:
            continue
        mine = rows if label == TOTAL_LABEL else rows.loc[rows["department"] == label]
        if len(mine) == in_time + over:
            days = mine.drop_duplicates("mart_key")["days"].tolist()  # an answer is one, whatever its letter is about
            told.append(taken(label, days, in_time, over, k=k))
    return told


def _kept(office: Office, number: int) -> Contents | None:
    with reading(office.warehouse) as people:
        document = analysis.document_of(people, number)
    return None if document is None else read(document)


def _keep(office: Office, number: int, contents: Contents) -> Contents:
    numbered = replace(contents, edition=number)
    with writing(office.warehouse) as people:
        analysis.put_document(people, number, numbered.written())
    return numbered


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
