"""The facts that a report counts: a row for each matter (件), plain columns of the mart with their cases."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import cache, partial
from itertools import chain, groupby
from typing import Final

import numpy as np
import pandas as pd

from tayori.analysis.mart import EVIDENCE
from tayori.desk.taking_up import ward_calendar
from tayori.domain.answering import PROMISED, Response
from tayori.domain.calendar import open_days_taken
from tayori.domain.organisation import organisation
from tayori.domain.states import CaseState
from tayori.office import Office
from tayori.opinions.promises import DONE, OPEN
from tayori.opinions.report_tables import NO_TOPIC, OTHER, UNSET
from tayori.opinions.taking_part import BETWEEN
from tayori.vault.audit import Action, record
from tayori.warehouse import analysis
from tayori.warehouse.analysis import FactRow
from tayori.warehouse.engines import reading, writing

FACTS: Final = (
    *("mart_key", "month", "channel", "department", "kind", "theme", "state"),
    *("wanted", "sender", "pace", "topic", "repeats", "days", "related", "measure", "outcome", "lateness", "case_no"),
)
_NAMED: Final = (*FACTS[1:9], "topic", "pace", "related", "measure", "outcome", "lateness")
_ANSWERED: Final = frozenset({CaseState.ANSWERED, CaseState.CLOSED})
NO_DAYS: Final = -1
_CLOSED: Final = frozenset({"pace", "measure", "outcome", "lateness"})
"""Columns of a short list of codes: a byte is enough."""


def facts_of(office: Office, first_month: str, last_month: str) -> pd.DataFrame:
    """What the matters of a span of months (YYYY-MM) are counted by, in the order of their letters; no text is opened.

    All of it is read by one statement, from one state of the store.

    A matter is held as a row of small numbers: `mart_key` counts the letters, so that matters of one letter share it;
    names are categories. Kind, department and `measure` (対応区分) are the matter's own where the desk gave them, else
    the letter's. `related` are the other divisions that have part in it (関係課), BETWEEN between them. `days` are the
    open days that an answer with a target took since the letter first arrived in the ward, by the ward's own calendar
    as at the desk, -1 for the others. `measure` is what an answer said, of answered letters alone; `outcome`, of those
    that it promised, whether they are done by now; `lateness` is the reason of a late one. Where the desk said nothing
    of an answer, they say UNSET. `case_no` says which letters were counted, so that their words are of the same ones.

    Raises:
        BadInput: the file of closing days is not what it should be.

    """
    days_taken = cache(partial(open_days_taken, calendar=ward_calendar(office)))
    named = [_Names("b" if name in _CLOSED else "h") for name in _NAMED]
    letters, cases, days, repeats = array("i"), array("i"), array("h"), array("b")
    with reading(office.warehouse) as people:
        rows = chain.from_iterable(analysis.facts(people, first_month, last_month))
        for letter, matters in enumerate(_by_letter(rows)):
            for row, (department, related) in zip(matters, _offices(matters), strict=True):
                pace, taken = _times(row, days_taken)
                told = (*_coarse(row, department), pace, related, *_answer(row, pace))
                for column, name in zip(named, told, strict=True):
                    column.add(name)
                letters.append(letter)
                cases.append(row.case_no)
                days.append(taken)
                repeats.append(row.text_key != row.mart_key)
    with writing(office.warehouse) as people:
        what = "facts of masked letters for a report"
        record(people, EVIDENCE, Action.OPEN, what, count=letters[-1] + 1 if letters else 0, now=office.now())
    columns = {name: column.category() for name, column in zip(_NAMED, named, strict=True)}
    numbers = {
        "mart_key": np.frombuffer(letters, dtype=np.int32),
        "case_no": np.frombuffer(cases, dtype=np.int32),
        "days": np.frombuffer(days, dtype=np.int16),
        "repeats": np.frombuffer(repeats, dtype=np.int8).astype(bool),
    }
    whole = pd.DataFrame({**numbers, **columns})
    return whole[list(FACTS)]


class _Names:
    """A column of names, each row one small number."""

    def __init__(self, code: str) -> None:
        self._codes: dict[str, int] = {}
        self._rows = array(code)

    def add(self, name: str | None) -> None:
        self._rows.append(-1 if name is None else self._codes.setdefault(name, len(self._codes)))

    def category(self) -> "pd.Categorical[str]":
        """The column as pandas holds it, its names in the order of code points."""
        names = list(self._codes)
        place = {name: at for at, name in enumerate(sorted(names))}
        order = np.array([*(place[name] for name in names), -1], dtype=np.int16)
        rows = np.frombuffer(self._rows, dtype=np.dtype(self._rows.typecode))
        return pd.Categorical.from_codes(order[rows], pd.Index(sorted(names)))


def _by_letter(rows: Iterable[FactRow]) -> Iterator[list[FactRow]]:
    """The matters of each letter, which stand together."""
    return (list(held) for _, held in groupby(rows, lambda row: row.mart_key))


def _offices(matters: Sequence[FactRow]) -> Iterator[tuple[str | None, str | None]]:
    """For each matter of a letter its division, and the other divisions that have part in it.

    Who has part in the letter has part in every matter, unless another matter names them as its own.
    """
    related = (matters[0].related or "").split(BETWEEN)
    for row in matters:
        others = {one.own for one in matters if one is not row and one.own != row.own}
        department = _division(row.own or row.department)
        beside = {_division(one) or OTHER for one in related if one and one not in others} - {department}
        yield department, BETWEEN.join(sorted(beside)) or None


@cache
def _division(office: str | None) -> str | None:
    """The division under which an office counts; the ward does not list every name that a source writes."""
    return None if office is None else organisation().counted_under(office) or OTHER


def _coarse(row: FactRow, department: str | None) -> tuple[str | None, ...]:
    return (
        *(row.month, row.channel, department, row.kind, row.theme),
        CaseState.ANSWERED.value if row.state in _ANSWERED else row.state,
        row.wanted,
        "anonymous" if row.anonymous else "signed",
        f"{row.topic_no:04d}" if row.topic_no else NO_TOPIC,
    )


def _times(row: FactRow, days_taken: Callable[[date, date], int]) -> tuple[str, int]:
    """Whether an answer with a target was out by it, and the open days that it took."""
    if row.state not in _ANSWERED:
        return "unanswered", NO_DAYS
    if row.target_on is None or row.done_on is None:
        return "none", NO_DAYS
    pace = "within" if row.done_on <= row.target_on else "over"
    return pace, days_taken(row.arrived_on, max(row.done_on, row.arrived_on))


def _answer(row: FactRow, pace: str) -> tuple[str | None, str | None, str | None]:
    """What an answer said, what became of what it promised, and why it was late; None where that is no question."""
    if row.state not in _ANSWERED:
        return None, None, None
    kept = DONE if row.response_now == Response.DONE else OPEN
    outcome = kept if row.response in PROMISED else None
    return row.response or UNSET, outcome, (row.late_because or UNSET) if pace == "over" else None
