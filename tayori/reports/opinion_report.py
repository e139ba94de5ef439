"""The report of citizens' opinions: a page that stands alone, one page for the mayor, CSV, Excel, and PDF.

It is made from the contents of an edition only (`tayori.reports.contents`); same contents, same bytes.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from tayori.opinions.period import Period, spans
from tayori.opinions.report_tables import OTHER, UNSET
from tayori.opinions.signals import CHANGES
from tayori.opinions.themes import theme_rules
from tayori.reports.charts import FONT, HIDDEN, Chart, bars, months, text, years
from tayori.reports.contents import Contents
from tayori.reports.environment import environment
from tayori.reports.folder import write_files
from tayori.reports.fonts import font_faces
from tayori.reports.parts import derived, file_of, in_order, is_total, placed, source
from tayori.reports.sentences import findings, headline, summary
from tayori.reports.spreadsheet import csv_bytes
from tayori.reports.workbook import workbook_bytes

_MOST_FOR_THE_MAYOR = 8
WITHDRAWN_FILE: Final = "withdrawn-"


@dataclass(frozen=True, slots=True)
class Report:
    """What was written: the files, and how many tables and hidden cells are in them."""

    paths: tuple[Path, ...]
    tables: int
    suppressed_cells: int


def render(contents: Contents, out_dir: Path, *, pdf: bool = False) -> Report:
    """Write an edition into a folder: opinion-report.html, mayor.html, tables.xlsx, tables/*.csv, and PDFs if asked.

    Those of a withdrawn edition are called otherwise, so that none takes the place of what was given out. PDFs need the
    system library Pango; without it they are left out.

    Raises:
        Refused: the folder holds the files of another report.
        Unavailable: another report is being written there, or the folder cannot be written to.

    """
    made = pages(contents)
    before = WITHDRAWN_FILE if contents.withdrawn else ""
    files = {f"{before}{name}.html": page.encode("utf-8") for name, page in made.items()}
    files[f"{before}tables.xlsx"] = workbook_bytes(contents)
    heads = [f"{word}　{sentence}" for word, sentence in contents.marks] if contents.withdrawn else []
    files |= {f"tables/{before}{table.name}.csv": csv_bytes(table, heads) for table in in_order(contents)}
    if pdf and pdf_available():
        files |= {f"{before}{name}.pdf": pdf_bytes(page, name) for name, page in made.items()}
    paths = write_files(out_dir, files, trial=contents.trial)
    return Report(paths, len(contents.tables), contents.hidden_cells)


def pages(contents: Contents) -> dict[str, str]:
    """Both pages as HTML by name: the report (summary, twelve parts, LINE, method), and one page for the mayor.

    They share one cut of the font, which is what takes time.
    """
    filled = {
        "opinion-report": ("opinion_report.html.j2", _of_the_report(contents)),
        "mayor": ("mayor_page.html.j2", _of_the_mayors_page(contents)),
    }
    plain = [_page(template, known, "") for template, known in filled.values()]
    faces = font_faces("".join(plain))
    return {name: _page(template, known, faces) for name, (template, known) in filled.items()}


@cache
def pdf_available() -> bool:
    """Whether this machine can make PDFs (WeasyPrint needs the system library Pango)."""
    try:
        import weasyprint  # noqa: F401, PLC0415 start-up time, and Pango may be absent
    except (ImportError, OSError):
        return False
    return True


def pdf_bytes(page: str, name: str = "opinion-report") -> bytes:
    """The page as a tagged PDF/UA; nothing is fetched from anywhere."""
    import weasyprint  # noqa: PLC0415 start-up time

    only_inside = weasyprint.urls.URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    made: bytes = weasyprint.HTML(string=page, url_fetcher=only_inside).write_pdf(
        pdf_variant="pdf/ua-1", pdf_identifier=f"tayori-{name}".encode()
    )
    return made


def _known(contents: Contents) -> dict[str, object]:
    return {
        "contents": contents,
        "k": contents.k,
        "marks": contents.marks,
        "title": contents.title,
        "called": contents.period.called(),
        "period": _period(contents.period),
        "made_on": _day(contents.made_on),
        "made_iso": contents.made_on.isoformat(),
        "versions": dict(sorted(contents.versions.items())),
        "hidden_cells": contents.hidden_cells,
        "hidden": HIDDEN,
        "text": text,
        "font": FONT,
    }


def _of_the_report(contents: Contents) -> dict[str, object]:
    return _known(contents) | {
        "summary": summary(contents),
        "findings": findings(contents),
        "parts": placed(contents),
        "numbers": {table.name: number for number, table in enumerate(in_order(contents), 1)},
        "charts": _charts(contents),
        "derived": derived,
        "is_total": is_total,
        "source": source,
        "file_of": file_of,
        "words": [entry for entry in contents.words if entry.words],
        "word_months": spans(contents.word_months),
        "changes": CHANGES,
        "day": _day,
    }


def _of_the_mayors_page(contents: Contents) -> dict[str, object]:
    apart = (theme_rules().undecided, theme_rules().withheld)
    by_theme = contents.table("theme_kind")
    chart = by_theme and bars(by_theme, "fig-mayor", "多い分野", apart=apart, most=_MOST_FOR_THE_MAYOR)
    said = {"sentences": summary(contents, short=True), "numbers": headline(contents), "chart": chart}
    return _known(contents) | said


def _page(template: str, known: dict[str, object], faces: str) -> str:
    return environment().get_template(template).render(**known, font_faces=faces)


def _charts(contents: Contents) -> dict[str, Chart]:
    """The chart that stands before a table, by the table's name."""
    by_month, by_theme = contents.table("month_channel"), contents.table("theme_kind")
    before, by_department = contents.table("month_before"), contents.table("department_kind")
    made = {}
    if (all_years := contents.table("years")) is not None:
        made["years"] = years(all_years, "fig-years", all_years.title)
    if by_month is not None and len(contents.period.months) > 1:
        place = "month_channel" if before is None else "month_before"
        made[place] = months(by_month, before, "fig-month", "月別の件数")
    if by_department is not None:
        then = contents.table("department_before")
        made["department_kind"] = bars(by_department, "fig-department", "部別の件数", apart=(OTHER, UNSET), before=then)
    if by_theme is not None:
        apart = (theme_rules().undecided, theme_rules().withheld)
        then = contents.table("theme_before")
        made["theme_kind"] = bars(by_theme, "fig-theme", "分野別の件数", apart=apart, before=then)
    return made


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _period(period: Period) -> str:
    return f"{_day(period.start)}から{_day(period.end)}まで"
