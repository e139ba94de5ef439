"""`tayori roles`: the database roles of the three processes that the internet reaches (PostgreSQL)."""

from typing import Annotated

import typer

from cli.desk import office_here
from cli.show import Json, done
from tayori.warehouse.roles import DoorRoles, give

app = typer.Typer(rich_markup_mode=None, add_completion=False)
NAMES = DoorRoles()


@app.command()
def roles(
    *,
    door: Annotated[str, typer.Option(help="受付口 (webhook) の役割: 受付箱へ INSERT だけ")] = NAMES.door,
    opinion: Annotated[str, typer.Option(help="ご意見入力画面の役割: 受付箱へ INSERT だけ")] = NAMES.opinion,
    resident: Annotated[str, typer.Option(help="受信設定の画面の役割: 名指しした一人の行だけ")] = NAMES.resident,
    as_json: Json = False,
) -> None:
    """PostgreSQL の役割を作り、必要な権限だけを与える。何度実行しても同じ。パスワードは付けない（管理者が決める）。"""
    named = DoorRoles(door, opinion, resident)
    with office_here() as office:
        made = give(office.warehouse, office.inbox, named)
    told = {"door": door, "opinion": opinion, "resident": resident, "made": made}
    done(f"権限を与えました: {door}, {opinion}, {resident}（新しく作った役割 {len(made)}）", told, as_json=as_json)
