"""The page of a month's results: one HTML file that stands alone, for the staff who write and approve broadcasts."""

from datetime import date
from pathlib import Path
from typing import Final

from tayori.domain.results import SMALLEST_SHOWN, GenreMonth, MonthResults
from tayori.domain.states import BatchState
from tayori.reports.charts import FONT, days
from tayori.reports.environment import environment
from tayori.reports.fonts import font_faces

HIDDEN: Final = f"{SMALLEST_SHOWN}人未満"
STATES: Final = {
    BatchState.ACCEPTED: "LINEが受け付けた",
    BatchState.REFUSED: "断られた",
    BatchState.UNKNOWN: "不明",
    BatchState.UNDECIDED: "不明のまま閉じた",
}
WEEKDAYS: Final = "月火水木金土日"


def write_results(results: MonthResults, folder: Path, made_on: date) -> Path:
    """Write the page of a month into a folder, named by the month; give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{results.month:%Y-%m}.html"
    path.write_text(results_page(results, made_on), "utf-8")
    return path


def results_page(results: MonthResults, made_on: date) -> str:
    """The page as HTML. Same results, same bytes."""
    known = {
        "results": results,
        "title": f"配信の結果　{results.month.year}年{results.month.month}月",
        "made_on": f"{made_on.year}年{made_on.month}月{made_on.day}日",
        "states": STATES,
        "genres": [{"row": row, "cells": genre_cells(row, results)} for row in results.genres],
        "chart": days(
            [(str(one.day.day), one.blocks, one.pushes) for one in results.days], "fig-days", "日ごとのブロック数"
        )
        if results.days
        else None,
        "weekdays": WEEKDAYS,
        "hidden": HIDDEN,
        "k": SMALLEST_SHOWN,
        "font": FONT,
        "per_day": per_day,
    }
    template = environment().get_template("broadcast_results.html.j2")
    plain = template.render(**known, font_faces="")
    return template.render(**known, font_faces=font_faces(plain))


def genre_cells(row: GenreMonth, results: MonthResults) -> list[str]:
    """The cells of a genre: pushes, share, people by state, blocks a day around them and their difference."""
    people = [f"{row.people[state]:,}" for state in STATES]
    return [f"{row.pushes}", f"{row.share:.0%}", *people, per_day(row.blocks_a_day), _against(row, results)]


def per_day(blocks: float | None) -> str:
    """Blocks a day, to one place; a dash where no day is over yet."""
    return "－" if blocks is None else f"{blocks:.1f}"


def _against(row: GenreMonth, results: MonthResults) -> str:
    if row.blocks_a_day is None or results.blocks_a_day is None:
        return "－"
    return f"{row.blocks_a_day - results.blocks_a_day:+.1f}"
