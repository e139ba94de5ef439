"""Charts as SVG that stand alone: no script, the tree's font, one dark colour and a pattern for the second series.

Charts are drawn from released tables only. A hidden count is drawn as 秘 where its bar would stand.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from tayori.opinions.disclosure.tables import TOTAL_LABEL, SuppressedTable

FONT: Final = "Noto Sans JP"
FONT_FOLDER: Final = Path(__file__).resolve().parents[2] / "assets" / "fonts"
HIDDEN: Final = "秘"
_BLUE: Final = "#1f4e79"
_GREY: Final = "#8a8f96"
_RUST: Final = "#b34700"
_INK: Final = "#1a1a1a"
_WIDTH: Final = 380
_STEP: Final = 26
_POINT: Final = {"filled": False, "fill": "white", "stroke": _RUST, "strokeWidth": 2, "size": 50}
_VEGA_LITE: Final = "https://vega.github.io/schema/vega-lite/v5.json"

Spec = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its caption and what a reader who cannot see it is told."""

    name: str
    caption: str
    told: str
    svg: str


def bars(
    table: SuppressedTable,
    name: str,
    caption: str,
    *,
    apart: Sequence[str] = (),
    most: int | None = None,
    before: SuppressedTable | None = None,
) -> Chart:
    """Horizontal bars of a table's rows, the longest first, hidden ones last; `apart` stand below all, in grey.

    With `most`, only so many of the longest are drawn, and none of those apart; rows of none are not drawn. With
    `before`, a hollow point marks each printed count of the year before.
    """
    pairs = [pair for pair in margin(table, by_row=True) if pair[1] != 0]
    if most is not None:
        decided = [pair for pair in pairs if pair[0] not in apart]
        pairs = sorted(decided, key=lambda pair: -(pair[1] or 0))[:most]
    ranked = sorted(pairs, key=lambda pair: (pair[0] in apart, pair[1] is None, -(pair[1] or 0)))
    then = dict(margin(before, by_row=True)) if before is not None else {}
    rows = [
        {"label": label, "count": count or 0, "text": text(count), "colour": _GREY if label in apart else _BLUE}
        for label, count in ranked
    ]
    spec = _frame(rows, height={"step": _STEP})
    base = {
        "y": {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 220}},
        "x": {"field": "count", "type": "quantitative", "title": None, "axis": None},
    }
    labelled = {**base, "text": {"field": "text"}}
    spec["layer"] = [
        {
            "mark": {"type": "bar", "height": 16},
            "encoding": {**base, "color": {"field": "colour", "type": "nominal", "scale": None}},
        },
        *_points_before([(label, then.get(label)) for label, _ in ranked], base),
        {"mark": _label(align="left", dx=5, stroke="white", strokeWidth=4), "encoding": labelled},
        {"mark": _label(align="left", dx=5), "encoding": labelled},
    ]
    return Chart(name, caption, _told(caption, pairs, then), _draw(spec))


def months(table: SuppressedTable, before: SuppressedTable | None, name: str, caption: str) -> Chart:
    """Columns of the months; the same months a year earlier as a dashed line with hollow points."""
    return _columns(margin(table, by_row=True), before, name, caption)


def years(table: SuppressedTable, name: str, caption: str) -> Chart:
    """Columns of the years, the earliest first."""
    pairs = [(label, cells[0]) for label, cells in zip(table.rows, table.cells, strict=True)]
    return _columns(pairs, None, name, caption, height=150)


def _columns(
    pairs: Sequence[tuple[str, int | None]],
    before: SuppressedTable | None,
    name: str,
    caption: str,
    *,
    height: int = 240,
) -> Chart:
    order = [label for label, _ in pairs]
    rows = [{"label": label, "count": count or 0, "text": text(count)} for label, count in pairs]
    spec = _frame(rows, height=height)
    axis = {"labelAngle": -45 if len(order) > _FEW else 0, "labelExpr": "replace(datum.label, '20', '’')"}
    base = {
        "x": {"field": "label", "type": "nominal", "sort": order, "title": None, "axis": axis},
        "y": {"field": "count", "type": "quantitative", "title": "件", "axis": {"tickCount": 5, "format": ",d"}},
    }
    labelled = {**base, "text": {"field": "text"}}
    spec["layer"] = [
        {"mark": {"type": "bar", "color": _BLUE, "width": {"band": 0.62}}, "encoding": base},
        *(_year_before(before, order) if before is not None else []),
        # The white rim keeps the figures readable where the line crosses them.
        {"mark": _label(align="center", dy=-9, stroke="white", strokeWidth=4), "encoding": labelled},
        {"mark": _label(align="center", dy=-9), "encoding": labelled},
    ]
    return Chart(name, caption, _told(caption, pairs), _draw(spec))


def days(rows: Sequence[tuple[str, int, int]], name: str, caption: str) -> Chart:
    """Columns of a figure of each day (label, figure, pushes); days with pushes stand out in rust."""
    spec = _frame(
        [{"label": label, "count": count, "colour": _RUST if pushes else _BLUE} for label, count, pushes in rows], 180
    )
    axis = {"labelAngle": 0, "labelOverlap": True, "labelSeparation": 4}
    spec["mark"] = {"type": "bar", "width": {"band": 0.7}}
    spec["encoding"] = {
        "x": {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": axis},
        "y": {"field": "count", "type": "quantitative", "title": "人", "axis": {"tickMinStep": 1, "format": ",d"}},
        "color": {"field": "colour", "type": "nominal", "scale": None},
    }
    said = "、".join(f"{label}日 {count}人{'（配信あり）' if pushes else ''}" for label, count, pushes in rows)
    return Chart(name, caption, f"{caption}。{said}。同じ数を表にも示します。", _draw(spec))


_FEW: Final = 6


def margin(table: SuppressedTable, *, by_row: bool) -> list[tuple[str, int | None]]:
    """The counts of a table's rows (or columns) without the grand total."""
    if by_row:
        return [(label, cells[-1]) for label, cells in zip(table.rows, table.cells, strict=True)][:-1]
    return list(zip(table.columns, table.cells[-1], strict=True))[:-1]


def text(count: int | None) -> str:
    """A count as it is printed; 秘 for a hidden one."""
    return HIDDEN if count is None else f"{count:,}"


def _year_before(before: SuppressedTable, order: Sequence[str]) -> list[Spec]:
    """The series of the year before, drawn over the same months; hidden months leave a gap."""
    counts = [cells[-1] for label, cells in zip(before.rows, before.cells, strict=True) if label != TOTAL_LABEL]
    rows = [{"label": label, "count": count} for label, count in zip(order, counts, strict=True) if count is not None]
    encoding = {
        "x": {"field": "label", "type": "nominal", "sort": list(order)},
        "y": {"field": "count", "type": "quantitative"},
    }
    mark = {"type": "line", "color": _RUST, "strokeDash": [5, 3], "strokeWidth": 2, "point": _POINT}
    return [{"data": {"values": rows}, "mark": mark, "encoding": encoding}]


def _points_before(pairs: Sequence[tuple[str, int | None]], base: Spec) -> list[Spec]:
    """A hollow point for each printed count of the year before."""
    rows = [{"label": label, "count": count} for label, count in pairs if count is not None]
    return [{"data": {"values": rows}, "mark": {"type": "point", **_POINT}, "encoding": base}] if rows else []


def _label(**place: object) -> Spec:
    return {"type": "text", "color": _INK, "fontSize": 13, **place}


def _frame(rows: list[Spec], height: object) -> Spec:
    return {
        "$schema": _VEGA_LITE,
        "width": _WIDTH,
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


def _told(caption: str, pairs: Sequence[tuple[str, int | None]], before: Mapping[str, int | None] | None = None) -> str:
    def counted(count: int | None) -> str:
        return f"{text(count)}{'' if count is None else '件'}"

    said = "、".join(
        f"{label} {counted(count)}{f'（前年同期 {counted(before[label])}）' if before and label in before else ''}"
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
