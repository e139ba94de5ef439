"""The facts that a report counts: plain columns of the mart with their cases, and the words of a period's letters."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache, partial
from typing import Final

import numpy as np
import pandas as pd

from tayori.analysis.mart import EVIDENCE, sealed_words
from tayori.desk.taking_up import ward_calendar
from tayori.domain.calendar import open_days_taken
from tayori.domain.states import CaseState
from tayori.office import Office
from tayori.opinions.report_tables import NO_TOPIC
from tayori.vault.audit import Action, record
from tayori.warehouse import analysis, opinions
from tayori.warehouse.analysis import FactRow
from tayori.warehouse.engines import reading, writing

FACTS: Final = (
    *("mart_key", "month", "channel", "department", "kind", "theme", "state"),
    *("wanted", "sender", "pace", "topic", "repeats", "days", "measure"),
)
_WORDS: Final = tuple(name for name in FACTS if name not in {"mart_key", "repeats", "days"})
_ANSWERED: Final = frozenset({CaseState.ANSWERED, CaseState.CLOSED})
NO_DAYS: Final = -1


def facts_of(office: Office, first_month: str, last_month: str) -> pd.DataFrame:
    """What the letters of a span of months (YYYY-MM) are counted by, in the order of their keys; no text is opened.

    `days` are the open days that an answer with a target took since the letter first arrived in the ward, by the ward's
    own calendar as at the desk, -1 for the others; `measure` (対応区分) is left out if the desk gave none.

    Raises:
        BadInput: the file of closing days is not what it should be.

    """
    days_taken = cache(partial(open_days_taken, calendar=ward_calendar(office)))
    with reading(office.warehouse) as people:
        blocks = [_frame(block, days_taken) for block in analysis.facts(people, first_month, last_month)]
    whole = pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=list(FACTS))
    with writing(office.warehouse) as people:
        record(
            people, EVIDENCE, Action.OPEN, "facts of masked letters for a report", count=len(whole), now=office.now()
        )
    if not whole["measure"].notna().any():
        whole = whole.drop(columns="measure")
    return whole.astype({name: "category" for name in _WORDS if name in whole.columns}) if len(whole) else whole


def words_of(office: Office, months: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Open the words of the letters of some months, as (mart key, words), month by month."""
    for month in months:
        with writing(office.warehouse) as people:
            rows = opinions.masked_between(people, month, month)
            if not rows:
                continue
            record(people, EVIDENCE, Action.OPEN, "words of masked letters", count=len(rows), now=office.now())
        with reading(office.vault) as vault:
            keys = office.case_keys.open(vault, [row.case_no for row in rows])
        yield from (
            (row.mart_key, sealed_words(keys[row.case_no], row.case_no, row.masked_text)[1])
            for row in rows
            if row.case_no in keys
        )


def _frame(rows: Sequence[FactRow], days_taken: Callable[[date, date], int]) -> pd.DataFrame:
    held = [(*_coarse(row), *_times(row, days_taken), row.response) for row in rows]
    names = [*FACTS[:9], "topic", "repeats", "pace", "days", "measure"]
    return pd.DataFrame(held, columns=names)[list(FACTS)].astype({"days": np.int16, "repeats": bool})


def _coarse(row: FactRow) -> tuple[object, ...]:
    return (
        *(row.mart_key, row.month, row.channel, row.department, row.kind, row.theme),
        CaseState.ANSWERED.value if row.state in _ANSWERED else row.state,
        row.wanted,
        "anonymous" if row.anonymous else "signed",
        f"{row.topic_no:04d}" if row.topic_no else NO_TOPIC,
        row.text_key is not None and row.text_key != row.mart_key,
    )


def _times(row: FactRow, days_taken: Callable[[date, date], int]) -> tuple[str, int]:
    """Whether an answer with a target was out by it, and the open days that it took."""
    if row.state not in _ANSWERED or row.target_on is None or row.done_on is None:
        return "none", NO_DAYS
    pace = "within" if row.done_on <= row.target_on else "over"
    return pace, days_taken(row.arrived_on, max(row.done_on, row.arrived_on))
