"""Counts masked facts by month, way, department, field, kind and outcome, and against the same months a year before.

Counts are matters (件): a letter (通) with two matters counts in both. Only what passed disclosure control comes back.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Final

from tayori.domain.states import CaseState
from tayori.domain.ward import ward
from tayori.errors import BadInput
from tayori.opinions.disclosure.release import release
from tayori.opinions.disclosure.suppression import EXTERNAL_K
from tayori.opinions.disclosure.tables import (
    TOTAL,
    Dimension,
    Figures,
    Key,
    Series,
    Sum,
    SuppressedTable,
    Table,
    cell,
    side_by_side,
    two_way,
)
from tayori.opinions.themes import theme_rules
from tayori.opinions.words import ThemeWords
from tayori.opinions.words import theme_words as words_of_letters

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Final = ("mart_key", "month", "channel", "department", "kind", "theme", "state", "terms")
UNSET: Final = "（未定）"
OTHER: Final = "（その他）"
STATES: Final[Mapping[str, str]] = {
    CaseState.ANSWERED: "回答",
    CaseState.CIRCULATED: "供覧",
    CaseState.NO_ANSWER_NEEDED: "回答不要",
    CaseState.NOT_OURS: "所管外",
    CaseState.RECEIVED: "処理中",
}
_PAIRS: Final = (("month", "channel"), ("department", "kind"), ("theme", "kind"), ("theme", "quarter"))
_YEAR: Final = 12
_BEFORE: Final[Key] = cell(month_before="*")
_LETTERS: Final[Key] = cell(unit="letters")
_FURTHER: Final[Key] = cell(unit="further")


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months from the one of `start` to the one of `end`, both included."""

    start: date
    end: date

    @property
    def months(self) -> tuple[str, ...]:
        """The months as YYYY-MM, in order."""
        first = self.start.year * 12 + self.start.month - 1
        last = self.end.year * 12 + self.end.month - 1
        return tuple(f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(first, last + 1))

    @property
    def months_before(self) -> tuple[str, ...]:
        """The same months one year earlier; none for a period over a year, which would overlap with it."""
        earlier = tuple(f"{int(month[:4]) - 1:04d}{month[4:]}" for month in self.months)
        return earlier if len(earlier) <= _YEAR else ()

    @property
    def first_day(self) -> date:
        """The first day of the first month."""
        return self.start.replace(day=1)

    @property
    def last_day(self) -> date:
        """The last day of the last month."""
        return self.end.replace(day=monthrange(self.end.year, self.end.month)[1])


def tabulate(facts: "pd.DataFrame", k: int = EXTERNAL_K, *, period: Period) -> list[SuppressedTable]:
    """The tables of a report with every count under k protected and audited.

    `facts` holds one row per matter with the columns COLUMNS; rows of other months are left out, except the same
    months a year earlier, which become the comparison. Raises BadInput for a missing column or no letter,
    Refused when the audit finds a way back.
    """
    return release(figures_of(facts, period, k), k=k)


def theme_words(facts: "pd.DataFrame", k: int = EXTERNAL_K, *, period: Period) -> list[ThemeWords]:
    """The words that mark each field, from at least k letters each; letters without a field or kept out have none."""
    rows = within(facts, period.months)
    silent = {theme_rules().withheld, theme_rules().undecided}
    letters = [
        (key, theme, words if not isinstance(words, str) else words.split())
        for key, theme, words in zip(rows["mart_key"], rows["theme"], rows["terms"], strict=True)
        if theme not in silent
    ]
    order = {theme: at for at, theme in enumerate(_theme_order())}
    found = words_of_letters(letters, k=k)
    return sorted(found, key=lambda entry: (order.get(entry.theme, len(order)), entry.theme))


def figures_of(facts: "pd.DataFrame", period: Period, k: int = EXTERNAL_K) -> Figures:
    """The true counts of a report, not to be shown to anyone before `release`."""
    rows, before = within(facts, period.months), within(facts, period.months_before)
    if rows.empty:
        raise BadInput("There is no letter in the period; choose another period. Nothing was written.")
    rows = _rare_departments_folded(rows, k)
    dimensions = _dimensions(rows, period)
    names = {name for pair in _PAIRS for name in pair} | {"state"}
    wanted = [(), *((name,) for name in sorted(names)), *_PAIRS]
    counted = [_count(rows, dimensions_of) for dimensions_of in wanted]
    if not before.empty:
        renamed = before.rename(columns={"month": "month_before", "theme": "theme_before"})
        counted += [_count(renamed, ("month_before",)), _count(renamed, ("theme_before",))]
        counted.append({_BEFORE: (len(before), before["mart_key"].nunique())})
    alone = _alone(rows, wanted)
    letters = rows["mart_key"].nunique()
    repeated = int((rows["mart_key"].value_counts() > 1).sum())
    counted.append({_LETTERS: (letters, letters), _FURTHER: (len(rows) - letters, repeated)})
    merged = {key: pair for part in counted for key, pair in part.items()}
    return Figures(
        tables=tuple(_tables(dimensions, period, with_before=not before.empty)),
        values={key: pair[0] for key, pair in merged.items()},
        letters={key: pair[1] for key, pair in merged.items()},
        alone=alone,
    )


def within(facts: "pd.DataFrame", months: Sequence[str]) -> "pd.DataFrame":
    """The rows of some months, with "not decided" written out."""
    missing = [column for column in COLUMNS if column not in facts.columns]
    if missing:
        raise BadInput(f"The facts lack the columns {', '.join(missing)}. Nothing was written.")
    rows = facts.loc[facts["month"].isin(months)]
    rows = rows.fillna({"department": UNSET, "kind": UNSET, "theme": theme_rules().undecided})
    return rows.assign(quarter=rows["month"].map(quarter_of))


def _rare_departments_folded(rows: "pd.DataFrame", k: int) -> "pd.DataFrame":
    """Departments of fewer than k letters under one label: the sources write that name, and a label hides nothing."""
    letters = rows.groupby("department")["mart_key"].nunique()
    rare = letters.index[letters < k].difference([UNSET])
    return rows.assign(department=rows["department"].where(~rows["department"].isin(rare), OTHER))


def _dimensions(rows: "pd.DataFrame", period: Period) -> dict[str, Dimension]:
    """Rows and columns in an order that tells nothing about the counts."""
    known: dict[str, tuple[str, Mapping[str, str]]] = {
        "month": ("月", {month: _month_label(month) for month in period.months}),
        "quarter": (
            "四半期",
            {quarter: _quarter_label(quarter, tuple(held)) for quarter, held in groupby(period.months, quarter_of)},
        ),
        "channel": ("媒体", ward().channels),
        "department": ("部", {}),
        "kind": ("種別", ward().kinds),
        "theme": ("分野", {theme: theme for theme in _theme_order()}),
        "state": ("処理", STATES),
    }
    return {name: Dimension(name, term, _labels(rows[name], labels)) for name, (term, labels) in known.items()}


def _labels(values: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """The labels of the values that occur: known ones in the ward's order, others by code point, unset last."""
    present = set(values)
    others = [*sorted(present - known.keys() - {UNSET, OTHER}), *({OTHER} & present)]
    labels = {code: label for code, label in known.items() if code in present or "-" in code}
    labels |= {code: code for code in others}
    return labels | ({UNSET: UNSET} if UNSET in present else {})


def _tables(dimensions: Mapping[str, Dimension], period: Period, *, with_before: bool) -> Iterable[Table]:
    titles = {
        ("month", "channel"): "月別・媒体別の件数",
        ("department", "kind"): "部別・種別の件数",
        ("theme", "kind"): "分野別・種別の件数",
        ("theme", "quarter"): "分野別・四半期別の件数",
    }
    for pair in _PAIRS:
        table = two_way("_".join(pair), titles[pair], dimensions[pair[0]], dimensions[pair[1]])
        yield replace(table, sums=(*table.sums, *_quarters(period))) if "quarter" in pair else table
    state = dimensions["state"]
    outcome = Series("件数", TOTAL, tuple(cell(state=code) for code in state.labels))
    yield side_by_side("state", "処理別の件数", "処理", tuple(state.labels.values()), [outcome])
    units = Series("数", TOTAL, (_LETTERS, _FURTHER))
    yield side_by_side("units", "通数と件数", "数え方", ("投書の数（通）", "同じ投書の2件目以降"), [units])
    if with_before:
        yield from _comparisons(dimensions, period)


def _quarters(period: Period) -> Iterable[Sum]:
    """Quarters are sums of the months that another table prints."""
    for quarter, months in groupby(period.months, key=quarter_of):
        yield Sum(cell(quarter=quarter), tuple(cell(month=month) for month in months))


def _comparisons(dimensions: Mapping[str, Dimension], period: Period) -> Iterable[Table]:
    months, themes = period.months, tuple(dimensions["theme"].labels)
    this_year = Series("当期", TOTAL, tuple(cell(month=month) for month in months))
    year_before = Series("前年同期", _BEFORE, tuple(cell(month_before=month) for month in period.months_before))
    labels = tuple(dimensions["month"].labels.values())
    yield side_by_side("month_before", "前年同月との比較", "月", labels, [this_year, year_before])
    this_year = Series("当期", TOTAL, tuple(cell(theme=theme) for theme in themes))
    year_before = Series("前年同期", _BEFORE, tuple(cell(theme_before=theme) for theme in themes))
    labels = tuple(dimensions["theme"].labels.values())
    yield side_by_side("theme_before", "分野別の前年同期との比較", "分野", labels, [this_year, year_before])


def _count(rows: "pd.DataFrame", names: Sequence[str]) -> dict[Key, tuple[int, int]]:
    """Matters and letters of every cell of some dimensions."""
    if not names:
        return {TOTAL: (len(rows), int(rows["mart_key"].nunique()))}
    grouped = rows.groupby(list(names), sort=True, observed=True)["mart_key"].agg(["size", "nunique"])
    sizes = zip(grouped.index, grouped["size"], grouped["nunique"], strict=True)
    return {_key(names, codes): (int(size), int(unique)) for codes, size, unique in sizes}


def _alone(rows: "pd.DataFrame", wanted: Sequence[Sequence[str]]) -> tuple[frozenset[Key], ...]:
    """For every letter that stands alone in cells, which cells those are: its writer knows all of them."""
    held: dict[str, set[Key]] = {}
    for names in filter(None, wanted):
        grouped = rows.groupby(list(names), sort=True, observed=True)["mart_key"].agg(["nunique", "first"])
        single = grouped[grouped["nunique"] == 1]
        for codes, letter in zip(single.index, single["first"], strict=True):
            held.setdefault(letter, set()).add(_key(names, codes))
    return tuple(frozenset(held[letter]) for letter in sorted(held))


def _key(names: Sequence[str], codes: "str | tuple[str, ...]") -> Key:
    """The key of a group, which pandas names by a value or by a tuple of values."""
    return tuple(sorted(zip(names, codes if isinstance(codes, tuple) else (codes,), strict=True)))


def _theme_order() -> tuple[str, ...]:
    chosen = theme_rules()
    return (*chosen.fields, chosen.undecided, chosen.withheld)


def quarter_of(month: str) -> str:
    """The quarter of the fiscal year (April to March) that a month lies in, as YYYY-Qn."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - (number < _APRIL):04d}-Q{(number - _APRIL) % 12 // 3 + 1}"


_APRIL: Final = 4


def months_back(month: str, count: int) -> str:
    """The month so many months before one (YYYY-MM)."""
    at = int(month[:4]) * _YEAR + int(month[5:]) - 1 - count
    return f"{at // _YEAR:04d}-{at % _YEAR + 1:02d}"


def _quarter_label(quarter: str, months: Sequence[str]) -> str:
    """The quarter with the months of it that lie in the period."""
    first, last = int(months[0][5:]), int(months[-1][5:])
    held = f"{first}月" if first == last else f"{first}～{last}月"
    return f"{quarter[:4]}年度第{quarter[-1]}四半期（{held}）"


def _month_label(month: str) -> str:
    return f"{int(month[:4])}年{int(month[5:])}月"
