"""`tayori disclosure`: a person asks for their letters (法第76条); black-outs, approval, and a sealed copy."""

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.desk import As, credential, day, office_here
from cli.show import Json, done, table
from tayori.desk import disclosing
from tayori.desk.disclosing import GROUNDS, BlackOut
from tayori.errors import BadInput, Unavailable
from tayori.warehouse import disclosures
from tayori.warehouse.engines import reading

app = typer.Typer(
    help="開示の請求 (disclosure) への対応", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)
HEADINGS = {
    "disclosure_id": "番号",
    "document_no": "文書番号",
    "asked_on": "請求の日",
    "state": "状態",
    "prepared_by": "準備",
    "approved_by": "承認",
    "copy_id": "複製の台帳",
}
Id = Annotated[str, typer.Argument(metavar="ID", help="番号（list が示すもの）")]


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """開示の請求の一覧。内容は開かない。"""
    with office_here() as office, reading(office.warehouse) as people:
        rows = [{name: getattr(row, name) for name in HEADINGS} for row in disclosures.every(people)]
    table(rows, HEADINGS, as_json=as_json)


@app.command()
def prepare(
    numbers: Annotated[
        list[str], typer.Argument(metavar="NUMBER...", help="本人の意見等の受付番号（case find で探す）")
    ],
    *,
    document: Annotated[str, typer.Option(help="請求の文書番号")],
    asked: Annotated[str, typer.Option(help="請求の日 YYYY-MM-DD")],
    by: As,
    as_json: Json = False,
) -> None:
    """開示の準備を始める（広聴の担当）。本人の確認は、その前に行う。"""
    with office_here() as office:
        made = disclosing.prepare(office, credential(office, by), document, day(asked), numbers)
    done(f"{made} を始めました。", {"disclosure_id": made}, as_json=as_json)


@app.command("black-out")
def black_out(
    disclosure_id: Id,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="受付番号")],
    *,
    words: Annotated[list[str], typer.Option(help="根拠=伏せる言葉（例 78-1-2=佐藤）。複数可。前のものに代わる")],
    by: As,
    as_json: Json = False,
) -> None:
    """開示しない部分を定める。"""
    pairs = [one.partition("=") for one in words]
    if not all(mark for _, mark, _ in pairs):
        raise BadInput(f"Write a ground and the words, as in 78-1-2=WORDS; grounds: {', '.join(GROUNDS)}.")
    with office_here() as office:
        wanted = [BlackOut(said, ground) for ground, _, said in pairs]
        places = disclosing.black_out(office, credential(office, by), disclosure_id, number, wanted)
    done(f"{places} か所を伏せます。", {"disclosure_id": disclosure_id, "places": places}, as_json=as_json)


@app.command()
def review(
    disclosure_id: Id, *, out: Annotated[Path, typer.Option(help="PDF を書く先")], by: As, as_json: Json = False
) -> None:
    """開示するとおりの PDF を、承認する人が見る。見たら消す。"""
    with office_here() as office:
        pdf = disclosing.review(office, credential(office, by), disclosure_id)
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            target.write(pdf)
    except OSError:
        raise Unavailable(f"{out.name} is there already, or cannot be written. Nothing was written.") from None
    done(f"{out} に書きました。", {"disclosure_id": disclosure_id, "path": out}, as_json=as_json)


@app.command()
def approve(disclosure_id: Id, *, by: As, as_json: Json = False) -> None:
    """開示を承認し、署名する（準備した人とは別の取扱責任者）。"""
    with office_here() as office:
        disclosing.approve(office, credential(office, by), disclosure_id)
    done(f"{disclosure_id} を承認しました。", {"disclosure_id": disclosure_id}, as_json=as_json)


@app.command()
def withdraw(disclosure_id: Id, *, by: As, as_json: Json = False) -> None:
    """開示の請求の取下げを記録する。伏せる部分は消え、廃棄はこの請求では止まらなくなる。"""
    with office_here() as office:
        disclosing.withdraw(office, credential(office, by), disclosure_id)
    done(f"{disclosure_id} は取り下げられました。", {"disclosure_id": disclosure_id}, as_json=as_json)


@app.command("hand-out")
def hand_out(
    disclosure_id: Id,
    *,
    recipient: Annotated[str, typer.Option(help="受け取る窓口の公開鍵 (age1...)")],
    out: Annotated[Path, typer.Option(help="書く先のフォルダ")],
    by: As,
    as_json: Json = False,
) -> None:
    """承認された開示を、受け取る窓口の鍵で封緘して書き出し、複製の台帳に載せる。"""
    with office_here() as office:
        path = disclosing.hand_out(office, credential(office, by), disclosure_id, recipient, out)
    done(f"{path} に書きました。", {"disclosure_id": disclosure_id, "path": path}, as_json=as_json)
