"""`tayori escrow`: vault and keys on a second medium, sealed to any one of the custodians (P8, P9)."""

from pathlib import Path
from typing import Annotated

import typer

from cli.desk import As, credential, office_here
from cli.show import Json, done, facts, table
from tayori.errors import NotFound
from tayori.retention.copies import escrow as escrows

app = typer.Typer(
    help="鍵の預託 (escrow): 鍵保管庫と鍵", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

LISTED = {"copy_id": "預託", "taken_at": "時点", "custodians": "預かる職", "keys": "鍵の世代"}
CHECKED = {"copy_id": "預託", "made_at": "時点", "size": "大きさ（バイト）", "recipient": "預かる職"}


@app.command()
def write(*, by: As, as_json: Json = False) -> None:
    """預託を作り直し、前のものを上書きして消す。毎晩、鍵の世代交代のあとにも行われる。"""
    with office_here() as office:
        kept = escrows.write(office, credential(office, by).handler_id)
    done(f"預託を作りました: {kept.copy_id}（前のものの終了: {kept.replaced} 件）", kept, as_json=as_json)


@app.command("list")
def list_(
    *,
    folder: Annotated[Path | None, typer.Option(help="預託の媒体（省略: 設定のフォルダ）")] = None,
    as_json: Json = False,
) -> None:
    """媒体にある預託の一覧。保存先がなくても --folder で見られる。"""
    if folder is None:
        with office_here() as office:
            folder = escrows.place(office)[0]
    if not folder.is_dir():
        raise NotFound("There is no such folder; name the medium of the escrow.")
    rows = [
        {"copy_id": one.copy_id, **{name: one.said.get(name) for name in LISTED if name != "copy_id"}}
        for one in escrows.listed(folder)
    ]
    table(rows, LISTED, as_json=as_json)


@app.command()
def check(*, as_json: Json = False) -> None:
    """預託が台帳のとおりで、今の鍵を含み、今の預かる職に宛てられているかを確かめる。"""
    with office_here() as office:
        row, size = escrows.check(office)
    facts({name: getattr(row, name) for name in CHECKED if name != "size"} | {"size": size}, CHECKED, as_json=as_json)
