"""`tayori audit`: who opened and wrote what, and whether the log still holds (L11, I5)."""

from typing import Annotated

import typer

from cli.desk import office_here
from cli.show import Json, done, table
from tayori.vault import audit
from tayori.warehouse import audit as lines
from tayori.warehouse.engines import reading

app = typer.Typer(help="アクセス記録 (access log)", no_args_is_help=True, rich_markup_mode=None, add_completion=False)

HEADINGS = {
    "seq": "番号",
    "at": "日時",
    "actor": "操作者",
    "action": "操作",
    "purpose": "目的",
    "object": "対象",
    "count": "人数",
}


@app.command()
def show(
    *, last: Annotated[int, typer.Option(min=1, max=10_000, help="新しいほうから何行")] = 20, as_json: Json = False
) -> None:
    """アクセス記録の終わりのほうを、古い順に表示する。"""
    with office_here() as office, reading(office.warehouse) as connection:
        table(lines.lines_of_last(connection, last), HEADINGS, as_json=as_json)


@app.command()
def verify(*, as_json: Json = False) -> None:
    """記録の鎖と日々の署名をすべて検算する。合わなければ終了コード 6。"""
    with office_here() as office, reading(office.warehouse) as connection:
        count = audit.verify(connection, office.signing_key.public_key())
        days = len(lines.heads(connection))
    done(f"{count} 行の鎖と {days} 日分の署名は正しい。", {"lines": count, "signed_days": days}, as_json=as_json)
