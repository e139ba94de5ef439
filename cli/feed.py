"""`tayori feed`: news of the ward's site as drafts; a feed proposes, it never sends (I7)."""

import typer

from cli.desk import office_here
from cli.show import Json, progress, table
from tayori.errors import Refused
from tayori.feeds import run
from tayori.feeds.drafting import OUTCOMES
from tayori.office import Office
from tayori.warehouse import segments
from tayori.warehouse.engines import reading

app = typer.Typer(
    help="区のサイトの新着情報 (feed) から作る案", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

TERMS = (
    "案にした",
    "既に案にした",
    "古い",
    "規則に当たらない",
    "日時なし",
    "リンク先",
    "番号なし",
    "題なし",
    "本文にできない",
)
LOOKED = {"feed": "フィード", **dict(zip(OUTCOMES, TERMS, strict=True)), "trouble": "異常"}
RULES = {"feed": "フィード", "url": "アドレス", "rules": "規則", "max_age_hours": "古さの限度（時間）"}


@app.command()
def check(*, as_json: Json = False) -> None:
    """規則のファイル (TAYORI_FEEDS_FILE) を検査する。読みには行かない。"""
    with office_here() as office:
        feeds = run.configured(office)
        if not feeds:
            raise Refused("No feed is set; name the rules' file with TAYORI_FEEDS_FILE.")
        with reading(office.warehouse) as connection:
            for rule in (rule for feed in feeds for rule in feed.rules):
                segments.find(connection, rule.segment)
    rows = [
        {"feed": one.name, "url": one.url, "rules": len(one.rules), "max_age_hours": one.max_age.total_seconds() / 3600}
        for one in feeds
    ]
    table(rows, RULES, as_json=as_json)


@app.command(name="run")
def run_(*, as_json: Json = False) -> None:
    """いま全てのフィードを読み、新しい記事を案にする。何度実行しても、同じ記事は一度しか案にならない。"""
    with office_here() as office:
        rows = _looks(office)
        run.drop_expired(office)
    table(rows, LOOKED, as_json=as_json)


def _looks(office: Office) -> list[dict[str, object]]:
    names = [feed.name for feed in run.configured(office)]
    rows: list[dict[str, object]] = []
    with progress("読込み", len(names)) as advance:
        for name in names:
            looked = run.look(office, name)
            rows.append({"feed": name, **looked.counts, "trouble": looked.trouble})
            advance(1)
    return rows
