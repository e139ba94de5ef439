"""Results of a survey that is closed: tables past disclosure control, charts and CSV of them, nothing else (L6).

The tables of one survey are one system that shares its total, so that none gives away what another hides. A survey is
released once closed, from counts that can not change any more: two editions can not be held against each other.
"""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from typing import Final

from tayori.desk.surveys import labels_of
from tayori.domain.surveys import Question, Survey, survey_of
from tayori.errors import NotFound, Refused
from tayori.office import Office
from tayori.opinions.disclosure.release import release
from tayori.opinions.disclosure.suppression import EXTERNAL_K, INTERNAL_K
from tayori.opinions.disclosure.tables import TOTAL, Figures, Key, Series, SuppressedTable, Table, cell, side_by_side
from tayori.opinions.verdicts import verdict
from tayori.reports.charts import HIDDEN
from tayori.reports.spreadsheet import harmless
from tayori.warehouse import surveys
from tayori.warehouse.engines import reading

SMALLEST: Final = (INTERNAL_K, EXTERNAL_K)
"""Below so many a count is hidden: within the ward's offices, and for everybody."""
NONE: Final = "-none"
NO_ANSWER: Final = "無回答"
PEOPLE: Final = "人数"


@dataclass(frozen=True, slots=True)
class Results:
    """What may be published of a survey."""

    survey: Survey
    tables: tuple[SuppressedTable, ...]
    k: int


def results(office: Office, name: str, k: int = EXTERNAL_K) -> Results:
    """Give the tables of a closed survey.

    Raises:
        NotFound: there is no such survey.
        Refused: it is not closed, too few answered, or no choice of hidden cells keeps the small ones.

    """
    with reading(office.warehouse) as warehouse:
        published, tally = surveys.find(warehouse, name), surveys.tally(warehouse, name)
    if published is None:
        raise NotFound(f"There is no survey {name}; see `tayori survey list`.")
    if published.state != surveys.CLOSED:
        raise Refused(f"The survey {name} is not closed; results are made once, of counts that change no more.")
    total = tally[surveys.RESPONDENTS, ""]
    if total < k:
        raise Refused(f"Fewer than {k} people answered; no table of so few is released.")
    survey = survey_of(published.definition)
    with verdict():
        return Results(survey, tuple(release(figures_of(survey, tally), k=k)), k)


def figures_of(survey: Survey, tally: Counter[tuple[str, str]]) -> Figures:
    """Give the tables of a survey with their true counts; who left a question out is counted there, too."""
    total = tally[surveys.RESPONDENTS, ""]
    tables: list[Table] = []
    values: dict[Key, int] = {TOTAL: total}
    for question in survey.questions:
        labels = labels_of(question) | {NONE: NO_ANSWER}
        counts = {code: tally[question.id, code] for code in labels if code != NONE}
        counts[NONE] = total - sum(counts.values())
        keys = {code: cell(**{question.id: code}) for code in labels}
        values |= {keys[code]: counts[code] for code in labels}
        tables.append(_table(question, labels, tuple(keys.values())))
    return Figures(tuple(tables), values, values)


def _table(question: Question, labels: dict[str, str], keys: tuple[Key, ...]) -> Table:
    return side_by_side(question.id, question.ask, "回答", tuple(labels.values()), [Series(PEOPLE, TOTAL, keys)])


def as_csv(told: Results) -> str:
    """Write the tables as CSV, UTF-8 with its mark; a hidden count stands as 秘, and no cell runs in a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["設問", "回答", PEOPLE])
    for table in told.tables:
        for row, cells in zip(table.rows, table.cells, strict=True):
            writer.writerow([harmless(table.title), harmless(row), HIDDEN if cells[0] is None else cells[0]])
    return "\ufeff" + out.getvalue()
