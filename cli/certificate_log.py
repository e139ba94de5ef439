"""`tayori certificate log`: the log of issue (発行記録簿), whose head 甲 keeps on paper."""

from pathlib import Path
from typing import Annotated

import typer

from cli.desk import As, credential, office_here
from cli.show import Json, done, facts, print_json
from tayori.certificates import bundle
from tayori.errors import NotFound
from tayori.retention import log_sheet, logbook
from tayori.retention.signing import renew_signing_key
from tayori.vault.keyfile import write_whole
from tayori.warehouse.engines import reading

app = typer.Typer(help="発行記録簿 (log)", no_args_is_help=True, rich_markup_mode=None, add_completion=False)

HEAD = {"size": "件数", "root": "根ハッシュ", "key": "署名鍵", "files": "書いたファイル"}
PROVEN = {"log_size": "件数", "log_root": "根ハッシュ", "signed_at": "署名日時（UTC）"}

Held = Annotated[list[Path], typer.Option("--head", help="甲が控えた署名付き根のファイル（複数可）")]


@app.command()
def head(*, out: Annotated[Path, typer.Option("--out", help="書き出すフォルダ")], as_json: Json = False) -> None:
    """今の根に署名し、甲が保管する控え（署名付き根と、印刷用の 1 枚）を書く。"""
    with office_here() as office:
        sheet = log_sheet.sheet_now(office)
    out.mkdir(parents=True, exist_ok=True)
    for name, content in sheet.files.items():
        write_whole(out / name, content)
    shown = {"size": sheet.head.size, "root": sheet.head.root, "key": sheet.kid, "files": list(sheet.files)}
    facts(shown, HEAD, as_json=as_json)


@app.command()
def prove(
    *, head: Held, out: Annotated[Path, typer.Option("--out", help="証明を書くファイル")], as_json: Json = False
) -> None:
    """控えた根から今の根まで、加えられただけで書き換えられていないことの証明を書く。"""
    with office_here() as office, reading(office.warehouse) as warehouse:
        proof = logbook.proof_since(office, warehouse, [read_head(path) for path in head], office.now())
    write_whole(out, proof)
    done(f"{out.name} に書きました。`tayori certificate log check` で確かめられます。", {"proof": out}, as_json=as_json)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="証明 (log prove) 又は証明書の束")],
    *,
    key: Annotated[list[Path], typer.Option(help="発行者の公開鍵 (PEM)")],
    head: Annotated[list[Path] | None, typer.Option("--head", help="甲が控えた署名付き根")] = None,
    as_json: Json = False,
) -> None:
    """記録簿が、控えた根の続きであることを公開鍵だけで確かめる。枝分かれ・書換えは終了コード 6。"""
    log = bundle.checked_log(file, key, head or [])
    proven = {"log_size": log.size, "log_root": log.root.hex(), "signed_at": log.signed_at}
    if as_json:
        print_json({"valid": True, **proven})
        return
    facts(proven, PROVEN, as_json=False)


@app.command("renew-key")
def renew_key(*, by: As, as_json: Json = False) -> None:
    """署名鍵を替える。古い鍵が新しい鍵を記録簿で指名し、その後は何にも署名しない。"""
    with office_here() as office:
        kid = renew_signing_key(office, credential(office, by))
    done(f"署名鍵を替えました: {kid}", {"kid": kid}, as_json=as_json)


def read_head(path: Path) -> str:
    """Read a signed head that 甲 holds. Raises NotFound when there is none."""
    try:
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        raise NotFound(f"There is no signed head in {path.name}; name the file that `log head` wrote.") from None
