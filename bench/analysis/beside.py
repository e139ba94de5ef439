"""A ward's year of reports: twelve months for the office, four quarters and the year for the public.

Each is judged beside all before it, for whoever holds them; the two years before were told as years. TAYORI_BENCH_SCALE
sizes the letters of the year.
"""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tayori.domain.organisation import organisation
from tayori.opinions.disclosure.editions import Edition, Stack, placed
from tayori.opinions.disclosure.refusal import NotReleased
from tayori.opinions.disclosure.release import release_beside
from tayori.opinions.disclosure.suppression import EXTERNAL_K, INTERNAL_K
from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.opinions.editions import Truth, places
from tayori.opinions.period import Period, Span, months_back, whole_months
from tayori.opinions.report_tables import UNSET
from tayori.opinions.themes import theme_rules
from tayori.opinions.trends import figures_of

LETTERS: Final = int(3_500 * float(os.environ.get("TAYORI_BENCH_SCALE", "1")))
YEAR: Final = whole_months("2025-04", "2026-03")
QUARTER: Final = 3
_TARGET, _REPEATS = 14, 0.05
CODES: Final[Mapping[str, tuple[Sequence[str | None], float]]] = {
    "channel": (["email", "web_form", "postcard", "letter", "department_inquiry", "call_centre"], 0.9),
    "kind": (["request", "complaint", "opinion", "inquiry", "thanks", None], 0.8),
    "state": (["answered", "circulated", "anonymous", "no_answer_needed", "not_ours"], 1.6),
    "wanted": (["yes", "no", "unknown"], 0.7),
    "sender": (["signed", "anonymous"], 2.0),
    "topic": (["0000", *(f"{number:04d}" for number in range(1, 21))], 0.7),
    "related": ([None, "健康部", "環境清掃部", "環境清掃部\n健康部"], 1.5),
}


@dataclass
class Shelf:
    """What was given out: every edition, and those of them that the public holds."""

    facts: pd.DataFrame = field(repr=False)
    out: list[tuple[Edition, bool]] = field(default_factory=list)

    def give_out(self, period: Period, *, public: bool) -> list[SuppressedTable]:
        """Judge a report beside what is out, as reports do, and put it there."""
        number, k = len(self.out) + 1, EXTERNAL_K if public else INTERNAL_K
        figures, place = figures_of(self.facts, period, k), places(period, number)
        new = placed(number, figures, None, place)
        truth = Truth(self.facts, (new, *(edition for edition, _ in self.out)))
        audiences = [(INTERNAL_K, True), *([(EXTERNAL_K, False)] if public else [])]
        stacks = [
            Stack(new, held, truth, threshold, figures.known)
            for threshold, everything in audiences
            if (held := tuple(edition for edition, theirs in self.out if everything or theirs))
        ]
        tables = release_beside(figures, stacks, place, k=k)
        self.out.append((placed(number, figures, tables, place), public))
        return tables


def measure(folder: Path) -> Mapping[str, float]:
    """Give the seconds of the slowest report of each kind, and how many were refused; the folder stays empty."""
    del folder
    shelf, seconds = Shelf(_three_years(LETTERS)), dict.fromkeys(Span, 0.0)
    refused = hidden = printed = 0
    for period, public in _reports():
        began = time.process_time()
        try:
            tables = shelf.give_out(period, public=public)
        except NotReleased:
            tables, refused = [], refused + 1
        spent = time.process_time() - began
        seconds[period.span] = max(seconds[period.span], spent)
        hidden += sum(table.hidden for table in tables)
        printed += sum(len(row) for table in tables for row in table.cells)
        said = f"{sum(table.hidden for table in tables)} cells hidden" if tables else "refused"
        print(f"  {period.months[0]} to {period.months[-1]}: {spent:.1f} s of the processor, {said}", flush=True)
    return {
        "beside_letters": LETTERS,
        "beside_reports": len(shelf.out),
        "beside_refused": refused,
        "beside_seconds_month": round(seconds[Span.MONTH], 1),
        "beside_seconds_quarter": round(seconds[Span.QUARTER], 1),
        "beside_seconds_year": round(seconds[Span.FISCAL_YEAR], 1),
        "beside_hidden_share": round(hidden / printed, 3),
    }


def _reports() -> Iterator[tuple[Period, bool]]:
    """Which reports come out, in their order, and whether for the public."""
    for years in (2, 1):
        yield whole_months(months_back(YEAR.months[0], 12 * years), months_back(YEAR.months[-1], 12 * years)), True
    for at, month in enumerate(YEAR.months, 1):
        yield whole_months(month, month), False
        if at % QUARTER == 0:
            yield whole_months(YEAR.months[at - QUARTER], month), True
    yield YEAR, True


def _three_years(letters: int) -> pd.DataFrame:
    """Facts of a year and of the two before it, which had fewer letters."""
    chance = np.random.default_rng(0)
    years = [_facts(chance, int(letters * share), YEAR.years_before(back)) for back, share in ((2, 0.8), (1, 0.9))]
    whole = pd.concat([*years, _facts(chance, letters, YEAR.months)], ignore_index=True)
    return whole.assign(mart_key=range(len(whole)))


def _facts(chance: np.random.Generator, count: int, months: Sequence[str]) -> pd.DataFrame:
    fields = [*theme_rules().fields, theme_rules().undecided, theme_rules().withheld]
    drawn = {name: _drawn(chance, codes, skew, count) for name, (codes, skew) in CODES.items()}
    drawn |= {
        "month": chance.choice(list(months), count),
        "department": _drawn(chance, [*organisation().divisions, None], 0.9, count),
        "theme": _drawn(chance, fields, 0.8, count),
    }
    answered, days = drawn["state"] == "answered", chance.gamma(4.0, 3.0, count).astype(int)
    measure = _drawn(chance, ["done", "considered", "difficult", "planned", UNSET], 0.5, count)
    outcome = _drawn(chance, ["done", "open"], 0.8, count)
    lateness = _drawn(chance, ["policy", "workload", UNSET], 0.8, count)
    promised, late = answered & np.isin(measure.astype(str), ["considered", "planned"]), answered & (days > _TARGET)
    return pd.DataFrame(drawn).assign(
        pace=np.select([late, answered], ["over", "within"], "unanswered"),
        days=np.where(answered, days, -1),
        repeats=chance.random(count) < _REPEATS,
        measure=pd.Series(measure).where(answered, None),
        outcome=pd.Series(outcome).where(promised, None),
        lateness=pd.Series(lateness).where(late, None),
    )


def _drawn(chance: np.random.Generator, codes: Sequence[str | None], skew: float, count: int) -> NDArray[np.object_]:
    """Codes by their rank: the first is the most frequent."""
    weight = 1.0 / np.arange(1, len(codes) + 1) ** skew
    return np.array(codes, dtype=object)[chance.choice(len(codes), count, p=weight / weight.sum())]
