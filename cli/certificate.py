"""`tayori certificate`: the proofs of erasure, and whether one holds (P12)."""

from pathlib import Path
from typing import Annotated

import typer

from cli.desk import office_here
from cli.show import Json, facts, print_json, table
from tayori.certificates import bundle
from tayori.errors import Unavailable
from tayori.warehouse import certificates
from tayori.warehouse.certificates import CertificateRow
from tayori.warehouse.engines import reading

app = typer.Typer(help="消去証明書 (certificate)", no_args_is_help=True, rich_markup_mode=None, add_completion=False)

HEADINGS = {"certificate_no": "番号", "kind": "種別", "state": "状態", "run_id": "実行", "issued_at": "発行"}


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """発行した証明書の一覧。"""
    with office_here() as office, reading(office.warehouse) as connection:
        table([_listed(row) for row in certificates.every(connection)], HEADINGS, as_json=as_json)


@app.command()
def show(
    number: Annotated[str, typer.Argument(metavar="NUMBER")],
    *,
    bundle_to: Annotated[Path | None, typer.Option("--bundle", help="渡す束 (JSON) を書くファイル")] = None,
    as_json: Json = False,
) -> None:
    """証明書 1 通。--bundle で、誰でも検証できる束を書き出す。"""
    with office_here() as office, reading(office.warehouse) as connection:
        row = certificates.find(connection, number)
    if bundle_to is not None:
        try:
            bundle_to.write_text(row.bundle, "utf-8")
        except OSError:
            raise Unavailable(f"{bundle_to.name} cannot be written there; name another place.") from None
    facts(_listed(row), HEADINGS, as_json=as_json)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="証明書の束 (JSON)")],
    *,
    key: Annotated[list[Path], typer.Option(help="発行者の公開鍵 (PEM)。鍵を替えた後は複数")],
    ward_key: Annotated[list[Path] | None, typer.Option(help="甲の公開鍵 (PEM)")] = None,
    as_json: Json = False,
) -> None:
    """証明書を公開鍵だけで検証する。保存先も通信も要らない。成り立たなければ終了コード 6。"""
    verdict = bundle.checked(file, key, ward_key or [])
    lines = bundle.verdict_lines(verdict)
    if as_json:
        print_json({"valid": True, "verdict": verdict})
        return
    facts(dict(lines), {label: label for label, _ in lines}, as_json=False)


def _listed(row: CertificateRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in HEADINGS}
