"""`tayori quarantine`: what the gate refused, sealed, until somebody decides or it ends (I9)."""

import sys
from typing import Annotated

import typer

from cli.desk import As, credential, evidence, office_here
from cli.show import Json, done, facts, table
from tayori.domain.evidence import Purpose
from tayori.ingest import quarantine

app = typer.Typer(help="隔離 (quarantine) された行", no_args_is_help=True, rich_markup_mode=None, add_completion=False)

HEADINGS = {
    "quarantine_no": "番号",
    "source": "取込み元",
    "row_no": "行",
    "rule": "規則",
    "state": "状態",
    "received_at": "受信",
    "expires_at": "期限",
}
Number = Annotated[int, typer.Argument(metavar="ID", help="隔離の番号")]


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """判断を待つ行を、行番号と規則で表示する（値は表示しない）。"""
    with office_here() as office:
        table(quarantine.list_waiting(office), HEADINGS, as_json=as_json)


@app.command()
def show(number: Number, *, as_json: Json = False) -> None:
    """隔離された 1 行の行番号・規則・期限。"""
    with office_here() as office:
        facts(quarantine.show(office, number), HEADINGS, as_json=as_json)


@app.command()
def approve(number: Number, *, by: As, as_json: Json = False) -> None:
    """取扱責任者が、この 1 行の取出しを署名して承認する。取り出すのは別の取扱者。"""
    with office_here() as office:
        approval = quarantine.approve(office, number, credential(office, by))
    done(f"隔離 {number} の取出しを承認しました。承認番号 {approval}", {"approval": approval}, as_json=as_json)


@app.command()
def release(
    number: Number,
    *,
    approval: Annotated[str, typer.Option(help="承認番号")],
    by: As,
) -> None:
    """承認番号のもとで中身を取り出し、標準出力に書く。直して取り込み直すため。"""
    with office_here() as office:
        content = quarantine.release(office, number, approval, evidence(office, by, Purpose.INTAKE))
    sys.stdout.buffer.write(content)


@app.command()
def discard(number: Number, *, by: As, as_json: Json = False) -> None:
    """中身を捨てる。行番号と規則は残る。"""
    with office_here() as office:
        quarantine.discard(office, number, evidence(office, by, Purpose.INTAKE))
    done(f"隔離 {number} を捨てました。", {"quarantine_no": number, "state": "discarded"}, as_json=as_json)
