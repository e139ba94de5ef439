"""`tayori register`: what may be recorded of a person, and whether the stores hold anything else (I1)."""

from typing import Annotated, Literal

import typer

from cli.desk import office_here
from cli.show import Json, done, print_json, table
from tayori.domain.register import register
from tayori.errors import Tampered
from tayori.warehouse import inspection

app = typer.Typer(
    help="記録項目の登録簿 (register of collected items)",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)

HEADINGS = {
    "item": "項目",
    "term": "名称",
    "whose": "対象",
    "purpose": "利用目的",
    "paper": "契約",
    "clause": "根拠",
    "kept": "保存期間",
}
Paper = Literal["L", "O"]


@app.command()
def show(
    *, paper: Annotated[Paper | None, typer.Option(help="L（配信）又は O（意見）だけ")] = None, as_json: Json = False
) -> None:
    """記録項目と管理項目を、根拠及び保存期間とともに表示する。"""
    held = register()
    items = [item for item in held.items if paper is None or paper in item.paper]
    if as_json:
        print_json({"version": held.version, "items": items})
        return
    typer.echo(f"登録簿 {held.version}（管理項目は一覧の後半）")
    table(items, HEADINGS, as_json=False)


@app.command()
def check(*, as_json: Json = False) -> None:
    """保存先の全列が登録簿に載っているかを確かめる。載っていない列があれば終了コード 6。"""
    with office_here() as office:
        strangers = inspection.undeclared({name: getattr(office, name) for name in ("warehouse", "vault", "inbox")})
        columns = inspection.declared_columns()
    if strangers:
        raise Tampered(f"The stores hold what the register does not know: {', '.join(strangers)}.")
    done(f"全 {columns} 列が登録簿のとおりです。", {"columns": columns, "undeclared": []}, as_json=as_json)
