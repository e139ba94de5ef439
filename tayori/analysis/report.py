"""A report of a period: masked facts into tables in which nobody can be found, and those into files (O3).

What a report prints is kept with its edition as one document; the files are made from the document alone.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from tayori.analysis.editions import Judged, out_already, recall, remember, tabulate_beside
from tayori.analysis.facts import facts_of
from tayori.analysis.gists import Written, approved, require_approved
from tayori.analysis.report_contents import Counted, contents_of
from tayori.analysis.withdrawing import withdrawn_on
from tayori.domain.record_classes import kept_whole_since
from tayori.domain.withdrawals import REASONS
from tayori.errors import BadInput, NotFound, Refused
from tayori.office import Office
from tayori.opinions.disclosure.intervals import HEAD, hidden_cells
from tayori.opinions.disclosure.rounding import rounded
from tayori.opinions.disclosure.suppression import threshold
from tayori.opinions.disclosure.tables import Figures, SuppressedTable
from tayori.opinions.period import Period, Span, period_wanted
from tayori.opinions.trends import figures_of
from tayori.opinions.verdicts import verdict
from tayori.reports.contents import Contents, Gist, Withdrawn, read, without_words
from tayori.reports.folder import require_room
from tayori.reports.opinion_report import render
from tayori.reports.rounding import in_rounded_counts, require_base
from tayori.reports.spreadsheet import harmless
from tayori.warehouse import analysis, editions, opinions
from tayori.warehouse.engines import reading


@dataclass(frozen=True, slots=True)
class ReportWanted:
    """Which report: its period (none: the twelve months up to the last full one), and for whom.

    A report for the public hides what fewer than ten letters say, one for inside the ward fewer than five.
    """

    first: date | None = None
    last: date | None = None
    span: Span | None = None  # instead of days: the last one of its kind that is over
    public: bool = True
    folder: Path | None = None
    pdf: bool = True
    intervals: bool = False  # the 秘匿インターバル sheet too, for the office only
    gists: tuple[Written, ...] = ()  # approved ones; each is held against its letters once more
    base: int = 1  # what the printed counts are rounded to
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
        BadInput: the period runs backwards, is not made of whole months that are over, or holds no letter that is done;
            or counts cannot be rounded so.
        Refused: a gist is not approved as it stands, or one of its letters may not be summed up; the auditor found a
            way to a hidden cell, in this report or by one that is out; summaries are given for an edition that is out;
            or the folder holds the files of another report; nothing was written.

    """
    require_base(wanted.base)
    period = period_wanted(wanted.first, wanted.last, office.today(), wanted.span)
    period = replace(period, whole_since=f"{kept_whole_since(office.today()):%Y-%m}")
    gists = approved(office, wanted.gists, period)
    k = threshold(public=wanted.public)
    memory = recall(office, period, public=wanted.public)
    facts = facts_of(office, memory.first_month(period), memory.last_month(period))
    if not facts["month"].isin(period.months).any():
        _refuse_only_open(office, period)
    figures = figures_of(facts, period, k)
    tables = tabulate_beside(facts, figures, period, memory, public=wanted.public)
    contents = None if wanted.trial else _given_out(office, wanted, gists, period, Counted(facts, tables, memory))
    folder = wanted.folder or _folder(office, wanted, period, contents.edition if contents else memory.number)
    if contents is None:
        require_room(folder)
        made_of = contents_of(office, period, Counted(facts, tables, memory), public=wanted.public)
        number = 0 if wanted.trial else memory.number
        contents = replace(made_of, edition=number, trial=wanted.trial, gists=gists)
        contents = in_rounded_counts(contents, wanted.base)
        if not wanted.trial:
            still = partial(require_approved, office, written=wanted.gists, period=period)
            remember(office, period, memory, Judged(facts, figures, tables), contents, still)
    sheet = _interval_sheet(figures, rounded(tables, wanted.base), wanted) if wanted.intervals else {}
    made = render(contents, folder, pdf=wanted.pdf, beside=sheet)
    letters = int(facts.loc[facts["month"].isin(period.months), "mart_key"].nunique())
    return ReportMade(contents.edition, made.paths, letters, made.tables, made.suppressed_cells, len(contents.changes))


def _given_out(
    office: Office, wanted: ReportWanted, gists: tuple[Gist, ...], period: Period, counted: Counted
) -> Contents | None:
    """What the edition printed that is out already with these tables; None for a new one."""
    kept = out_already(office, period, counted.memory, counted.tables, public=wanted.public, base=wanted.base)
    if kept is not None and gists and gists != kept.gists:
        raise Refused(
            f"These tables are out as edition {kept.edition}, and its document stays as it is: summaries are given "
            "with the first report of an edition (--gists). Nothing was written."
        )
    return kept


def _folder(office: Office, wanted: ReportWanted, period: Period, number: int) -> Path:
    """Each edition has a folder of its own; trials lie apart, so that nobody takes one for an edition."""
    whole, span = office.settings.home / "reports", f"{period.start:%Y%m}-{period.end:%Y%m}"
    return whole / "trials" / span if wanted.trial else whole / f"{span}-{number:03d}"


def render_edition(
    office: Office, number: int, folder: Path, *, pdf: bool = True, as_it_was: bool = False
) -> tuple[Path, ...]:
    """Write the files of an edition again, from what was kept of it: the same bytes as then.

    Of a withdrawn edition they are other files, each of which says that it was withdrawn, without what stands in words
    if that was not masked; `as_it_was` gives those that went out.

    Raises:
        NotFound: there is no such edition.
        Refused: the folder holds other files of these names.
        Tampered: the withdrawal is not what was signed.

    """
    with reading(office.warehouse) as people:
        document = analysis.document_of(people, number)
        row = None if as_it_was else editions.withdrawals(people).get(number)
        if document is None:
            raise NotFound(f"There is no document of edition {number}; see `tayori opinions editions`.")
        contents = read(document)
        if row is not None:
            reason = REASONS[row.reason]
            gone = Withdrawn(withdrawn_on(people, row), reason.said, editions.correction_of(people, number))
            contents = contents if reason.copied_whole else without_words(contents)
            contents = replace(contents, withdrawn=gone, gists=contents.gists if reason.gists_stand else ())
    return render(contents, folder, pdf=pdf).paths


def _interval_sheet(figures: Figures, tables: Sequence[SuppressedTable], wanted: ReportWanted) -> dict[str, bytes]:
    """What a reader can make of every hidden count, in a folder of its own that is not handed out."""
    k = threshold(public=wanted.public)
    with verdict():
        cells = hidden_cells(figures, tables, k=k, base=wanted.base)
    held = StringIO()
    csv.writer(held, lineterminator="\r\n").writerows([HEAD, *(map(harmless, one.plain()) for one in cells)])
    return {"office-only/hidden-intervals.csv": held.getvalue().encode("utf-8-sig")}


def _refuse_only_open(office: Office, period: Period) -> None:
    with reading(office.warehouse) as people:
        waiting = opinions.count_open(people, period.first_day, period.last_day)
    if waiting:
        raise BadInput(
            f"There are {waiting} letters in the period, none of them done; `tayori case close` says that they are "
            "done, then report again. Nothing was written."
        )
