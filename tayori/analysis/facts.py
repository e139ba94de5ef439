"""The facts that a report counts: plain columns of the mart with their cases."""

from array import array
from collections.abc import Callable
from datetime import date
from functools import cache, partial
from itertools import chain
from typing import Final

import numpy as np
import pandas as pd

from tayori.analysis.mart import EVIDENCE
from tayori.desk.taking_up import ward_calendar
from tayori.domain.calendar import open_days_taken
from tayori.domain.states import CaseState
from tayori.office import Office
from tayori.opinions.report_tables import NO_TOPIC
from tayori.vault.audit import Action, record
from tayori.warehouse import analysis
from tayori.warehouse.analysis import FactRow
from tayori.warehouse.engines import reading, writing

FACTS: Final = (
    *("mart_key", "month", "channel", "department", "kind", "theme", "state"),
    *("wanted", "sender", "pace", "topic", "repeats", "days", "measure", "case_no"),
)
_NAMED: Final = (*FACTS[1:9], "topic", "pace", "measure")
_ANSWERED: Final = frozenset({CaseState.ANSWERED, CaseState.CLOSED})
NO_DAYS: Final = -1


def facts_of(office: Office, first_month: str, last_month: str) -> pd.DataFrame:
    """What the letters of a span of months (YYYY-MM) are counted by, in the order of their keys; no text is opened.

    All of it is read by one statement, from one state of the store.

    A letter is held as a row of small numbers: `mart_key` counts the letters, names are categories. `days` are the open
    days that an answer with a target took since the letter first arrived in the ward, by the ward's own calendar as at
    the desk, -1 for the others. `case_no` says which letters were counted, so that their words are of the same ones.

    Raises:
        BadInput: the file of closing days is not what it should be.

    """
    days_taken = cache(partial(open_days_taken, calendar=ward_calendar(office)))
    named, days, repeats, cases = [_Names() for _ in _NAMED], array("h"), array("b"), array("i")
    with reading(office.warehouse) as people:
        for row in chain.from_iterable(analysis.facts(people, first_month, last_month)):
            pace, taken = _times(row, days_taken)
            for column, name in zip(named, (*_coarse(row), pace, row.response), strict=True):
                column.add(name)
            days.append(taken)
            cases.append(row.case_no)
            repeats.append(row.text_key is not None and row.text_key != row.mart_key)
    with writing(office.warehouse) as people:
        record(people, EVIDENCE, Action.OPEN, "facts of masked letters for a report", count=len(days), now=office.now())
    columns = {name: column.category() for name, column in zip(_NAMED, named, strict=True)}
    numbers = {"mart_key": np.arange(len(days), dtype=np.int32), "days": np.frombuffer(days, dtype=np.int16)}
    numbers["case_no"] = np.frombuffer(cases, dtype=np.int32)
    whole = pd.DataFrame({**numbers, "repeats": np.frombuffer(repeats, dtype=np.int8).astype(bool), **columns})
    return whole[list(FACTS)]


class _Names:
    """A column of names, each row one small number."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._rows = array("h")

    def add(self, name: str | None) -> None:
        self._rows.append(-1 if name is None else self._codes.setdefault(name, len(self._codes)))

    def category(self) -> "pd.Categorical[str]":
        """The column as pandas holds it, its names in the order of code points."""
        names = list(self._codes)
        place = {name: at for at, name in enumerate(sorted(names))}
        order = np.array([*(place[name] for name in names), -1], dtype=np.int16)
        return pd.Categorical.from_codes(order[np.frombuffer(self._rows, dtype=np.int16)], pd.Index(sorted(names)))


def _coarse(row: FactRow) -> tuple[str | None, ...]:
    return (
        *(row.month, row.channel, row.department, row.kind, row.theme),
        CaseState.ANSWERED.value if row.state in _ANSWERED else row.state,
        row.wanted,
        "anonymous" if row.anonymous else "signed",
        f"{row.topic_no:04d}" if row.topic_no else NO_TOPIC,
    )


def _times(row: FactRow, days_taken: Callable[[date, date], int]) -> tuple[str, int]:
    """Whether an answer with a target was out by it, and the open days that it took."""
    if row.state not in _ANSWERED or row.target_on is None or row.done_on is None:
        return "none", NO_DAYS
    pace = "within" if row.done_on <= row.target_on else "over"
    return pace, days_taken(row.arrived_on, max(row.done_on, row.arrived_on))
