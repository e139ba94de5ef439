"""`tayori retention`: forget those who left, prove it, and find those who left silently (L14, P12)."""

import os
from pathlib import Path

import typer

from cli.closing import close_contract
from cli.desk import office_here
from cli.holds import app as hold_app
from cli.show import Json, facts, table
from tayori.domain.identifiers import RunId
from tayori.domain.record_classes import record_classes
from tayori.errors import TayoriError
from tayori.office import Office
from tayori.retention import reconcile as scanning
from tayori.retention import run as night
from tayori.warehouse import runs
from tayori.warehouse.engines import writing
from tayori.warehouse.runs import Outcome

app = typer.Typer(
    help="登録をやめた人の消去 (retention)", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

COUNTS = {
    "run_id": "実行",
    "erased": "消去した人数",
    "waiting": "待ち（送信の結果待ち）",
    "held": "保留（人数が多すぎるため）",
    "survivors": "残した鍵",
    "residue_hits": "残存",
    "certificate": "証明書",
    "state": "証明書の状態",
}
CLASSES = {
    "name": "区分",
    "term": "記録",
    "whose": "だれの",
    "contracts": "契約",
    "until": "いつまで",
    "at_end": "終了時",
    "authority": "根拠",
    "tables": "表",
}
SCAN = {
    "listed": "LINE の友だち数",
    "concerned": "対象",
    "first_seen": "初めて確認",
    "missed": "見つからない",
    "asked": "照会",
    "quit": "利用をやめた",
    "never_seen": "一度も一覧で見ていない",
}


def _places() -> dict[str, Path]:
    """Give the folders beside the stores that are searched for residue, where they exist."""
    named = {"Prefect": os.environ.get("PREFECT_HOME", ""), "出力": "out"}
    return {name: Path(folder) for name, folder in named.items() if folder and Path(folder).is_dir()}


app.add_typer(hold_app, name="hold")


@app.command()
def run(*, as_json: Json = False) -> None:
    """消去・鍵の更新・残存の確認・証明書の発行までを行う。途中で止まっても続きから。"""
    with office_here() as office:
        run_id, filed, counts = night.retain(office, _places(), pdf=True)
    shown: dict[str, object] = {"run_id": run_id, **counts}
    if filed is not None:
        shown |= {"certificate": filed.certificate_no, "state": filed.state, "bundle": filed.bundle}
    facts(shown, COUNTS, as_json=as_json)


@app.command()
def reconcile(
    *,
    as_json: Json = False,
) -> None:
    """LINE の友だち一覧と突き合わせ、利用をやめた人を見つける（2 回続けて見つからない人）。"""
    from tayori.line.client import LineClient  # noqa: PLC0415 - start-up time: the SDK takes more than a second

    with office_here() as office:
        line = LineClient.from_settings(office.settings)
        with writing(office.warehouse) as connection:
            scan = runs.begin(connection, "reconcile", office.now(), office.rng)
        try:
            found = scanning.reconcile(office, line, scan)
        except TayoriError:
            _end(office, scan, Outcome.REFUSED, {})
            raise
        _end(office, scan, Outcome.DONE, {"listed": found.listed, "quit": found.quit})
    facts(found, SCAN, as_json=as_json)


app.command("close-contract")(close_contract)


@app.command()
def classes(*, as_json: Json = False) -> None:
    """記録の区分: だれの、どの契約の、いつまで、何を根拠に保存し、契約の終了時にどう扱うか。"""
    table(record_classes().classes, CLASSES, as_json=as_json)


def _end(office: Office, scan: RunId, outcome: Outcome, counts: dict[str, int]) -> None:
    with writing(office.warehouse) as connection:
        runs.end(connection, scan, outcome, counts, office.now())
