"""`tayori certificate`: the proofs of erasure, what is said about them, and whether one holds (P12)."""

from pathlib import Path
from typing import Annotated

import typer

from cli.certificate_log import app as log
from cli.certificate_log import read_head
from cli.desk import As, credential, office_here
from cli.show import Json, done, facts, print_json, table
from tayori.certificates import bundle
from tayori.errors import Unavailable
from tayori.retention import standing, stating
from tayori.retention.settling import settle_all
from tayori.warehouse import certificates
from tayori.warehouse.engines import reading

app = typer.Typer(help="消去証明書 (certificate)", no_args_is_help=True, rich_markup_mode=None, add_completion=False)
app.add_typer(log, name="log")

LISTED = {
    "certificate_no": "番号",
    "kind": "種別",
    "state": "状態",
    "confirmed": "甲の確認",
    "final_due": "確定予定日",
    "overdue": "超過",
    "issued_at": "発行",
}
SHOWN = LISTED | {
    "run_id": "実行",
    "statements": "その後の表明",
    "waits_for": "残るもの",
    "refused": "確定を見合わせた理由",
}

Number = Annotated[str, typer.Argument(metavar="ID", help="証明書番号")]
Numbers = Annotated[list[str], typer.Argument(metavar="ID...", help="証明書番号（複数可）")]
Reason = Annotated[str, typer.Option(help="理由（証明書に残る。個人を書かない）")]
Heads = Annotated[
    list[Path] | None, typer.Option("--head", help="甲が控えた記録簿の署名付き根。続きであることも証明する")
]


@app.command("list")
def list_(
    *, overdue: Annotated[bool, typer.Option("--overdue", help="超過だけ")] = False, as_json: Json = False
) -> None:
    """発行した証明書の一覧。確定予定日を過ぎて暫定のものは「超過」。"""
    with office_here() as office:
        rows = [row for row in standing.everything(office) if row.overdue or not overdue]
    table(rows, LISTED, as_json=as_json)


@app.command()
def show(
    number: Number,
    *,
    bundle_to: Annotated[Path | None, typer.Option("--bundle", help="渡す束 (JSON) を書くファイル")] = None,
    as_json: Json = False,
) -> None:
    """証明書 1 通。何が残っていて確定しないのかも表示する。--bundle で、誰でも検証できる束を書き出す。"""
    with office_here() as office:
        found = standing.of(office, number)
        with reading(office.warehouse) as connection:
            row = certificates.find(connection, number)
    if bundle_to is not None:
        try:
            bundle_to.write_text(row.bundle, "utf-8")
        except OSError:
            raise Unavailable(f"{bundle_to.name} cannot be written there; name another place.") from None
    facts(found, SHOWN, as_json=as_json)


@app.command("bundle")
def bundle_(
    number: Number,
    *,
    out: Annotated[Path, typer.Option("--out", help="書き出すフォルダ")],
    head: Heads = None,
    as_json: Json = False,
) -> None:
    """渡す一式（束・PDF・照合値・公開鍵・検証プログラム）を、今の記録簿の根の下で書き出す。"""
    with office_here() as office:
        written = standing.hand_over(office, number, out, tuple(read_head(path) for path in head or []))
    names = [path.name for path in written]
    done(f"{out} に書き出しました: {'、'.join(names)}", {"folder": out, "files": names}, as_json=as_json)


@app.command()
def settle(*, as_json: Json = False) -> None:
    """暫定の証明書をすべて調べ、残るものがなくなったものを確定する（毎晩の消去でも行う）。"""
    with office_here() as office:
        looked = settle_all(office, {}, pdf=True)
    counts = f"確定 {len(looked.settled)} 通、暫定のまま {len(looked.waiting)} 通、見合わせ {len(looked.refused)} 通"
    done("\n".join([counts, *looked.refused.values()]), looked, as_json=as_json)


@app.command()
def countersign(
    numbers: Numbers,
    *,
    by: As,
    finding: Annotated[str, typer.Option(help="確認した内容、又は指摘事項")] = stating.FINDING,
    objected: Annotated[bool, typer.Option("--objection", help="指摘事項あり")] = False,
    as_json: Json = False,
) -> None:
    """甲の確認を、甲の取扱者自身の鍵で署名して加える。"""
    with office_here() as office:
        states = stating.countersign(office, credential(office, by), numbers, finding, objected=objected)
    looked = dict(zip(dict.fromkeys(numbers), states, strict=True))
    said = "、".join(f"{number}（{state}）" for number, state in looked.items())
    done(f"甲の確認を加えました: {said}", {"countersigned": looked, "objected": objected}, as_json=as_json)


@app.command()
def correct(number: Number, *, reason: Reason, by: As, as_json: Json = False) -> None:
    """訂正: 今の差出人欄で新しい証明書を発行し、元の証明書に訂正済みと表明する。数字は手で直せない。"""
    with office_here() as office:
        filed = stating.correct(office, credential(office, by), number, reason, pdf=True)
    said = {"corrected": number, "by": filed.certificate_no, "bundle": filed.bundle}
    done(f"{number} を {filed.certificate_no} に改めました。", said, as_json=as_json)


@app.command()
def revoke(number: Number, *, reason: Reason, by: As, as_json: Json = False) -> None:
    """取消: 証明書が効力を失ったことを表明する。"""
    with office_here() as office:
        stating.revoke(office, credential(office, by), number, reason)
    done(f"{number} を取り消しました。", {"revoked": number}, as_json=as_json)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="証明書の束 (JSON)")],
    *,
    key: Annotated[list[Path], typer.Option(help="発行者の公開鍵 (PEM)。鍵を替えた後は最初の鍵")],
    ward_key: Annotated[list[Path] | None, typer.Option(help="甲の公開鍵 (PEM)")] = None,
    head: Heads = None,
    as_json: Json = False,
) -> None:
    """証明書を公開鍵だけで検証する。保存先も通信も要らない。成り立たなければ終了コード 6。"""
    verdict = bundle.checked(file, key, ward_key or [], head or [])
    lines = bundle.verdict_lines(verdict)
    if as_json:
        print_json({"valid": True, "verdict": verdict})
        return
    facts(dict(lines), {label: label for label, _ in lines}, as_json=False)
