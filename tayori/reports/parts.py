"""The twelve parts of a report of citizens' opinions: which tables stand where, and where their counts come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tayori.opinions.disclosure.tables import TOTAL_LABEL, SuppressedTable
from tayori.opinions.promises import KEPT, WHOLE
from tayori.opinions.report_tables import COMPARED
from tayori.reports.contents import Contents


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its name in addresses, its heading, its tables, and what is said where nothing is on record."""

    name: str
    heading: str
    tables: tuple[str, ...]
    absent: str


PARTS: Final = (
    Part("years", "年度ごとの推移", ("years",), "比べられる前の年の記録がありません。"),
    Part(
        "months",
        "月ごとの件数と前年同月",
        ("month_before",),
        "比べられる前の年の記録がありません。月ごとの件数は次の表にあります。",
    ),
    Part("channels", "媒体別", ("channel", "channel_before", "month_channel"), ""),
    Part("departments", "部別", ("department_kind", "department_part", "department_before", "department_month"), ""),
    Part("themes", "分野別", ("theme_kind", "theme_quarter", "theme_month"), ""),
    Part("kinds", "種別", ("kind",), ""),
    Part("handling", "匿名・返信の希望・回答不要・所管外", ("wanted_sender", "state"), ""),
    Part("times", "回答までの日数", ("department_pace", "lateness"), "回答の記録がありません。"),
    Part("measures", "対応区分", ("measure", "promised"), "この期間の対応区分は記録されていません。"),
    Part("changes", "増えた分野・新しい話題", ("theme_before", "topic"), "比べられる前の年の記録がありません。"),
    Part("gists", "主な意見の要旨と区の回答", (), "承認された要旨はありません。"),
    Part("notes", "数え方の注", ("units", "texts"), ""),
)
_COUNTED: Final = {
    "month": "月",
    "channel": "媒体",
    "department": "主管の部",
    "kind": "種別",
    "theme": "分野",
    "quarter": "四半期",
    "wanted": "返信の希望",
    "sender": "記名・匿名",
    "pace": "目安に対する回答日",
    "state": "処理",
    "topic": "話題",
}
_OTHERWISE: Final = {
    "years": "受付月が各年の同じ月にあるもの",
    "month_before": "受付月ごと、前年同月とも",
    "theme_before": "分野ごと、前年同期とも",
    "department_before": "主管の部ごと、前年同期とも",
    "channel_before": "媒体ごと、前年同期とも",
    "department_part": "関わる部ごと、主管と関係とに分けて",
    "lateness": "目安を過ぎた回答を理由ごと",
    "measure": "回答したものを対応区分ごと",
    "promised": "先の各年の回答を対応区分ごと、今の状況ごと",
    "units": "投書ごとと内容ごと",
    "texts": "文面が初めてのものと、先の投書と同じもの",
}
_SHARED: Final = frozenset({"channel", "kind", "state", "measure", "lateness", "topic"})
_CHANGED: Final = frozenset({"years", *(f"{name}_before" for name in COMPARED)})


def placed(contents: Contents) -> list[tuple[Part, list[SuppressedTable]]]:
    """Every part with the tables that this report has for it."""
    return [(part, [one for name in part.tables if (one := contents.table(name)) is not None]) for part in PARTS]


def in_order(contents: Contents) -> list[SuppressedTable]:
    """The tables in the order of print."""
    return [table for _, tables in placed(contents) for table in tables]


def source(table: SuppressedTable, contents: Contents) -> str:
    """Where the counts of a table come from: what was counted by what, over which months, in which edition."""
    names = table.name.split("_")
    by = _OTHERWISE.get(table.name) or "×".join(_COUNTED[name] for name in names) + "ごと"
    months = contents.period.months
    spans = months[0] if len(months) == 1 else f"{months[0]}～{months[-1]}"
    edition = contents.edition_name or "版の番号なし"
    return f"マスキング済みの意見等（masked_opinion）、受付月 {spans}、{by}に数えた。{edition}、"


def file_of(table: SuppressedTable) -> str:
    """The file that holds the same counts, beside the report."""
    return f"tables/{table.name}.csv"


def derived(table: SuppressedTable) -> tuple[str, list[str]] | None:
    """A column worked out from printed counts alone: shares of the total, or the change on the year before.

    A dash stands where one of the counts is hidden.
    """
    if table.name in _SHARED:
        return "構成比", _shares([cells[0] for cells in table.cells])
    if table.name == "years":
        counts = [cells[0] for cells in table.cells]
        return "前年比", ["－", *(change(now, before) for before, now in pairwise(counts))]
    if table.name == "promised":
        return "反映率", [share_of(cells[KEPT], cells[WHOLE]) for cells in table.cells]
    if table.name in _CHANGED:
        return "前年比", [change(now, before) for now, before in table.cells]
    return None


def share_of(part: int | None, whole: int | None) -> str:
    """A share in per cent; a dash where one of the counts is hidden, or there is nothing to have a share of."""
    return "－" if part is None or not whole else f"{part / whole:.1%}"


def change(now: int | None, before: int | None) -> str:
    """The change in per cent, △ for a fall as in Japanese accounts."""
    if now is None or not before:
        return "－"
    share = (now - before) / before
    return f"{'△' if share < 0 else '+' if share > 0 else ''}{abs(share):.1%}"


def _shares(counts: Sequence[int | None]) -> list[str]:
    return [share_of(count, counts[-1]) for count in counts]


def is_total(table: SuppressedTable) -> bool:
    """Whether the last row is the sum of the others."""
    return table.rows[-1] == TOTAL_LABEL
