"""Figures as they are printed: every table of a report, released counts and what is worked out of them, in one form.

The page, the CSV files and the workbook are made of these, so that all three say the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from tayori.opinions.disclosure.tables import TOTAL_LABEL, SuppressedTable
from tayori.opinions.promises import KEPT, WHOLE
from tayori.opinions.report_tables import COMPARED
from tayori.opinions.signals import CHANGES
from tayori.reports.charts import HIDDEN
from tayori.reports.contents import Contents

Cell = int | float | str | None
UNKNOWN: Final = "－"


class Kind(StrEnum):
    """What the cells of a column are: a number of something, or what is worked out of such numbers."""

    COUNT = "count"
    SHARE = "share"
    CHANGE = "change"
    DAYS = "days"
    RATE = "rate"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, and what its cells are."""

    label: str
    kind: Kind = Kind.COUNT

    @property
    def derived(self) -> bool:
        """Whether its cells are worked out of printed counts."""
        return self.kind in {Kind.SHARE, Kind.CHANGE}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to print. None is 秘 in a column of counts, a dash in another; `total`: the last row sums."""

    name: str
    title: str
    unit: str
    corner: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    total: bool = False

    @property
    def hidden(self) -> int:
        """How many counts are hidden."""
        return sum(said(cell, column.kind) == HIDDEN for _, cells in self.rows for cell, column in self.pairs(cells))

    @property
    def sums(self) -> bool:
        """Whether the last column of counts sums."""
        return self.total and self.columns[-1].label == TOTAL_LABEL

    def pairs(self, cells: Sequence[Cell]) -> list[tuple[Cell, Column]]:
        """The cells of a row, each with its column."""
        return list(zip(cells, self.columns, strict=True))


def sheet_of(name: str, contents: Contents) -> Sheet | None:
    """The figures of a name, None where this report has none."""
    if name in _BESIDE:
        sheet = _BESIDE[name](contents)
        return sheet if sheet.rows else None
    table = contents.table(name)
    return None if table is None else of_table(table)


def of_table(table: SuppressedTable) -> Sheet:
    """A released table with the column that is worked out of it, if any."""
    more = derived(table)
    added = (Column(more[0], more[1]),) if more else ()
    return Sheet(
        name=table.name,
        title=table.title,
        unit={"units": "通・件", "texts": "通"}.get(table.name, "件"),
        corner=table.corner,
        columns=(*map(Column, table.columns), *added),
        rows=tuple(
            (_row_label(table, label, at), (*cells, *((more[2][at],) if more else ())))
            for at, (label, cells) in enumerate(zip(table.rows, table.cells, strict=True))
        ),
        total=table.rows[-1] == TOTAL_LABEL,
    )


def said(cell: Cell, kind: Kind) -> str:
    """A cell as it is printed."""
    if cell is None:
        return HIDDEN if kind is Kind.COUNT else UNKNOWN
    if isinstance(cell, str):
        return cell
    return _FORMS[kind](cell)


def _change(share: float) -> str:
    """△ for a fall, as in Japanese accounts."""
    return f"{'△' if share < 0 else '+' if share > 0 else ''}{abs(share):.1%}"


_FORMS: Final[Mapping[Kind, Callable[[float], str]]] = {
    Kind.COUNT: "{:,}".format,
    Kind.SHARE: "{:.1%}".format,
    Kind.CHANGE: _change,
    Kind.DAYS: "{}日".format,
    Kind.RATE: "{:.1f}".format,
    Kind.TEXT: str,
}
_SHARED: Final = frozenset(
    {"channel", "kind", "state", "measure", "lateness", "topic", "theme", "department", "wanted", "sender"}
)
_CHANGED: Final = frozenset(f"{name}_before" for name in COMPARED)


def derived(table: SuppressedTable) -> tuple[str, Kind, list[float | None]] | None:
    """A column worked out from printed counts alone: shares of the total, or the change on the year before.

    None stands where one of the counts is hidden.
    """
    counts = [cells[0] for cells in table.cells]
    if table.name in _SHARED or table.name == "pace":
        return "構成比", Kind.SHARE, [share(count, counts[-1]) for count in counts]
    if table.name == "years":
        return "前年比", Kind.CHANGE, [None, *(change(now, before) for before, now in pairwise(counts))]
    if table.name == "promised":
        return "反映率", Kind.SHARE, [share(cells[KEPT], cells[WHOLE]) for cells in table.cells]
    if table.name in _CHANGED:
        return f"{table.columns[1]}比", Kind.CHANGE, [change(cells[0], cells[1]) for cells in table.cells]
    return None


def share(part: int | None, whole: int | None) -> float | None:
    """A share, None where one of the counts is hidden or there is nothing to have a share of."""
    return None if part is None or not whole else part / whole


def change(now: int | None, before: int | None) -> float | None:
    """The change on a count before; None where one of the two is hidden or there was none."""
    return None if now is None or not before else (now - before) / before


def _row_label(table: SuppressedTable, label: str, at: int) -> str:
    return "件数" if table.name == "units" and at == len(table.rows) - 1 else label


def _times(contents: Contents) -> Sheet:
    rows = tuple(
        (one.group, (one.median, one.ninth_tenth, one.within / one.answered if one.answered else None))
        for one in contents.times
    )
    columns = (
        Column("中央値", Kind.DAYS),
        Column("90パーセント点", Kind.DAYS),
        Column("目安内の割合", Kind.SHARE),
    )
    title = "回答までの開庁日数（受付の翌開庁日を1日目とする）"
    return Sheet("times", title, "日", "部", columns, rows, total=bool(rows) and rows[-1][0] == TOTAL_LABEL)


def _changes(contents: Contents) -> Sheet:
    """A count before that is not printed is a dash: it may be hidden, or topics are counted in no table."""
    rows = tuple(
        (one.term, (one.label, CHANGES[one.change], one.now, UNKNOWN if one.before is None else one.before))
        for one in contents.changes
    )
    columns = (
        Column("名称", Kind.TEXT),
        Column("変化", Kind.TEXT),
        Column("当期"),
        Column(contents.period.before_called),
    )
    return Sheet("changes", "増えたもの、新しいもの、減ったもの", "件", "区分", columns, rows)


def _new_words(contents: Contents) -> Sheet:
    rows = tuple((str(at), (one.word, "新" if one.first else "")) for at, one in enumerate(contents.new_words, start=1))
    columns = (Column("言葉", Kind.TEXT), Column("初めて示す言葉", Kind.TEXT))
    title = f"{contents.period.before_called}より目立つ言葉"
    return Sheet("new_words", title, "目立つ順", "順", columns, rows)


def _words(contents: Contents) -> Sheet:
    rows = tuple((one.theme, ("、".join(one.words),)) for one in contents.words if one.words)
    return Sheet("words", "分野ごとによく使われた言葉", "目立つ順", "分野", (Column("言葉", Kind.TEXT),), rows)


def _repeated(contents: Contents) -> Sheet:
    rows = tuple((one.theme, ("、".join(one.words),)) for one in contents.repeated_words)
    if contents.repeated_new:
        before = f"（{contents.period.before_called}より目立つ言葉）"
        rows = ((before, ("、".join(contents.repeated_new),)), *rows)
    columns = (Column("言葉", Kind.TEXT),)
    return Sheet("repeated_words", "先の版で示した言葉", "示した版の多い順", "分野", columns, rows)


def _line(contents: Contents) -> Sheet:
    line = contents.line
    if line is None:
        return Sheet("line", "", "", "", (), ())
    on = line.followers_on
    named = f"友だち（{on.year}年{on.month}月{on.day}日、LINEの集計）" if on else "友だち（LINEの集計）"
    followers: Cell = UNKNOWN if line.followers is None else line.followers
    rows = ((named, (followers,)), (f"受信設定をした人（作成日現在、{contents.k}人単位）", (line.with_settings,)))
    return Sheet("line", "友だちと受信設定", "人", "区分", (Column("人数"),), rows)


def _line_genres(contents: Contents) -> Sheet:
    rows = tuple(
        (one.genre, (one.broadcasts, one.people, one.blocks_after))
        for one in (contents.line.genres if contents.line else ())
    )
    title = f"情報ジャンルごとの配信と、受け取りを選んだ人（作成日現在、{contents.k}人単位）"
    columns = (
        Column("配信（回）"),
        Column("選んだ人（人）"),
        Column("配信の日と翌日の1日当たりのブロック（人）", Kind.RATE),
    )
    return Sheet("line_genres", title, "回・人", "情報ジャンル", columns, rows)


def _line_genre_months(contents: Contents) -> Sheet:
    """Broadcasts by genre and month; nothing for one month, and of editions that did not count them."""
    line = contents.line
    months = tuple(one.month for one in line.months) if line else ()
    rows = tuple((one.genre, one.by_month) for one in (line.genres if line else ()) if len(one.by_month) > 1)
    title, columns = "情報ジャンルごと、月ごとの配信", (*map(Column, months),)
    return Sheet("line_genre_months", title, "回", "情報ジャンル", columns, rows)


def _line_months(contents: Contents) -> Sheet:
    rows = tuple(
        (
            one.month,
            (
                UNKNOWN if one.followers is None else one.followers,
                one.broadcasts,
                one.blocks_a_day,
                one.blocks_after,
            ),
        )
        for one in (contents.line.months if contents.line else ())
    )
    columns = (
        Column("月末の友だち（人）"),
        Column("配信（回）"),
        Column("ブロックの月平均（人／日）", Kind.RATE),
        Column("配信の日と翌日（人／日）", Kind.RATE),
    )
    return Sheet("line_months", "友だちと配信、1日当たりのブロック", "人・回", "月", columns, rows)


_BESIDE: Final[Mapping[str, Callable[[Contents], Sheet]]] = {
    "times": _times,
    "changes": _changes,
    "new_words": _new_words,
    "words": _words,
    "repeated_words": _repeated,
    "line": _line,
    "line_genres": _line_genres,
    "line_genre_months": _line_genre_months,
    "line_months": _line_months,
}
"""Figures that are no released table."""
