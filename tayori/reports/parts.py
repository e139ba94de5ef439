"""The parts of a report of citizens' opinions: which figures stand where, and under which heading."""

from dataclasses import dataclass
from typing import Final

from tayori.opinions.period import Span
from tayori.reports.contents import Contents
from tayori.reports.sheets import Sheet, sheet_of


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its name in addresses, its heading, its tables, and what is said where nothing is on record."""

    name: str
    heading: str
    tables: tuple[str, ...]
    absent: str


PARTS: Final = (
    Part("years", "{years}の推移", ("years",), "比べられる前の年の記録がありません。"),
    Part(
        "months",
        "月ごとの件数と前年同月",
        ("month_before", "month"),
        "比べられる前の年の記録がありません。月ごとの件数は次の表にあります。",
    ),
    Part("channels", "媒体別", ("channel", "channel_before", "month_channel"), ""),
    Part(
        "departments",
        "部別",
        ("department", "department_kind", "department_part", "department_before", "department_month"),
        "",
    ),
    Part("themes", "分野別", ("theme", "theme_kind", "theme_before", "theme_quarter", "theme_month"), ""),
    Part("kinds", "種別", ("kind",), ""),
    Part("handling", "匿名・返信の希望・回答不要・所管外", ("wanted_sender", "wanted", "sender", "state"), ""),
    Part("times", "回答までの日数", ("department_pace", "pace", "lateness", "times"), "回答の記録がありません。"),
    Part("measures", "対応区分", ("measure", "promised"), "この期間の対応区分は記録されていません。"),
    Part(
        "changes",
        "増えた分野・新しい話題",
        ("topic", "changes", "new_words", "words", "repeated_words"),
        "比べられる前の年の記録がありません。",
    ),
    Part("gists", "主な意見の要旨と区の回答", (), "承認された要旨はありません。"),
    Part("notes", "数え方の注", ("units", "texts"), ""),
)
LINE: Final = Part("line", "LINEの配信", ("line", "line_genres", "line_genre_months", "line_months"), "")
_YEARS: Final = {Span.MONTH: "同じ月の年ごと", Span.QUARTER: "同じ四半期の年ごと", Span.FISCAL_YEAR: "年度ごと"}


def placed(contents: Contents) -> list[tuple[Part, list[Sheet]]]:
    """Every part with the figures that this report has for it; a report of one month has no part of months."""
    return [
        (part, [one for name in part.tables if (one := sheet_of(name, contents)) is not None])
        for part in PARTS
        if part.name != "months" or len(contents.period.months) > 1
    ]


def of_the_line(contents: Contents) -> list[Sheet]:
    """The figures of the LINE account; none where there is no account."""
    return [one for name in LINE.tables if (one := sheet_of(name, contents)) is not None]


def in_order(contents: Contents) -> list[Sheet]:
    """The figures in the order of print."""
    return [*(sheet for _, sheets in placed(contents) for sheet in sheets), *of_the_line(contents)]


def heading_of(part: Part, contents: Contents) -> str:
    """The heading of a part in the words of the period."""
    return part.heading.format(years=_YEARS.get(contents.period.span, "各年の同じ期間"))
