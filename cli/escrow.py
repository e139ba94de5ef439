"""`tayori escrow`: vault and keys on a second medium, sealed to any one of the custodians (P8, P9)."""

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.desk import As, credential, office_here
from cli.restore import public_key
from cli.show import Json, done, facts, table
from tasks.support import settings_here
from tayori.errors import NotFound
from tayori.office import Office
from tayori.retention.copies import escrow as escrows
from tayori.retention.copies import lost_vault

app = typer.Typer(
    help="鍵の預託 (escrow): 鍵保管庫と鍵", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

LISTED = {"copy_id": "預託", "taken_at": "時点", "custodians": "預かる職", "keys": "鍵の世代"}
CHECKED = {"copy_id": "預託", "made_at": "時点", "size": "大きさ（バイト）", "recipient": "預かる職"}

BACK = {
    "escrow_id": "預託",
    "with_vault": "鍵保管庫も戻した",
    "people_lost": "預託の後に来た人（失われた）",
    "cases_lost": "預託の後に来た案件（失われた）",
    "keys_destroyed": "預託の後に消去された人・案件の鍵",
    "person_keys": "開く利用者の鍵",
    "case_keys": "開く案件の鍵",
}


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


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="預託のフォルダ（escrow-…）")],
    *,
    identity: Annotated[Path, typer.Option(help="預かる職の age 秘密鍵のファイル")],
    by: As,
    key: Annotated[Path | None, typer.Option(help="甲が控えている発行者の公開鍵 (PEM)")] = None,
    accept_loss: Annotated[int, typer.Option(min=0, help="預託の後に来て失われてよい人数と案件の数")] = 0,
    as_json: Json = False,
) -> None:
    """倉庫が残り、鍵保管庫か鍵だけを失ったとき、預託から戻す。倉庫も失ったときは tayori restore。"""
    os.umask(0o077)
    office = Office(settings_here(), restores=True)
    try:
        wanted = lost_vault.wanted_from(folder, identity, public_key(key))
        prove = lambda place: credential(place, by)  # noqa: E731 - the roster is asked once the keys are here
        found = lost_vault.bring_back(office, wanted, prove, accept_loss=accept_loss)
    finally:
        office.close()
    facts({"escrow_id": found.escrow_id, "with_vault": found.with_vault} | found.found, BACK, as_json=as_json)
