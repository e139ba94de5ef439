"""The report of citizens' opinions: one HTML page that stands alone, a CSV file per table, and a PDF where Pango is.

It is made from released tables only (`tayori.opinions.trends.tabulate`); same input, same bytes.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.themes import theme_rules
from tayori.opinions.trends import Period
from tayori.opinions.words import ThemeWords
from tayori.reports.charts import FONT, HIDDEN, Chart, bars, months, text
from tayori.reports.environment import environment
from tayori.reports.fonts import font_faces
from tayori.reports.sentences import summary

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Report:
    """What was written: the files, the tables in them, and how many cells are hidden in all."""

    paths: tuple[Path, ...]
    tables: tuple[SuppressedTable, ...]
    suppressed_cells: int


def render(  # noqa: PLR0913 - all but three by keyword
    tables: Sequence[SuppressedTable],
    out_dir: Path,
    period: Period,
    *,
    made_on: date,
    versions: Mapping[str, str],
    words: Sequence[ThemeWords] = (),
    pdf: bool = False,
    rehearsal: bool = True,
) -> Report:
    """Write the report into a folder: opinion-report.html, tables/*.csv and, if asked and possible, the PDF.

    `versions` name the dictionaries and programs that decided the counts; `made_on` is printed. A report of a
    rehearsal says so on every page.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    page = opinion_page(tables, period, made_on=made_on, versions=versions, words=words, rehearsal=rehearsal)
    paths = [_write(out_dir / "opinion-report.html", page.encode("utf-8"))]
    (out_dir / "tables").mkdir(exist_ok=True)
    paths += [_write(out_dir / "tables" / f"{table.name}.csv", csv_bytes(table)) for table in tables]
    if pdf and pdf_available():
        paths.append(_write(out_dir / "opinion-report.pdf", pdf_bytes(page)))
    return Report(tuple(paths), tuple(tables), sum(table.hidden for table in tables))


def opinion_page(
    tables: Sequence[SuppressedTable],
    period: Period,
    *,
    made_on: date,
    versions: Mapping[str, str],
    words: Sequence[ThemeWords] = (),
    rehearsal: bool = True,
) -> str:
    """The page as HTML: summary, charts with their tables, words of the fields, notes on method and limits."""
    by_name = {table.name: table for table in tables}
    k = tables[0].k
    known = {
        "k": k,
        "rehearsal": rehearsal,
        "title": "区民の声　集計・分析報告",
        "period": _period(period),
        "made_on": _day(made_on),
        "made_iso": made_on.isoformat(),
        "summary": summary(by_name, k=k),
        "charts": _charts(by_name),
        "tables": tables,
        "words": [entry for entry in words if entry.words],
        "versions": dict(sorted(versions.items())),
        "hidden_cells": sum(table.hidden for table in tables),
        "hidden": HIDDEN,
        "text": text,
        "font": FONT,
    }
    template = environment().get_template("opinion_report.html.j2")
    plain = template.render(**known, font_faces="")
    return template.render(**known, font_faces=font_faces(plain))


def csv_bytes(table: SuppressedTable) -> bytes:
    """A table as CSV that a spreadsheet opens rightly: UTF-8 with BOM, no cell that could run as a formula."""
    held = io.StringIO(newline="")
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerow([harmless(table.corner), *map(harmless, table.columns)])
    for label, cells in zip(table.rows, table.cells, strict=True):
        writer.writerow([harmless(label), *(HIDDEN if count is None else count for count in cells)])
    return held.getvalue().encode("utf-8-sig")


@cache
def pdf_available() -> bool:
    """Whether this machine can make PDFs (WeasyPrint needs the system library Pango)."""
    try:
        import weasyprint  # noqa: F401, PLC0415 start-up time, and Pango may be absent
    except (ImportError, OSError):
        return False
    return True


def pdf_bytes(page: str) -> bytes:
    """The page as a tagged PDF/UA; nothing is fetched from anywhere."""
    import weasyprint  # noqa: PLC0415 start-up time

    only_inside = weasyprint.urls.URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    made: bytes = weasyprint.HTML(string=page, url_fetcher=only_inside).write_pdf(
        pdf_variant="pdf/ua-1", pdf_identifier=b"tayori-opinion-report"
    )
    return made


def _charts(tables: Mapping[str, SuppressedTable]) -> dict[str, Chart]:
    """The chart that stands before a table, by the table's name."""
    return {
        "month_channel": months(tables["month_channel"], tables.get("month_before"), "fig-month", "月別の件数"),
        "department_kind": bars(tables["department_kind"], "fig-department", "部別の件数"),
        "theme_kind": bars(
            tables["theme_kind"],
            "fig-theme",
            "分野別の件数",
            apart=(theme_rules().undecided, theme_rules().withheld),
        ),
    }


def harmless(label: str) -> str:
    """The label as a spreadsheet shows it and never runs it."""
    return f"'{label}" if label.startswith(_FORMULA) else label


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _period(period: Period) -> str:
    return f"{_day(period.start)}から{_day(period.end)}まで"
