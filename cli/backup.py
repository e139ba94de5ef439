"""`tayori backup`: take warehouse and inbox out, sealed; and see that what was taken is still whole (L12)."""

import typer

from cli.desk import As, credential, office_here
from cli.show import Json, done, facts, table
from tayori.errors import Tampered
from tayori.retention.copies import backups, escrow

app = typer.Typer(
    help="バックアップ (backup): 倉庫と受付箱", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

MADE = {"copy_id": "バックアップ", "made_at": "時点", "expires_at": "期限", "sha256": "SHA-256", "escrow": "鍵の預託"}
TROUBLE = {"copy_id": "バックアップ", "sentence": "内容"}


@app.command()
def make(*, by: As, as_json: Json = False) -> None:
    """倉庫と受付箱の写しを封緘して取る。鍵保管庫と鍵は含まない。続けて鍵の預託も作り直す。"""
    with office_here() as office:
        actor = credential(office, by).handler_id
        row = backups.make(office, actor)
        kept = escrow.keep(office, actor)
    shown = {name: getattr(row, name) for name in MADE if name != "escrow"} | {"escrow": kept.copy_id or kept.sentence}
    facts(shown, MADE, as_json=as_json)


@app.command()
def check(*, as_json: Json = False) -> None:
    """置いてあるバックアップを、台帳と 1 バイトずつ照らし合わせる。欠けや変化があれば終了コード 6。"""
    with office_here() as office:
        troubles = backups.look_after(office)
    if troubles:
        table(troubles, TROUBLE, as_json=as_json)
        raise Tampered(f"{len(troubles)} backups are not as the ledger says; make a new one with `tayori backup make`.")
    done("バックアップはすべて台帳のとおりです。", {"troubles": []}, as_json=as_json)


@app.command()
def expire(*, as_json: Json = False) -> None:
    """期限の来たバックアップを終わらせる（鍵を破棄し、ファイルを上書きして消す）。毎晩の消去でも行われる。"""
    with office_here() as office:
        counts = backups.expire(office, "command:backup")
    done(f"{counts['backups_expired']} 件のバックアップを終わらせました。", counts, as_json=as_json)
