"""`tayori keys`: the epochs of keys, and their move from a file to a device (P8, L16)."""

from pathlib import Path
from typing import Annotated

import typer

from cli.desk import office_here
from cli.show import Json, done, table
from tayori.retention.moving import move_keys
from tayori.vault import keeping
from tayori.warehouse.engines import reading

app = typer.Typer(help="鍵の世代 (key epochs)", no_args_is_help=True, rich_markup_mode=None, add_completion=False)

HEADINGS = {
    "space": "鍵空間",
    "epoch": "世代",
    "state": "状態",
    "medium": "保管",
    "key": "鍵",
    "created_at": "開始",
    "destroyed_at": "破棄",
}


@app.command("list")
def list_(
    *,
    ended: Annotated[bool, typer.Option("--ended", help="破棄した世代も表示する")] = False,
    as_json: Json = False,
) -> None:
    """鍵空間ごとの世代と、その鍵があるか。鍵の値は表示しない。"""
    with office_here() as office, reading(office.vault) as vault:
        table(keeping.kept(vault, office.key_provider, ended=ended), HEADINGS, as_json=as_json)


@app.command()
def move(
    *,
    file: Annotated[Path | None, typer.Option("--from", help="鍵ファイル（既定は HOME/keys/kek.json）")] = None,
    as_json: Json = False,
) -> None:
    """鍵ファイルの鍵を鍵装置 (PKCS#11) へ移し、全ての世代を交代させ、最後にファイルを消す。止まっても続きから。"""
    with office_here() as office:
        moved = move_keys(office, file)
    said = f"移しました: {moved.carried} 個の鍵、交代した鍵空間 {moved.rotated}。ファイルは消しました（媒体は未検査）。"
    done(said, moved, as_json=as_json)
