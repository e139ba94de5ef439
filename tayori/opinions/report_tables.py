"""Which tables a report has: their rows, columns, order and titles, as a table of rules. No counts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from tayori.domain.answering import LATENESS_TERMS, RESPONSE_TERMS
from tayori.domain.organisation import organisation
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
ANY: Final = "*"
"""Whatever it is, as long as there is one."""
STATES: Final[Mapping[str, str]] = {
    CaseState.ANSWERED: "回答",
    CaseState.CIRCULATED: "供覧",
    CaseState.NO_ANSWER_NEEDED: "回答不要",
    CaseState.ANONYMOUS: "匿名",
    CaseState.NOT_OURS: "所管外",
}
PACES: Final[Mapping[str, str]] = {
    "within": "目安内の回答",
    "over": "目安超過の回答",
    "none": "目安のない回答",
    "unanswered": "回答以外",
}
SENDERS: Final[Mapping[str, str]] = {"signed": "記名", "anonymous": "匿名"}
FOLDED: Final = ("topic",)
"""Dimensions whose values of fewer than k letters stand together: nobody listed them beforehand."""
TRIED: Final = frozenset({"file"})
"""Ways in that are for trials: a column stands where one was tried."""
PAIRS: Final[Mapping[tuple[str, str], str]] = {
    ("month", "channel"): "月別・媒体別の件数",
    ("department", "kind"): "部別・種別の件数",
    ("theme", "kind"): "分野別・種別の件数",
    ("theme", "quarter"): "分野別・四半期別の件数",
    ("theme", "month"): "分野別・月別の件数",
    ("department", "month"): "部別・月別の件数",
    ("wanted", "sender"): "返信の希望・記名匿名の別",
    ("department", "pace"): "部別の回答の早さ",
}
SHORT: Final[Mapping[int, tuple[tuple[str, str], ...]]] = {1: (), 3: (("theme", "kind"),)}
"""The only tables of two dimensions that a report of at most so many months has: each of its counts would be few."""
SINGLES: Final[Mapping[str, str]] = {
    "month": "月別の件数",
    "department": "部別の件数",
    "theme": "分野別の件数",
    "wanted": "返信の希望の別",
    "sender": "記名匿名の別",
    "pace": "回答の早さ",
    "channel": "媒体別の件数",
    "kind": "種別の件数",
    "state": "処理別の件数",
    "measure": "回答の対応区分別の件数",
    "lateness": "目安を過ぎた理由別の件数",
    "topic": "話題別の件数",
}
ANSWERS: Final = Sum(
    cell(state=CaseState.ANSWERED.value), tuple(cell(pace=pace) for pace in ("within", "over", "none"))
)
"""What is answered, is answered within its target, past it or without one: two tables print the two sides."""
INSTEAD: Final = frozenset({"month", "department", "theme", "wanted", "sender", "pace"})
"""Single tables that stand only where no other table prints the same counts."""
PARTS_OF: Final[Mapping[str, Key]] = {"measure": cell(state=CaseState.ANSWERED.value), "lateness": cell(pace="over")}
"""What the rows of a single table add up to where that is not everything: a measure is of answers alone."""
FINE: Final = (("theme", "month"), ("department", "month"))
"""Tables that stand only where k letters would fall into each cell if all held the same."""
COMPARED: Final[Mapping[str, tuple[str, str]]] = {
    "month": ("月", "前年同月との比較"),
    "theme": ("分野", "分野別の{before}との比較"),
    "department": ("部", "部別の{before}との比較"),
    "channel": ("媒体", "媒体別の{before}との比較"),
}
"""What stands beside the year before: the head of its rows, and the title with what that year is called."""
BEFORE: Final[Key] = cell(month_before=ANY)
LETTERS: Final[Key] = cell(unit="letters")
FURTHER: Final[Key] = cell(unit="further")
FIRSTS: Final[Key] = cell(unit="firsts")
REPEATS: Final[Key] = cell(unit="repeats")


def years_before(years: int) -> Key:
    """The cell of everything in the same months so many years earlier; 0 is the period itself."""
    return TOTAL if years == 0 else BEFORE if years == 1 else cell(years_before=str(years))


def dimensions_of(occurring: Mapping[str, Iterable[str]], period: Period) -> dict[str, Dimension]:
    """Rows and columns in an order that tells nothing about the counts, for every name in `occurring`.

    Every code that the ward lists is there, whether a letter has it or not: who counts rows learns nothing. What occurs
    and is listed nowhere (any more) stands behind. Topics are listed nowhere: those given have their row.
    """
    return {
        name: Dimension(name, term, _labels(occurring[name], labels))
        for name, (term, labels) in _known(period, occurring.get("topic", ())).items()
        if name in occurring
    }


def _known(period: Period, topics: Iterable[str]) -> dict[str, tuple[str, Mapping[str, str]]]:
    """For every dimension its term, and the codes that always have their row."""
    themes, told = theme_rules(), sorted({*topics} - {OTHER, NO_TOPIC})
    quarters = groupby(period.months, quarter_of)
    years = len({quarter_of(month)[:4] for month in period.months}) > 1
    return {
        "month": ("月", {month: month_label(month) for month in period.months}),
        "quarter": ("四半期", {one: quarter_label(one, tuple(held), year=years) for one, held in quarters}),
        "channel": ("媒体", {code: term for code, term in ward().channels.items() if code not in TRIED}),
        "department": ("部", {name: name for name in (*organisation().divisions, OTHER, UNSET)}),
        "kind": ("種別", {**ward().kinds, UNSET: UNSET}),
        "theme": ("分野", {theme: theme for theme in (*themes.fields, themes.undecided, themes.withheld)}),
        "state": ("処理", STATES),
        "wanted": ("返信の希望", ward().answer_wanted),
        "sender": ("差出人", SENDERS),
        "pace": ("回答", PACES),
        "measure": ("対応区分", {**{code.value: term for code, term in RESPONSE_TERMS.items()}, UNSET: UNSET}),
        "lateness": ("理由", {**{code.value: term for code, term in LATENESS_TERMS.items()}, UNSET: UNSET}),
        "topic": ("話題", {code: code for code in (*told, OTHER, NO_TOPIC)}),
    }


def pairs_of(dimensions: Mapping[str, Dimension], period: Period, letters: int, k: int) -> list[tuple[str, str]]:
    """The tables of two dimensions that a report has: the period and the number of its letters decide.

    A short period has few of them, and quarters are no table within one quarter. Nothing else of the counts decides.
    """
    one_quarter = len(dimensions["quarter"].labels) == 1
    offered = next((pairs for months, pairs in SHORT.items() if len(period.months) <= months), tuple(PAIRS))
    return [
        pair
        for pair in offered
        if set(pair) <= dimensions.keys()
        and not (pair[1] == "quarter" and one_quarter)
        and (pair not in FINE or letters >= k * len(dimensions[pair[0]].labels) * len(period.months))
    ]


def tables_of(
    dimensions: Mapping[str, Dimension], pairs: Sequence[tuple[str, str]], period: Period, years: int, *, texts: bool
) -> Iterator[Table]:
    """The tables, for the dimensions there are; `years` is how many earlier years have letters, `texts` if linked."""
    for pair in pairs:
        table = two_way("_".join(pair), PAIRS[pair], dimensions[pair[0]], dimensions[pair[1]])
        more = _quarters(period, dimensions["theme"] if ("theme", "month") in pairs else None)
        table = replace(table, sums=(*table.sums, *more)) if "quarter" in pair else table
        yield _beside_states(table, dimensions) if "pace" in pair else table
    compared = [name for name in COMPARED if years and not (name == "month" and len(period.months) == 1)]
    for name in _singles(dimensions, pairs, compared, period):
        table = _single(dimensions[name], SINGLES[name])
        yield _beside_states(table, dimensions) if name == "pace" else table
    units = Series("数", TOTAL, (LETTERS, FURTHER))
    yield side_by_side("units", "通数と件数", "数え方", ("投書の数（通）", "同じ投書の2件目以降"), [units])
    if texts:
        same = Series("通", LETTERS, (FIRSTS, REPEATS))
        labels = ("初めての文面", "同じ文面の2通目以降")
        yield side_by_side("texts", "文面の数と同じ文面の投書", "文面", labels, [same])
    if years:
        yield from (_comparison(dimensions[name], period) for name in compared)
        yield _years(period, years)


def _singles(
    dimensions: Mapping[str, Dimension], pairs: Sequence[tuple[str, str]], compared: Sequence[str], period: Period
) -> Iterator[str]:
    """The dimensions that have a table of their own; a month alone is none."""
    elsewhere = {name for pair in pairs for name in pair} | {*compared}
    alone = {"month"} if len(period.months) == 1 else set()
    for name in SINGLES:
        if name in dimensions and name not in alone and not (name in INSTEAD and name in elsewhere):
            yield name


def _beside_states(table: Table, dimensions: Mapping[str, Dimension]) -> Table:
    """A table of paces with the sum that its readers take from the table of states."""
    return replace(table, sums=(*table.sums, ANSWERS)) if "state" in dimensions else table


def _single(dimension: Dimension, title: str) -> Table:
    whole = PARTS_OF.get(dimension.name, TOTAL)
    series = Series("件数", whole, tuple(((dimension.name, code),) for code in dimension.labels))
    return side_by_side(dimension.name, title, dimension.term, tuple(dimension.labels.values()), [series])


def _labels(occurring: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Known labels in the ward's order, then what occurs beside them by code point."""
    return {**known, **{code: ward().channels.get(code, code) for code in sorted({*occurring} - known.keys())}}


def _quarters(period: Period, themes: Dimension | None) -> Iterator[Sum]:
    """Quarters are sums of the months that another table prints; of each field too, if one prints those."""
    for quarter, held in groupby(period.months, key=quarter_of):
        months = tuple(held)
        yield Sum(cell(quarter=quarter), tuple(cell(month=month) for month in months))
        for theme in themes.labels if themes is not None else ():
            yield Sum(cell(theme=theme, quarter=quarter), tuple(cell(theme=theme, month=month) for month in months))


def _comparison(dimension: Dimension, period: Period) -> Table:
    """What a dimension counts, now and in the same months a year before."""
    name, (corner, title) = dimension.name, COMPARED[dimension.name]
    earlier = period.months_before if name == "month" else tuple(dimension.labels)
    now = Series("当期", TOTAL, tuple(((name, code),) for code in dimension.labels))
    before = Series(
        "前年同月" if name == "month" else period.before_called,
        BEFORE,
        tuple(((f"{name}_before", code),) for code in earlier),
    )
    title = title.format(before=period.before_called)
    return side_by_side(f"{name}_before", title, corner, tuple(dimension.labels.values()), [now, before])


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
