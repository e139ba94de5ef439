"""`tayori retention close-contract`: a contract ends. A command, in steps; never a deployment (L16)."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer

from cli.desk import credential, office_here
from cli.show import Json, done, facts, print_json, table
from tasks.closing import forget_runs
from tasks.places import elsewhere, searched
from tayori.domain.identifiers import Contract
from tayori.errors import BadInput, Refused, Unavailable
from tayori.office import Office
from tayori.retention import closing, ending, returning
from tayori.retention.closing import Order
from tayori.retention.copies.house import HouseCopies
from tayori.retention.end_job import Around
from tayori.retention.ward_statements import read_token
from tayori.settings import Mode

WEBHOOK: Final = "/webhook/line"
ANSWERS: Final = frozenset({200, 401, 408, 413, 503})  # what the door itself answers; a proxy without it does not

CLASSES: Final = {"term": "記録の区分", "rows": "件数", "returned": "返還", "erased": "消去", "note": "扱い"}
ROW: Final = {
    "closing_id": "番号",
    "contract": "契約",
    "state": "状態",
    "document_no": "甲の文書",
    "archive_sha256": "返還した書庫の SHA-256",
    "certificate_no": "証明書",
}
STATES: Final = {
    "open": "継続中",
    "proposed": "片方が署名",
    "signed": "双方が署名（受付・配信を停止）",
    "returned": "返還済み（受領書待ち）",
    "received": "受領書を確認",
    "erasing": "消去の途中",
    "closed": "終了",
    "cancelled": "取消",
}


class Step(StrEnum):
    """The steps of a contract's end, in their order."""

    PLAN = "plan"
    SIGN = "sign"
    RETURN = "return"
    RECEIPT = "receipt"
    ERASE = "erase"
    CANCEL = "cancel"


def close_contract(  # noqa: PLR0913 - one command, the options of its steps
    *,
    contract: Annotated[Contract, typer.Option(help="終了する契約: L 配信、O 意見等")],
    step: Annotated[
        Step,
        typer.Option(
            help="plan 下見（何も書かない）、sign 署名、return 返還、receipt 受領書、erase 消去、cancel 取消",
        ),
    ] = Step.PLAN,
    by: Annotated[str, typer.Option("--as", metavar="HANDLER", help="操作する取扱責任者の ID（plan 以外）")] = "",
    document: Annotated[str, typer.Option("--document", help="sign: 契約の終了を示す甲の文書番号（最初の署名）")] = "",
    instruction: Annotated[Path | None, typer.Option(help="sign: 甲の別の指示（甲の署名のある JWS）")] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="return: 書庫を書くフォルダ（省略: HOME/handover）")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", help="receipt: 甲の受領書（JWS）")] = None,
    witness: Annotated[str, typer.Option(help="erase: 立ち会う甲の職員の ID")] = "",
    phrase: Annotated[str, typer.Option(help="erase: 確認の言葉（稽古のみ。本番では端末で入力する）")] = "",
    as_json: Json = False,
) -> None:
    """契約の終了: 区分ごとに甲へ返還し、受領書を確かめてから、こちらの写しを消去し、証明書を出す。"""
    with office_here() as office:
        if step is Step.PLAN:
            _show_plan(office, contract, as_json=as_json)
            return
        if not by:
            raise BadInput("This step is done by a named handler: add --as HANDLER.")
        match step:
            case Step.SIGN:
                said = _sign(office, by, contract, document, instruction)
            case Step.RETURN:
                said = _return(office, by, contract, folder)
            case Step.RECEIPT:
                said = _receipt(office, by, contract, file)
            case Step.ERASE:
                said = _erase(office, by, witness, contract, phrase)
            case _:
                said = {"state": closing.cancel(office, credential(office, by), contract).state.value}
    done(_sentence(said), said, as_json=as_json)


def _sentence(said: dict[str, object]) -> str:
    return f"{STATES[str(said['state'])]}: " + "、".join(
        f"{name} {value}" for name, value in said.items() if name != "state" and value is not None
    )


def _show_plan(office: Office, contract: Contract, *, as_json: bool) -> None:
    plan = closing.plan(office, contract, lambda: _door_answers(office))
    if as_json:
        print_json(plan)
        return
    facts({"contract": contract.value, "state": STATES[plan.state]}, ROW, as_json=False)
    table(
        [
            {
                "term": one.term,
                "rows": sum(one.rows.values()),
                "returned": one.returned,
                "erased": one.erased,
                "note": one.note,
            }
            for one in plan.classes
        ],
        CLASSES,
        as_json=False,
    )
    for obstacle in plan.obstacles:
        typer.echo(f"- {obstacle}")
    if plan.holds:
        typer.echo(f"- 廃棄の停止が {plan.holds} 件あります。対象の意見等は必ず返還されます。")


def _sign(office: Office, by: str, contract: Contract, document: str, instruction: Path | None) -> dict[str, object]:
    order = Order(document, read_token(instruction) if instruction is not None else None) if document else None
    row = closing.sign(office, credential(office, by), contract, order, lambda: _door_answers(office))
    return {"state": row.state.value, "closing_id": row.closing_id}


def _return(office: Office, by: str, contract: Contract, folder: Path | None) -> dict[str, object]:
    answers = lambda: _door_answers(office)  # noqa: E731 - the same as elsewhere here
    made = returning.hand_over(office, credential(office, by), contract, folder, answers)
    return {
        "state": "returned",
        "closing_id": made.closing_id,
        "archive": str(made.archive),
        "sha256": made.sha256,
        "rows": dict(made.rows),
    }


def _receipt(office: Office, by: str, contract: Contract, file: Path | None) -> dict[str, object]:
    if file is None:
        raise BadInput("Name the file of 甲's receipt: add --file FILE.")
    stated = returning.receive_receipt(office, credential(office, by), contract, read_token(file))
    return {"state": "received", "dated": stated.dated.isoformat(), "classes": len(stated.classes)}


def _erase(office: Office, by: str, witness: str, contract: Contract, phrase: str) -> dict[str, object]:
    if not witness:
        raise BadInput("The erasure is verified before a handler of 甲: add --witness HANDLER (L7).")
    typed = _typed(office, contract, phrase)
    around = Around(
        door_answers=lambda: _door_answers(office),
        backups=HouseCopies(office, by),
        forget_runs=forget_runs,
        places=searched(Path("out")),
        beyond=elsewhere(),
        pdf=True,
    )
    ended = ending.erase(office, credential(office, by), credential(office, witness), contract, typed, around)
    number = ended.filed.certificate_no if ended.filed is not None else None
    return {
        "state": "closed",
        "closing_id": ended.closing_id,
        "rows": sum(ended.rows.values()),
        "backups": ended.backups,
        "certificate": number,
    }


def _typed(office: Office, contract: Contract, phrase: str) -> str:
    """Give the words that confirm the erasure: typed at a terminal, in a rehearsal also as an option."""
    if phrase:
        if office.settings.mode is Mode.LIVE:
            raise Refused("In live the words are typed at the terminal, not given as an option; nothing was done.")
        return phrase
    if not os.isatty(0):
        raise Unavailable("The words that confirm are typed at a terminal, and there is none here; nothing was done.")
    asked: str = typer.prompt(f"確認のため「{ending.phrase(contract)}」と入力してください", err=True)
    return asked


def _door_answers(office: Office) -> bool:
    """Ask the webhook's door as a stranger would: unsigned it takes nothing, and shows that it is open."""
    try:
        answer = httpx.post(f"{office.settings.web_base_url.rstrip('/')}{WEBHOOK}", content=b"", timeout=3)
    except httpx.HTTPError:
        return False
    return answer.status_code in ANSWERS
