"""`tayori migrate`: the old system's cases come over, are verified, and from the cut-over on live here (O7, O8)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.desk import As, credential, day, office_here
from cli.show import Json, done, facts, print_json, progress
from tayori.errors import BadInput, Refused, Unavailable
from tayori.migration import cutover
from tayori.migration.cases import OldSystem
from tayori.migration.database import opened
from tayori.migration.dump import opened_dump
from tayori.migration.mapping import read_old_mapping
from tayori.office import TOKYO, Office
from tayori.vault.keyfile import write_whole

app = typer.Typer(
    help="旧システムからの移行 (migrate)", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

LOADED: Final = {
    "read": "読取り",
    "added": "新しい案件",
    "disposed": "こちらで廃棄済み（戻さない）",
    "changed": "変更された案件",
    "same": "同じ案件",
    "refused": "隔離",
    "rules": "隔離の規則",
}
VERIFIED: Final = {
    "verdict": "判定",
    "source": "移行元",
    "verified_at": "検証",
    "cases": "件数",
    "samples": "抜取り",
    "referential": "参照の検査",
    "differences": "差異",
}
STANDING: Final = {
    "source": "移行元",
    "phase": "段階",
    "cases": "案件",
    "loaded_at": "最後の取込み",
    "verdict": "検証の判定",
    "verified_at": "検証",
    "cut_over_at": "切替え",
}
COPIED: Final = {"copy_id": "複製", "expires_at": "期限", "sha256": "SHA-256", "holds": "内容"}
Mapping = Annotated[Path | None, typer.Option(help="旧システムの表の対応表 (YAML)")]
Dump = Annotated[Path | None, typer.Option(help="旧システムのダンプのフォルダ（DB の代わり）")]
Source = Annotated[str, typer.Argument(metavar="SOURCE", help="移行元の名前（対応表の name）")]


@app.command()
def load(*, mapping: Mapping = None, dump: Dump = None, as_json: Json = False) -> None:
    """新しい案件と変更された案件を取り込む。途中で止まっても、次の実行で続きから始まる。"""
    from expectations.gate import gate  # noqa: PLC0415 - start-up time: pandas
    from tayori.migration.loading import load as bring_over  # noqa: PLC0415 - start-up time, as above

    with office_here() as office, _old(office, mapping, dump) as old, progress("移行") as advance:
        counts = bring_over(office, old, gate, advance)
    facts(counts.plain(), LOADED, as_json=as_json)


@app.command()
def verify(
    *,
    mapping: Mapping = None,
    dump: Dump = None,
    explanations: Annotated[Path | None, typer.Option(help="差異の説明 (YAML)")] = None,
    out: Annotated[Path | None, typer.Option(help="署名した報告書の書出し先")] = None,
    by: As,
    as_json: Json = False,
) -> None:
    """旧システムを読み直し、1 件ずつ突き合わせ、署名した報告書を残す。差異があれば終了コード 3。"""
    from tayori.migration import report  # noqa: PLC0415 - start-up time: pandas
    from tayori.migration.verifying import verify as hold  # noqa: PLC0415 - start-up time, as above

    explained = report.read_explanations(explanations) if explanations else ()
    with office_here() as office, _old(office, mapping, dump) as old, progress("検証") as advance:
        found = hold(office, credential(office, by).handler_id, old, advance)
        told = report.content(office, old.name, found, explained)
        token = report.file_report(office, old.name, told)
    if out is not None:
        write_whole(out, token.encode("ascii"))
    if as_json:
        print_json(told)
    else:
        facts(told, VERIFIED, as_json=False)
    if told["verdict"] == report.DIFFERENT:
        raise Refused(
            f"{len(told['differences'])} kinds of difference are not explained; mend them, or write down why each is "
            "right and hand that in with --explanations."
        )


@app.command("take-back")
def take_back(
    *,
    mapping: Mapping = None,
    dump: Dump = None,
    cases: Annotated[int, typer.Option(help="旧システムで削除された件数（verify が示す数）")],
    by: As,
    as_json: Json = False,
) -> None:
    """旧システムで削除された案件を、こちらからも除く。件数が違えば何もしない。"""
    from tayori.migration import gone  # noqa: PLC0415 - start-up time: pandas

    with office_here() as office, _old(office, mapping, dump) as old:
        taken = gone.take_back(office, credential(office, by), old, cases)
    done(f"{taken} 件を除きました。もう一度検証してください。", {"taken_back": taken}, as_json=as_json)


@app.command("cut-over")
def cut_over(source: Source, *, by: As, as_json: Json = False) -> None:
    """切り替える。以後、旧システムからは何も取り込まない。検証済みでなければ行えない。"""
    with office_here() as office:
        cutover.cut_over(office, credential(office, by), source)
    done(f"{source} からの移行を終えました。", {"source": source, "phase": "cut_over"}, as_json=as_json)


@app.command()
def status(source: Source, *, as_json: Json = False) -> None:
    """移行の段階、件数、検証の結果。"""
    with office_here() as office:
        facts(cutover.standing(office, source), STANDING, as_json=as_json)


@app.command()
def copy(  # noqa: PLR0913 - what the ledger asks of a copy
    file: Annotated[Path, typer.Argument(help="書き出すファイル (.tar.age)")],
    *,
    recipient: Annotated[str, typer.Option(help="委託先の公開鍵 (age1...)")],
    expires: Annotated[str, typer.Option(help="複製の期限 (2026-12-31)")],
    approval: Annotated[str, typer.Option(help="甲の承認文書の番号")],
    purpose: Annotated[str, typer.Option(help="目的")],
    real: Annotated[bool, typer.Option("--real", help="実データのまま（省略: 形だけ同じマスキング済み）")] = False,
    mapping: Mapping = None,
    dump: Dump = None,
    by: As,
    as_json: Json = False,
) -> None:
    """委託先への複製を暗号化して作り、台帳に記す。マスキング済みで足りるなら、そちらを渡す。"""
    from tayori.migration.copying import CopyWanted, make_copy  # noqa: PLC0415 - start-up time: pandas

    ends = datetime.combine(day(expires), time(23, 59), TOKYO)
    with office_here() as office, _old(office, mapping, dump) as old:
        wanted = CopyWanted(recipient, ends, approval, purpose, masked=not real)
        row = make_copy(office, credential(office, by), old, wanted, file)
    facts(row, COPIED, as_json=as_json)


@contextmanager
def _old(office: Office, mapping: Path | None, dump: Path | None) -> Iterator[OldSystem]:
    if (mapping is None) == (dump is None):
        raise BadInput("Name either the mapping of the old system's database (--mapping) or a dump of it (--dump).")
    if dump is not None:
        yield opened_dump(dump)
        return
    if office.settings.old_system_url is None or mapping is None:
        raise Unavailable("Set TAYORI_OLD_SYSTEM_URL to the old system's database; it is read and never written.")
    url = office.settings.old_system_url.get_secret_value()
    with opened(office.settings, url, read_old_mapping(mapping)) as old:
        yield old
