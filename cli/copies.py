"""`tayori copies`: the ledger of copies, their ends and their proofs; the closed list of kinds (P6, P9, O8)."""

import hashlib
from datetime import datetime, time
from pathlib import Path
from typing import Annotated

import typer

from cli.desk import As, credential, day, office_here
from cli.show import Json, done, facts, table
from tayori.domain.copies import NewCopy, copy_kinds, proof_terms
from tayori.errors import NotFound, Refused
from tayori.office import TOKYO, Office
from tayori.retention.copies import ledger, searching
from tayori.vault.age import fingerprint, recipient_of
from tayori.warehouse import copies as rows
from tayori.warehouse.copies import CopyRow
from tayori.warehouse.engines import reading

app = typer.Typer(help="複製の台帳 (copies)", no_args_is_help=True, rich_markup_mode=None, add_completion=False)

LISTED = {
    "state": "状態",
    "copy_id": "ID",
    "term": "種類",
    "made_at": "作成",
    "expires_at": "期限",
    "made_by": "作成者",
    "recipient": "宛先",
    "ended_at": "終了",
}
SHOWN = LISTED | {
    "purpose": "目的",
    "approval": "甲の承認文書",
    "sha256": "SHA-256",
    "holds": "内容",
    "ended_by": "終了を記録した者",
    "proof_term": "終了の証",
    "proof": "証の内容",
}
KINDS = {
    "kind": "名前",
    "term": "種類",
    "holds": "内容",
    "purpose": "目的",
    "recipient": "宛先の鍵",
    "leaves": "場所を出る（甲の承認）",
    "longest_days": "最長（日）",
    "ended_by": "終了の証",
}
STRAY = {"kind": "種類", "place": "場所", "file": "ファイル", "sentence": "内容"}
FILED = {"copy_id": "複製", "certificate_no": "証明書", "state": "状態", "ended": "終了"}
Copy = Annotated[str, typer.Argument(metavar="ID", help="複製の ID")]


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """複製の一覧。期限を過ぎたものを先に示す。"""
    with office_here() as office:
        table([_row(office, row) for row in ledger.listed(office)], LISTED, as_json=as_json)


@app.command()
def kinds(*, as_json: Json = False) -> None:
    """作ることのできる複製の種類。これ以外は作れない。"""
    table(list(copy_kinds().values()), KINDS, as_json=as_json)


@app.command()
def show(copy_id: Copy, *, as_json: Json = False) -> None:
    """複製 1 件。"""
    with office_here() as office:
        with reading(office.warehouse) as connection:
            row = rows.find(connection, copy_id)
        facts(_row(office, row), SHOWN, as_json=as_json)


@app.command()
def approve(
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="甲の承認文書の番号")],
    *,
    kind: Annotated[str, typer.Option(help="複製の種類（tayori copies kinds）")],
    until: Annotated[str, typer.Option(help="承認の最後の日 YYYY-MM-DD")],
    by: As,
    as_json: Json = False,
) -> None:
    """場所を出る複製について、甲の承認文書を編てつする。甲の取扱者が署名する。"""
    with office_here() as office:
        ledger.approve(office, credential(office, by), document, kind, day(until))
    done(
        f"承認文書 {document} を編てつしました。", {"document": document, "kind": kind, "until": until}, as_json=as_json
    )


@app.command()
def add(  # noqa: PLR0913 - the options of a command
    *,
    kind: Annotated[str, typer.Option(help="複製の種類（tayori copies kinds）")],
    file: Annotated[Path, typer.Option(help="封緘した複製のファイル")],
    purpose: Annotated[str, typer.Option(help="目的（個人の名前などは書かない）")],
    until: Annotated[str, typer.Option(help="期限の日 YYYY-MM-DD")],
    by: As,
    recipient: Annotated[str, typer.Option(help="宛先の age 公開鍵 (age1…)")] = "",
    approval: Annotated[str, typer.Option(help="甲の承認文書の番号")] = "",
    as_json: Json = False,
) -> None:
    """作った複製を台帳に載せる（委託先への複製・開示など）。"""
    with office_here() as office:
        new = NewCopy(
            kind=kind,
            purpose=purpose,
            expires_at=datetime.combine(day(until), time(23, 59), TOKYO),
            sha256=_sha256(file),
            recipient=fingerprint(str(recipient_of(recipient))) if recipient else None,
            approval=approval or None,
        )
        row = ledger.enter(office, credential(office, by).handler_id, new, {"size": file.stat().st_size})
        facts(_row(office, row), SHOWN, as_json=as_json)


@app.command()
def end(
    copy_id: Copy,
    *,
    proof: Annotated[str, typer.Option(help="終了の証（甲の受領書の番号など）")],
    by: As,
    as_json: Json = False,
) -> None:
    """複製の終わりを、手元の証とともに記録する（受領書・ファイルの消去）。"""
    with office_here() as office:
        ledger.end(office, credential(office, by), copy_id, proof)
    done(f"{copy_id} の終わりを記録しました。", {"copy_id": copy_id}, as_json=as_json)


@app.command("file-certificate")
def file_certificate(
    copy_id: Copy,
    file: Annotated[Path, typer.Argument(help="委託先から受け取った証明書の束 (JSON)")],
    *,
    key: Annotated[list[Path], typer.Option(help="委託先の公開鍵 (PEM)")],
    by: As,
    as_json: Json = False,
) -> None:
    """受け取った消去証明書を検証し、編てつする。確定の証明書なら、複製はこれで終わる。"""
    with office_here() as office:
        filed = ledger.file_certificate(office, credential(office, by), copy_id, file, key)
    facts(filed, FILED, as_json=as_json)


@app.command()
def check(
    *,
    place: Annotated[list[Path] | None, typer.Option(help="あわせて探すフォルダ（複数可）")] = None,
    as_json: Json = False,
) -> None:
    """台帳にない写し（まだ開くバックアップ・保存先や鍵の写し）を探す。見つかれば終了コード 3。"""
    with office_here() as office:
        found = searching.kept_by_mistake(office, {path.name or str(path): path for path in place or []})
    if found:
        table(found, STRAY, as_json=as_json)
        raise Refused(
            f"{len(found)} copies lie here that no ledger lists; end them before anything is certified final."
        )
    done("台帳にない写しは見つかりませんでした。", {"found": []}, as_json=as_json)


def _row(office: Office, row: CopyRow) -> dict[str, object]:
    state = "終了" if row.ended_at else "期限超過" if row.overdue(office.now()) else "保持"
    proof = next((term for kind, term in proof_terms().items() if kind == row.proof_kind), None)
    held = {name: row.holds[name] for name in ("stores", "size", "custodians") if name in row.holds}
    named = {name: getattr(row, name) for name in SHOWN if hasattr(row, name)}
    return named | {
        "state": state,
        "term": copy_kinds()[row.kind].term,
        "kind": row.kind,
        "holds": held,
        "proof_term": proof,
        "proof": ledger.proof_of(row) or None,
    }


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        raise NotFound(f"There is no file {file.name} that can be read.") from None
