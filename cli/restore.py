"""`tayori restore`: an empty place comes back from a backup and the escrow; or it is rehearsed elsewhere (L7, L12)."""

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.desk import As, credential, office_here
from cli.show import Json, facts
from tasks.support import settings_here
from tayori.errors import NotFound
from tayori.office import Office
from tayori.retention.copies import restoring
from tayori.retention.copies.restoring import Restored, Wanted
from tayori.settings import Settings

app = typer.Typer(rich_markup_mode=None, add_completion=False)

SHOWN = {
    "copy_id": "バックアップ",
    "escrow_id": "鍵の預託",
    "taken_at": "時点",
    "people": "残った利用者の鍵",
    "erased_again": "もう一度消去した人数",
    "newcomers_lost": "バックアップの後に来た人（失われた）",
    "cases_disposed": "バックアップの後に廃棄された案件",
    "case_keys_lost": "バックアップの後に来た案件（失われた）",
    "broadcasts_stopped": "止めた配信",
    "people_undecided": "届いたか分からない人数",
    "plan_days_noted": "見送りとした定期配信の回",
    "confirmations_dropped": "送らないこととした受付の知らせ（二度送らないため）",
    "rows_unopenable": "鍵の終わった受付・隔離の行",
    "files_put_back": "戻した休庁日・発信者等のファイル",
    "backups_adopted": "台帳に戻したバックアップ",
    "audit_lines": "アクセス記録の行",
    "log_leaves": "証明書の記録簿の件数",
    "signed": "外の公開鍵で署名を確かめた",
}
Folder = Annotated[Path | None, typer.Option(help="預託のフォルダ（escrow-…）")]
Identity = Annotated[Path | None, typer.Option(help="預かる職の age 秘密鍵のファイル")]
Rehearsal = Annotated[Path | None, typer.Option(help="別の空のフォルダで稽古する。終われば消される")]


@app.command()
def restore(  # noqa: PLR0913 - the options of a command
    backup: Annotated[str, typer.Argument(metavar="BACKUP_ID|FOLDER", help="バックアップの ID かフォルダ")],
    *,
    by: As,
    escrow: Folder = None,
    identity: Identity = None,
    key: Annotated[Path | None, typer.Option(help="甲が控えている発行者の公開鍵 (PEM)。写しの署名を確かめる")] = None,
    rehearsal: Rehearsal = None,
    database_url: Annotated[str, typer.Option(help="稽古: 倉庫を入れる空のデータベース (PostgreSQL)")] = "",
    vault_url: Annotated[str, typer.Option(help="稽古: 鍵保管庫を入れる空のデータベース (PostgreSQL)")] = "",
    without_escrow: Annotated[bool, typer.Option("--without-escrow", help="預託が一度も作られていない")] = False,
    older: Annotated[bool, typer.Option("--older", help="最新でないバックアップを選んだ")] = False,
    as_json: Json = False,
) -> None:
    """何もない所に、バックアップと預託から戻す。消去された人は戻らず、配信は二度出ない。終わるまで何も動かない。"""
    os.umask(0o077)
    settings = settings_here()
    wanted = Wanted(
        backup=_folder(settings, backup),
        escrow=escrow,
        identities=identity,
        public_key=public_key(key),
        older=older,
        without_escrow=without_escrow,
    )
    if rehearsal is not None:
        found = _rehearsed(wanted, by, rehearsal, {"database_url": database_url, "vault_url": vault_url})
    else:
        found = _restored(settings, wanted, by)
    shown = {"copy_id": found.copy_id, "escrow_id": found.escrow_id, "taken_at": found.taken_at, "signed": found.signed}
    facts(shown | found.found, SHOWN, as_json=as_json)


def _restored(settings: Settings, wanted: Wanted, by: str) -> Restored:
    office = Office(settings, restores=True)
    try:
        return restoring.restore(office, wanted, lambda place: credential(place, by))
    finally:
        office.close()


def _rehearsed(wanted: Wanted, by: str, folder: Path, urls: dict[str, str]) -> Restored:
    with office_here() as live:
        kept = live.settings
        own = {"inbox_url": "", "key_file": None, "index_key_file": None, "signing_key_file": None}
        changes = {"home": folder, "backup_folder": kept.backups, "inbox_public_key_file": None, **own, **urls}
        place = Office(kept.model_copy(update=changes), live.clock, live.rng, restores=True)
        return restoring.rehearse(live, place, wanted, credential(live, by))


def _folder(settings: Settings, written: str) -> Path:
    for folder in (settings.backups / written, Path(written)):
        if folder.is_dir():
            return folder
    raise NotFound(f"There is no backup {Path(written).name}; name its id, or its folder.")


def public_key(key: Path | None) -> bytes | None:
    """Read a public key file, if one is named."""
    if key is None:
        return None
    try:
        return key.read_bytes()
    except OSError:
        raise NotFound(f"There is no public key {key.name} that can be read.") from None
