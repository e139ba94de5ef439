"""The report of citizens' opinions: a page that stands alone, one page for the mayor, CSV, Excel, and PDF.

It is made from the contents of an edition only (`tayori.reports.contents`); same contents, same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.period import Period, spans
from tayori.opinions.report_tables import OTHER, UNSET
from tayori.opinions.themes import theme_rules
from tayori.reports.charts import FONT, HIDDEN, Chart, bars, margin, months, text, years
from tayori.reports.contents import BY_MACHINE, Contents
from tayori.reports.environment import environment
from tayori.reports.folder import write_files
from tayori.reports.fonts import font_faces
from tayori.reports.margins import counts_by
from tayori.reports.parts import heading_of, in_order, of_the_line, placed
from tayori.reports.queries import NUMBERS, ROWS, query_of
from tayori.reports.sentences import compared_fields, findings, headline, printed_fields, summary
from tayori.reports.sheets import Kind, said, sheet_of
from tayori.reports.spreadsheet import csv_bytes
from tayori.reports.workbook import workbook_bytes

_MOST_FOR_THE_MAYOR: Final = 6
_MOST_MOVES: Final = 6
_COMPARED: Final = 3  # printed counts from which a chart is drawn
WITHDRAWN_FILE: Final = "withdrawn-"


@dataclass(frozen=True, slots=True)
class Report:
    """What was written: the files, and how many tables and hidden cells are in them."""

    paths: tuple[Path, ...]
    tables: int
    suppressed_cells: int


def render(
    contents: Contents, out_dir: Path, *, pdf: bool = False, beside: Mapping[str, bytes] | None = None
) -> Report:
    """Write an edition into a folder: opinion-report.html, mayor.html, tables.xlsx, tables/*.csv, and PDFs if asked.

    What is `beside` is written with them. Those of a withdrawn edition are called otherwise, so that none takes the
    place of what was given out. PDFs need the system library Pango; without it they are left out.

    Raises:
        Refused: the folder holds the files of another report.
        Unavailable: another report is being written there, or the folder cannot be written to.

    """
    made = pages(contents)
    before = WITHDRAWN_FILE if contents.withdrawn else ""
    files = {f"{before}{name}.html": page.encode("utf-8") for name, page in made.items()}
    files[f"{before}tables.xlsx"] = workbook_bytes(contents)
    heads = [f"{word}　{sentence}" for word, sentence in contents.marks] if contents.withdrawn else []
    files |= {f"tables/{before}{sheet.name}.csv": csv_bytes(sheet, heads) for sheet in in_order(contents)}
    if pdf and pdf_available():
        files |= {f"{before}{name}.pdf": pdf_bytes(page, name) for name, page in made.items()}
    paths = write_files(out_dir, files | dict(beside or {}), trial=contents.trial)
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
        "words_of_marks": contents.words_of_marks,
        "before_called": contents.period.before_called,
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
    sheets = in_order(contents)
    return _known(contents) | {
        "summary": summary(contents),
        "findings": findings(contents),
        "parts": [(part, heading_of(part, contents), held) for part, held in placed(contents)],
        "of_the_line": of_the_line(contents),
        "numbers": {sheet.name: number for number, sheet in enumerate(sheets, 1)},
        "charts": _charts(contents),
        "queries": [(number, sheet, query_of(sheet.name, contents.period)) for number, sheet in enumerate(sheets, 1)],
        "query_numbers": NUMBERS,
        "rows_counted": ROWS,
        "said": said,
        "Kind": Kind,
        "word_months": spans(contents.word_months),
        "by_machine": BY_MACHINE,
        "day": _day,
    }


def _of_the_mayors_page(contents: Contents) -> dict[str, object]:
    by_theme, by_month = counts_by(contents, "theme"), counts_by(contents, "month")
    all_years, before = contents.table("years"), contents.table("month_before")
    some_months = by_month is not None and len(contents.period.months) > 1
    return _known(contents) | {
        "sentences": summary(contents, short=True),
        "numbers": headline(contents),
        "chart": _largest(by_theme, "fig-mayor", "多い分野"),
        "fields_told": printed_fields(contents),
        "by_month": months(by_month, before, "fig-mayor-months", "月ごとの件数") if some_months and by_month else None,
        "by_year": years(all_years, "fig-mayor-years", all_years.title) if all_years else None,
        "by_channel": _largest(counts_by(contents, "channel"), "fig-mayor-channels", "多い媒体"),
        "years": sheet_of("years", contents),
        "moves": compared_fields(contents, most=_MOST_MOVES),
        "query_numbers": NUMBERS,
        "said": said,
    }


def _largest(table: SuppressedTable | None, name: str, caption: str) -> Chart | None:
    """The largest printed counts of a table; None where too few are printed to be compared."""
    if table is None or not _enough(table, _apart()):
        return None
    return bars(table, name, caption, apart=_apart(), most=_MOST_FOR_THE_MAYOR)


def _enough(table: SuppressedTable, apart: tuple[str, str]) -> bool:
    """Whether so many counts are printed that a drawing of them compares anything."""
    return sum(bool(count) and label not in apart for label, count in margin(table, by_row=True)) >= _COMPARED


def _page(template: str, known: dict[str, object], faces: str) -> str:
    return environment().get_template(template).render(**known, font_faces=faces)


def _charts(contents: Contents) -> dict[str, Chart]:
    """The chart that stands before a table, by the table's name; it stands before the first that prints its counts."""
    called, made = contents.period.before_called, {}
    if (all_years := contents.table("years")) is not None:
        made["years"] = years(all_years, "fig-years", all_years.title)
    by_month = counts_by(contents, "month")
    if by_month is not None and len(contents.period.months) > 1:
        before = contents.table("month_before")
        made["month_channel" if before is None else "month_before"] = months(
            by_month, before, "fig-month", "月別の件数"
        )
    for name, term, apart in (("department", "部", (OTHER, UNSET)), ("theme", "分野", _apart())):
        counts = counts_by(contents, name)
        if counts is not None and _enough(counts, apart):
            place = next(at for at in (name, f"{name}_kind", f"{name}_before") if contents.table(at) is not None)
            then = contents.table(f"{name}_before")
            drawn = bars(counts, f"fig-{name}", f"{term}別の件数", apart=apart, before=then, before_called=called)
            made[place] = drawn
    return made


def _apart() -> tuple[str, str]:
    """Rows of fields that name none."""
    return theme_rules().undecided, theme_rules().withheld


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _period(period: Period) -> str:
    return f"{_day(period.start)}から{_day(period.end)}まで"
