"""The page of a survey's results: one HTML file that stands alone, drawn from released tables only."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from tayori.domain.surveys import Survey
from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.reports.charts import FONT, bars, text
from tayori.reports.environment import environment
from tayori.reports.fonts import font_faces

HOW: Final = {True: "無記名のアンケートです", False: "記名のアンケートで、個々の回答は集計のあとに消去しました"}


def survey_page(survey: Survey, tables: Sequence[SuppressedTable], k: int, made_on: date) -> str:
    """The page as HTML. Same tables, same bytes."""
    known = {
        "title": f"アンケートの結果　{survey.title}",
        "survey": survey,
        "how": HOW[survey.anonymous],
        "total": text(tables[0].cells[-1][0]) if tables else "",
        "parts": [{"table": table, "chart": bars(table, f"fig-{table.name}", table.title)} for table in tables],
        "hidden": sum(table.hidden for table in tables),
        "k": k,
        "count": text,
        "made_on": f"{made_on.year}年{made_on.month}月{made_on.day}日",
        "font": FONT,
    }
    template = environment().get_template("survey_results.html.j2")
    plain = template.render(**known, font_faces="")
    return template.render(**known, font_faces=font_faces(plain))
