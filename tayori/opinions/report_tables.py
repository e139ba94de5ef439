"""Which tables a report has: their rows, columns, order and titles, as a table of rules. No counts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from tayori.domain.answering import RESPONSE_TERMS
from tayori.domain.states import CaseState
from tayori.domain.ward import ward
from tayori.opinions.disclosure.tables import (
    TOTAL,
    Dimension,
    Key,
    Series,
    Sum,
    Table,
    cell,
    side_by_side,
    two_way,
)
from tayori.opinions.period import EARLIER, Period, month_label, quarter_label, quarter_of
from tayori.opinions.themes import theme_rules

UNSET: Final = "（未定）"
OTHER: Final = "（その他）"
NO_TOPIC: Final = "0000"
STATES: Final[Mapping[str, str]] = {
    CaseState.ANSWERED: "回答",
    CaseState.CIRCULATED: "供覧",
    CaseState.NO_ANSWER_NEEDED: "回答不要",
    CaseState.ANONYMOUS: "匿名",
    CaseState.NOT_OURS: "所管外",
    CaseState.RECEIVED: "処理中",
}
PACES: Final[Mapping[str, str]] = {"within": "目安内の回答", "over": "目安超過の回答", "none": "目安のないもの"}
SENDERS: Final[Mapping[str, str]] = {"signed": "記名", "anonymous": "匿名"}
FOLDED: Final = ("department", "topic")
"""Dimensions whose values of fewer than k letters stand together: their names come from the sources and the letters."""
PAIRS: Final[Mapping[tuple[str, str], str]] = {
    ("month", "channel"): "月別・媒体別の件数",
    ("department", "kind"): "部別・種別の件数",
    ("theme", "kind"): "分野別・種別の件数",
    ("theme", "quarter"): "分野別・四半期別の件数",
    ("wanted", "sender"): "返信の希望・記名匿名の別",
    ("department", "pace"): "部別の回答の早さ",
}
SINGLES: Final[Mapping[str, str]] = {
    "channel": "媒体別の件数",
    "kind": "種別の件数",
    "state": "処理別の件数",
    "measure": "対応区分別の件数",
    "topic": "話題別の件数",
}
BEFORE: Final[Key] = cell(month_before="*")
LETTERS: Final[Key] = cell(unit="letters")
FURTHER: Final[Key] = cell(unit="further")
FIRSTS: Final[Key] = cell(unit="firsts")
REPEATS: Final[Key] = cell(unit="repeats")


def years_before(years: int) -> Key:
    """The cell of everything in the same months so many years earlier; 0 is the period itself."""
    return TOTAL if years == 0 else BEFORE if years == 1 else cell(years_before=str(years))


def dimensions_of(values: Mapping[str, Iterable[str]], period: Period) -> dict[str, Dimension]:
    """Rows and columns in an order that tells nothing about the counts; `values` are what occurs of each."""
    themes = theme_rules()
    known: dict[str, tuple[str, Mapping[str, str]]] = {
        "month": ("月", {month: month_label(month) for month in period.months}),
        "quarter": (
            "四半期",
            {quarter: quarter_label(quarter, tuple(held)) for quarter, held in groupby(period.months, quarter_of)},
        ),
        "channel": ("媒体", ward().channels),
        "department": ("部", {}),
        "kind": ("種別", ward().kinds),
        "theme": ("分野", {theme: theme for theme in (*themes.fields, themes.undecided, themes.withheld)}),
        "state": ("処理", STATES),
        "wanted": ("返信の希望", ward().answer_wanted),
        "sender": ("差出人", SENDERS),
        "pace": ("回答", PACES),
        "measure": ("対応区分", {code.value: term for code, term in RESPONSE_TERMS.items()}),
        "topic": ("話題", {}),
    }
    return {
        name: Dimension(name, term, _labels(values[name], labels))
        for name, (term, labels) in known.items()
        if name in values
    }


def tables_of(dimensions: Mapping[str, Dimension], period: Period, years: int, *, texts: bool) -> Iterator[Table]:
    """The tables, for the dimensions there are; `years` is how many earlier years have letters, `texts` if linked."""
    for pair, title in PAIRS.items():
        if pair[0] in dimensions and pair[1] in dimensions:
            table = two_way("_".join(pair), title, dimensions[pair[0]], dimensions[pair[1]])
            yield replace(table, sums=(*table.sums, *_quarters(period))) if "quarter" in pair else table
    for name, title in SINGLES.items():
        if name in dimensions:
            yield _single(dimensions[name], title)
    units = Series("数", TOTAL, (LETTERS, FURTHER))
    yield side_by_side("units", "通数と件数", "数え方", ("投書の数（通）", "同じ投書の2件目以降"), [units])
    if texts:
        same = Series("通", LETTERS, (FIRSTS, REPEATS))
        labels = ("初めての文面", "同じ文面の2通目以降")
        yield side_by_side("texts", "文面の数と同じ文面の投書", "文面", labels, [same])
    if years:
        yield from _comparisons(dimensions, period)
        yield _years(period, years)


def _single(dimension: Dimension, title: str) -> Table:
    series = Series("件数", TOTAL, tuple(((dimension.name, code),) for code in dimension.labels))
    return side_by_side(dimension.name, title, dimension.term, tuple(dimension.labels.values()), [series])


def _labels(values: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """The labels of the values that occur: known ones in the ward's order, others by code point, unset last."""
    present = set(values)
    others = [*sorted(present - known.keys() - {UNSET, OTHER}), *({OTHER} & present)]
    labels = {code: label for code, label in known.items() if code in present or "-" in code}
    labels |= {code: code for code in others}
    return labels | ({UNSET: UNSET} if UNSET in present else {})


def _quarters(period: Period) -> Iterator[Sum]:
    """Quarters are sums of the months that another table prints."""
    for quarter, months in groupby(period.months, key=quarter_of):
        yield Sum(cell(quarter=quarter), tuple(cell(month=month) for month in months))


def _comparisons(dimensions: Mapping[str, Dimension], period: Period) -> Iterator[Table]:
    months, themes = period.months, tuple(dimensions["theme"].labels)
    this_year = Series("当期", TOTAL, tuple(cell(month=month) for month in months))
    year_before = Series("前年同期", BEFORE, tuple(cell(month_before=month) for month in period.months_before))
    labels = tuple(dimensions["month"].labels.values())
    yield side_by_side("month_before", "前年同月との比較", "月", labels, [this_year, year_before])
    this_year = Series("当期", TOTAL, tuple(cell(theme=theme) for theme in themes))
    year_before = Series("前年同期", BEFORE, tuple(cell(theme_before=theme) for theme in themes))
    labels = tuple(dimensions["theme"].labels.values())
    yield side_by_side("theme_before", "分野別の前年同期との比較", "分野", labels, [this_year, year_before])


def _years(period: Period, years: int) -> Table:
    """Up to five years, the earliest first; they are no parts of anything."""
    shown = range(min(years, EARLIER), -1, -1)
    labels = tuple(period.called(back) for back in shown)
    keys = tuple((years_before(back),) for back in shown)
    return Table(
        "years",
        "年度ごとの件数" if len(period.months) > 1 else "同じ月の年ごとの件数",
        "期間",
        labels,
        ("件数",),
        keys,
        (),
    )


def ordered(themes: Sequence[str]) -> list[str]:
    """Fields as the dictionary of duties lists them."""
    rules = theme_rules()
    order = {theme: at for at, theme in enumerate((*rules.fields, rules.undecided, rules.withheld))}
    return sorted(themes, key=lambda theme: (order.get(theme, len(order)), theme))
