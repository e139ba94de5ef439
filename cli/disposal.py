"""`tayori disposal`: letters whose period is over: what is due, who signed, what is held, and what was disposed of."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.desk import As, credential, office_here
from cli.show import Json, done, facts, print_json, table
from tasks.places import elsewhere, searched
from tayori.domain.record_classes import record_classes
from tayori.retention import disposal, disposing
from tayori.retention.disposal import Stop
from tayori.retention.disposing import Around
from tayori.warehouse import disposal as stored
from tayori.warehouse import disposal_holds
from tayori.warehouse.engines import reading

app = typer.Typer(
    help="保存期間の満了した意見等の廃棄 (disposal)", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

DUE: Final = {
    "term": "文書分類",
    "fiscal_years": "保存年限",
    "due": "廃棄できる",
    "held": "停止中",
    "receipts": "受付番号",
}
LISTS: Final = {"list_id": "一覧", "as_of": "基準日", "cases": "件数", "state": "状態", "signed_by": "署名"}
HOLDS: Final = {
    "hold_id": "番号",
    "reason": "理由",
    "document_no": "文書番号",
    "series": "文書分類",
    "receipt_no": "受付番号",
    "placed_at": "停止",
    "lifted_at": "解除",
}
PLAN: Final = {"series": "文書分類", "disposed": "廃棄する", "withheld": "停止のため残す"}
REGISTER: Final = {
    "disposed_on": "廃棄日",
    "term": "文書分類",
    "fiscal_years": "保存年限",
    "authority": "根拠",
    "disposed": "件数",
    "withheld": "残した件数",
    "approved_by": "承認",
    "certificate_no": "証明書",
    "list_id": "一覧",
}
STATES: Final = {
    "proposed": "署名待ち",
    "approved": "承認済み",
    "running": "廃棄の途中",
    "done": "廃棄済み",
    "cancelled": "取消",
}
ListId = Annotated[str, typer.Argument(metavar="LIST", help="廃棄予定一覧の番号（list が示すもの）")]
Document = Annotated[str, typer.Option("--document", help="根拠の文書番号")]


@app.command("list")
def list_(
    *,
    propose: Annotated[
        bool, typer.Option("--propose", help="いま廃棄できるものを一覧にする（広聴担当。--as が要る）")
    ] = False,
    by: Annotated[str, typer.Option("--as", metavar="HANDLER", help="一覧を作る取扱者の ID")] = "",
    as_json: Json = False,
) -> None:
    """廃棄予定一覧: 保存期間の満了した意見等の件数・分類・受付番号と、作成済みの一覧・停止。内容は開かない。"""
    if propose:
        with office_here() as office:
            row = disposal.propose(office, credential(office, by))
        done(f"{row.cases} 件を一覧 {row.list_id} にしました。二人の署名を待ちます。", row, as_json=as_json)
        return
    with office_here() as office:
        due = disposal.due(office)
        with reading(office.warehouse) as warehouse:
            listed = [_listed(row, stored.signatures(warehouse, row.list_id)) for row in stored.lists(warehouse)]
            stops = [_stop(row) for row in disposal_holds.every(warehouse)]
    if as_json:
        print_json({"due": due, "lists": listed, "holds": stops})
        return
    table(due, DUE, as_json=False)
    table([one | {"state": STATES[str(one["state"])]} for one in listed], LISTS, as_json=False)
    table([one | {"reason": record_classes().holds[str(one["reason"])]} for one in stops], HOLDS, as_json=False)


def _listed(row: stored.ListRow, signed: Mapping[str, stored.SignatureRow]) -> dict[str, object]:
    named = {name: getattr(row, name) for name in ("list_id", "as_of", "cases", "proposed_by", "proposed_at", "run_id")}
    return named | {"state": row.state.value, "signed_by": sorted(one.handler_id for one in signed.values())}


def _stop(row: disposal_holds.HoldRow) -> dict[str, object]:
    names = (*HOLDS, "placed_by", "lifted_by", "lift_document_no")
    return {name: getattr(row, name) for name in names}


@app.command()
def approve(list_id: ListId, *, by: As, as_json: Json = False) -> None:
    """一覧に署名する。広聴担当と取扱責任者の二人（少なくとも一人は甲）がそろうと承認となる。"""
    with office_here() as office:
        row = disposal.approve(office, credential(office, by), list_id)
    said = {"list_id": row.list_id, "state": row.state.value}
    done(f"一覧 {row.list_id} に署名しました（{STATES[row.state.value]}）。", said, as_json=as_json)


@app.command()
def cancel(list_id: ListId, *, by: As, as_json: Json = False) -> None:
    """まだ廃棄していない一覧を取り消す。載っていた意見等は、また一覧にできる。"""
    with office_here() as office:
        disposal.cancel(office, credential(office, by), list_id)
    done(f"一覧 {list_id} を取り消しました。", {"list_id": list_id, "state": "cancelled"}, as_json=as_json)


@app.command()
def hold(
    *,
    reason: Annotated[
        str, typer.Option(help="理由: lawsuit 訴訟、disclosure 開示等の請求、review 審査請求、audit 監査、other")
    ],
    document: Document,
    by: As,
    series: Annotated[str, typer.Option(help="文書分類（mayor, department）")] = "",
    receipt: Annotated[str, typer.Option(help="受付番号（1 件だけ止めるとき）")] = "",
    as_json: Json = False,
) -> None:
    """廃棄を停止する。分類も受付番号も示さなければ、すべてを止める。解除されるまで廃棄されない。"""
    with office_here() as office:
        stop = Stop(reason, document, series or None, receipt or None)
        row = disposal.hold(office, credential(office, by), stop)
    done(f"廃棄を停止しました。番号 {row.hold_id}", {"hold_id": row.hold_id}, as_json=as_json)


@app.command()
def lift(
    hold_id: Annotated[str, typer.Argument(metavar="HOLD", help="停止の番号")],
    *,
    document: Document,
    by: As,
    as_json: Json = False,
) -> None:
    """停止を解除する（取扱責任者。停止した本人はできない）。"""
    with office_here() as office:
        disposal.lift(office, credential(office, by), hold_id, document)
    done(f"停止 {hold_id} を解除しました。", {"hold_id": hold_id, "lifted": True}, as_json=as_json)


@app.command()
def run(
    list_id: ListId,
    *,
    execute: Annotated[bool, typer.Option("--execute", help="実際に廃棄する（省略: 何をするかを示すだけ）")] = False,
    by: Annotated[str, typer.Option("--as", metavar="HANDLER", help="--execute のとき、廃棄する取扱者の ID")] = "",
    as_json: Json = False,
) -> None:
    """承認された一覧を廃棄する: 行、鍵、残存の検査、証明書、廃棄簿。途中で止まっても続きから。"""
    with office_here() as office:
        if not execute:
            table(disposing.plan(office, list_id), PLAN, as_json=as_json)
            return
        around = Around(places=searched(Path("out")), beyond=elsewhere(), pdf=True)
        finished = disposing.run(office, credential(office, by), list_id, around)
    said: dict[str, object] = {
        "run_id": finished.run_id,
        "disposed": finished.disposed,
        "withheld": finished.withheld,
        "certificate": finished.filed.certificate_no if finished.filed is not None else None,
    }
    headings = {"run_id": "実行", "disposed": "廃棄した件数", "withheld": "残した件数", "certificate": "証明書"}
    facts(said, headings, as_json=as_json)


@app.command()
def register(*, as_json: Json = False) -> None:
    """廃棄簿: 何を何件、どの保存年限と根拠で、誰の承認で廃棄し、どの証明書があるか。"""
    with office_here() as office, reading(office.warehouse) as warehouse:
        table(stored.register(warehouse), REGISTER, as_json=as_json)
