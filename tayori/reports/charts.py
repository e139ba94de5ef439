"""Charts as SVG that stand alone: no script, the tree's font, one dark colour, lines in another for the year before.

Charts are drawn from released tables only. A hidden count is drawn as 秘 where its bar would stand.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from tayori.opinions.disclosure.tables import SuppressedTable

FONT: Final = "Noto Sans JP"
FONT_FOLDER: Final = Path(__file__).resolve().parents[2] / "assets" / "fonts"
HIDDEN: Final = "秘"
_BLUE: Final = "#1f4e79"
_GREY: Final = "#8a8f96"
_RUST: Final = "#b34700"
_INK: Final = "#1a1a1a"
_WIDTH: Final = 440
_WIDTH_NARROW: Final = 280  # fits a phone at its own size
_STEP: Final = 26
_STEP_NARROW: Final = 40
_BELOW: Final = 10  # bars below their names
_MONTH: Final = re.compile(r"\d+年(\d+月)")
_UPRIGHT: Final = {
    "tickCount": 5,
    "format": ",d",
    "titleAngle": 0,
    "titleAnchor": "end",
    "titleAlign": "right",
    "titleX": -8,
    "titleY": -14,
}
"""The axis of counts: its unit stands upright on top of it."""
_VEGA_LITE: Final = "https://vega.github.io/schema/vega-lite/v5.json"

Spec = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its caption and what a reader who cannot see it is told; `narrow` is drawn for a phone."""

    name: str
    caption: str
    told: str
    svg: str
    narrow: str = ""


def bars(
    table: SuppressedTable,
    name: str,
    caption: str,
    *,
    apart: Sequence[str] = (),
    most: int | None = None,
    before: SuppressedTable | None = None,
    before_called: str = "前年同期",
) -> Chart:
    """Horizontal bars of a table's rows, the longest first, hidden ones last; `apart` stand below all, in grey.

    With `most`, only so many of the longest printed ones are drawn, and none of those apart; rows of none are not
    drawn. With `before`, a line across each bar marks the printed count of the year before.
    """
    pairs = [pair for pair in margin(table, by_row=True) if pair[1] != 0]
    if most is not None:
        decided = [pair for pair in pairs if pair[0] not in apart and pair[1]]
        pairs = sorted(decided, key=lambda pair: -(pair[1] or 0))[:most]
    ranked = sorted(pairs, key=lambda pair: (pair[0] in apart, pair[1] is None, -(pair[1] or 0)))
    then = dict(margin(before, by_row=True)) if before is not None else {}
    rows = [
        {
            "label": label,
            "count": count or 0,
            "text": text(count),
            "colour": _GREY if label in apart else _BLUE,
            "before": then.get(label),
            "reach": max(count or 0, then.get(label) or 0),
        }
        for label, count in ranked
    ]
    said = _told(caption, pairs, then, before_called)
    return Chart(name, caption, said, _draw(_lying(rows, beside=True)), _draw(_lying(rows, beside=False)))


def _lying(rows: list[Spec], *, beside: bool) -> Spec:
    """Bars with their names beside them, or above them where there is no room."""
    spec = _frame(rows, height={"step": _STEP if beside else _STEP_NARROW}, width=_WIDTH if beside else _WIDTH_NARROW)
    axis: Spec | None = {"labelLimit": 220} if beside else None
    low = 0 if beside else _BELOW
    y = {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": axis}
    x = {"field": "count", "type": "quantitative", "title": None, "axis": None}
    marked = [row for row in rows if row["before"]]
    spec["layer"] = [
        {
            "mark": {"type": "bar", "height": 16, "yOffset": low},
            "encoding": {"y": y, "x": x, "color": {"field": "colour", "type": "nominal", "scale": None}},
        },
        *(
            [
                {
                    "data": {"values": marked},
                    "mark": {"type": "tick", "color": _RUST, "thickness": 3, "size": 20, "yOffset": low},
                    "encoding": {"y": y, "x": x | {"field": "before"}},
                }
            ]
            if marked
            else []
        ),
        {
            "mark": _label(align="left", dx=6, dy=low),
            "encoding": {"y": y, "x": x | {"field": "reach"}, "text": {"field": "text"}},
        },
    ]
    if not beside:
        names = {"y": y, "x": {"value": 0}, "text": {"field": "label"}}
        spec["layer"].append({"mark": _label(align="left", dy=-8), "encoding": names})
    return spec


def months(
    table: SuppressedTable, before: SuppressedTable | None, name: str, caption: str, *, before_called: str = "前年同月"
) -> Chart:
    """Columns of the months; a line across each marks the printed count of the same month a year earlier."""
    pairs = margin(table, by_row=True)
    then = [cells[-1] for cells in before.cells] if before is not None else []
    named = {label: count for (label, _), count in zip(pairs, then, strict=False)}
    return _columns(pairs, named, name, caption, before_called=before_called)


def years(table: SuppressedTable, name: str, caption: str) -> Chart:
    """Columns of the years, the earliest first."""
    pairs = [(label, cells[0]) for label, cells in zip(table.rows, table.cells, strict=True)]
    return _columns(pairs, {}, name, caption, height=150)


def _columns(
    pairs: Sequence[tuple[str, int | None]],
    before: Mapping[str, int | None],
    name: str,
    caption: str,
    *,
    height: int = 220,
    before_called: str = "",
) -> Chart:
    rows = [
        {
            "short": short,
            "count": count or 0,
            "text": text(count),
            "before": before.get(label),
            "reach": max(count or 0, before.get(label) or 0),
        }
        for short, (label, count) in zip(_shorts([label for label, _ in pairs]), pairs, strict=True)
    ]
    wide, narrow = (_standing(rows, height, narrow=narrow) for narrow in (False, True))
    return Chart(name, caption, _told(caption, pairs, before, before_called), _draw(wide), _draw(narrow))


def _standing(rows: list[Spec], height: int, *, narrow: bool) -> Spec:
    spec = _frame(rows, height=height, width=_WIDTH_NARROW if narrow else _WIDTH)
    size = 11 if narrow else 13
    axis = {"labelAngle": 0, "labelExpr": "split(datum.label, '|')", "labelFontSize": size, "labelOverlap": False}
    x = {"field": "short", "type": "nominal", "sort": None, "title": None, "axis": axis}
    y = {"field": "count", "type": "quantitative", "title": "件", "axis": _UPRIGHT}
    marked = [row for row in rows if row["before"] is not None]
    tick = {"type": "tick", "color": _RUST, "thickness": 3, "width": {"band": 0.8}}
    spec["layer"] = [
        {"mark": {"type": "bar", "color": _BLUE, "width": {"band": 0.62}}, "encoding": {"x": x, "y": y}},
        *(
            [{"data": {"values": marked}, "mark": tick, "encoding": {"x": x, "y": y | {"field": "before"}}}]
            if marked
            else []
        ),
        {
            "mark": _label(align="center", dy=-9) | {"fontSize": size},
            "encoding": {"x": x, "y": y | {"field": "reach"}, "text": {"field": "text"}},
        },
    ]
    return spec


def _shorts(labels: Sequence[str]) -> list[str]:
    """The names of columns on an axis: of months the month alone where that tells them apart, of years the year."""
    months = [found[1] if (found := _MONTH.fullmatch(label)) else label.partition("（")[0] for label in labels]
    return months if len({*months}) == len(labels) else [label.replace("年", "年|") for label in labels]


def days(rows: Sequence[tuple[str, int, int]], name: str, caption: str) -> Chart:
    """Columns of a figure of each day (label, figure, pushes); days with pushes stand out in rust."""
    values = [{"label": label, "count": count, "colour": _RUST if pushes else _BLUE} for label, count, pushes in rows]
    axis = {"labelAngle": 0, "labelOverlap": True, "labelSeparation": 4}
    drawn = []
    for width in (_WIDTH, _WIDTH_NARROW):
        spec = _frame(values, 180, width=width)
        spec["mark"] = {"type": "bar", "width": {"band": 0.7}}
        spec["encoding"] = {
            "x": {"field": "label", "type": "nominal", "sort": None, "title": "日", "axis": axis},
            "y": {
                "field": "count",
                "type": "quantitative",
                "title": "人",
                "axis": _UPRIGHT | {"tickMinStep": 1},
            },
            "color": {"field": "colour", "type": "nominal", "scale": None},
        }
        drawn.append(_draw(spec))
    said = "、".join(f"{label}日 {count}人{'（配信あり）' if pushes else ''}" for label, count, pushes in rows)
    return Chart(name, caption, f"{caption}。{said}。同じ数を表にも示します。", *drawn)


def margin(table: SuppressedTable, *, by_row: bool) -> list[tuple[str, int | None]]:
    """The counts of a table's rows (or columns) without the grand total."""
    if by_row:
        return [(label, cells[-1]) for label, cells in zip(table.rows, table.cells, strict=True)][:-1]
    return list(zip(table.columns, table.cells[-1], strict=True))[:-1]


def text(count: int | None) -> str:
    """A count as it is printed; 秘 for a hidden one."""
    return HIDDEN if count is None else f"{count:,}"


def _label(**place: object) -> Spec:
    return {"type": "text", "color": _INK, "fontSize": 13, **place}


def _frame(rows: list[Spec], height: object, *, width: int) -> Spec:
    return {
        "$schema": _VEGA_LITE,
        "width": width,
        "height": height,
        "data": {"values": rows},
        "config": {
            "font": FONT,
            "background": None,
            "view": {"stroke": None},
            "axis": {
                "labelFontSize": 13,
                "titleFontSize": 13,
                "labelColor": _INK,
                "titleColor": _INK,
                "gridColor": "#e3e3e3",
                "domain": False,
            },
        },
    }


def _told(
    caption: str,
    pairs: Sequence[tuple[str, int | None]],
    before: Mapping[str, int | None],
    before_called: str,
) -> str:
    def counted(count: int | None) -> str:
        return f"{text(count)}{'' if count is None else '件'}"

    said = "、".join(
        f"{label} {counted(count)}{f'（{before_called} {counted(before[label])}）' if label in before else ''}"
        for label, count in pairs
    )
    return f"{caption}。{said}。同じ数を表にも示します。"


def _draw(spec: Spec) -> str:
    """The SVG of a chart, ready to stand in a page: its words are said beside it, its width follows the page."""
    drawn: str = _converter().vegalite_to_svg(spec)
    drawn = re.sub(r'aria-roledescription="[^"]*"|aria-label="[^"]*"|role="graphics-[^"]*"', "", drawn)
    return re.sub(r'<svg ([^>]*?)width="[\d.]+" height="[\d.]+"', r'<svg \1role="presentation"', drawn, count=1)


@cache
def _converter() -> Any:  # noqa: ANN401 the package ships no types
    import vl_convert  # noqa: PLC0415 start-up time: it starts an engine

    vl_convert.register_font_directory(str(FONT_FOLDER))
    return vl_convert
