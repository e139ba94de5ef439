"""`tayori broadcast results`: what a month brought, by genre and by day; `wrong-send`: the record of a mistake."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cli.desk import As, credential, day, office_here
from cli.show import Json, facts, plain, print_json, table
from tayori.broadcast import results as outcomes
from tayori.broadcast import wrong_send as mistakes
from tayori.domain.identifiers import BroadcastId
from tayori.domain.results import MonthResults
from tayori.office import Office
from tayori.reports.broadcast_results import STATES, genre_cells, write_results
from tayori.reports.wrong_send import FACTS, write_wrong_send

GENRES = {
    "genre": "ジャンル",
    "pushes": "配信（回）",
    "share": "割合",
    **{state.value: f"{term}（人）" for state, term in STATES.items()},
    "blocks_a_day": "1日のブロック（人）",
    "against_month": "月平均との差",
}
RECORD = {"incident_id": "記録", "people": "人数の内訳", "correction_id": "訂正の案", **FACTS, "files": "ファイル"}


def results(
    *,
    month: Annotated[str, typer.Option(help="月 YYYY-MM（省略: 今月）")] = "",
    out: Annotated[Path | None, typer.Option(help="HTML のページを書き出すフォルダ")] = None,
    as_json: Json = False,
) -> None:
    """月の配信の結果を、ジャンルごとに表示する。人数が 10 人に満たない配信は、回数だけを数える。"""
    with office_here() as office:
        found = outcomes.of_month(office, _month(office, month))
        if out is not None:
            write_results(found, out, office.today())
    if as_json:
        print_json(_plain(found))
        return
    rows = [dict(zip(GENRES, [row.genre, *genre_cells(row, found)], strict=True)) for row in found.genres]
    table(rows, GENRES, as_json=False)


def _month(office: Office, written: str) -> date:
    return day(f"{written}-01") if written else office.today()


def _plain(found: MonthResults) -> dict[str, object]:
    """Give a month for JSON; figures of small broadcasts are null."""
    sends = [
        {
            **{name: getattr(sent, name) for name in ("broadcast_id", "genre", "day", "time")},
            "people": {state.value: sent.count(state) for state in STATES},
            "opened": None if sent.is_small else sent.opened,
            "clicked": None if sent.is_small else sent.clicked,
        }
        for sent in found.sends
    ]
    whole = {"pushes": found.pushes, "small": found.small, "blocks_a_day": found.blocks_a_day}
    parts = {"genres": plain(found.genres), "sends": plain(sends), "days": plain(found.days)}
    return {"month": f"{found.month:%Y-%m}", **whole, **parts}


def wrong_send(
    broadcast_id: Annotated[str, typer.Argument(metavar="ID", help="配信の ID")],
    *,
    by: As,
    reason: Annotated[str, typer.Option(help="何が誤りだったか（住民の名前などは書かない）")],
    as_json: Json = False,
) -> None:
    """誤配信を止め、届いた範囲を件数で記録し、訂正の案を作る。記録は HOME/incidents に残る。"""
    with office_here() as office:
        found = mistakes.report(office, credential(office, by), BroadcastId(broadcast_id), reason)
        paths = write_wrong_send(asdict(found), office.settings.home / "incidents")
    told = asdict(found) | {"files": paths}
    facts(told, RECORD, as_json=as_json)
