"""`tayori case`: which cases are open, and that the desk is done with one; only then is a letter counted (O3)."""

from typing import Annotated, Literal

import typer

from cli.desk import As, credential, day, office_here
from cli.show import Json, done, table
from tayori.desk.attention import attend
from tayori.desk.cases import close_by_receipt
from tayori.domain.states import CaseState
from tayori.domain.ward import ward
from tayori.warehouse import attention as queue
from tayori.warehouse import letters, opinions
from tayori.warehouse.engines import reading

app = typer.Typer(
    help="案件 (case): 意見等の処理の終わり", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

HEADINGS = {"receipt_no": "受付番号", "received_on": "受付日", "channel": "媒体", "target_on": "目安"}
WRITTEN = {"receipt_no": "受付番号", "state": "状態", "answer_by": "回答の方法", "summary": "要旨の公表"}
WAITING = {"receipt_no": "受付番号", "level": "段階", "received_on": "受付日", "department": "部"}
Outcome = Literal["answered", "circulated", "no_answer_needed", "not_ours"]


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """処理の終わっていない案件の一覧。内容は開かない。"""
    with office_here() as office, reading(office.warehouse) as connection:
        rows = [dict(row._mapping) for row in opinions.open_cases(connection)]  # noqa: SLF001 - SQLAlchemy's own name
    ways = ward().channels
    shown = [
        {name: row[name] for name in HEADINGS} | {"channel": ways.get(row["channel"], row["channel"])} for row in rows
    ]
    table(shown, HEADINGS, as_json=as_json)


@app.command()
def close(
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER...", help="受付番号（list が示すもの。複数可）")],
    *,
    outcome: Annotated[
        Outcome,
        typer.Option(
            help="処理: answered 回答、circulated 供覧、no_answer_needed 回答不要、not_ours 所管外",
        ),
    ],
    by: As,
    on: Annotated[str, typer.Option("--on", help="処理の終わった日 YYYY-MM-DD（省略: 今日）")] = "",
    as_json: Json = False,
) -> None:
    """案件の処理が終わったことを記録する（広聴の担当）。終わったものだけが集計に入る。"""
    with office_here() as office:
        done_on = day(on) if on else office.today()
        closed = close_by_receipt(office, credential(office, by), numbers, CaseState(outcome), done_on)
    done(f"{closed} 件の処理が終わりました。", {"closed": closed, "outcome": outcome}, as_json=as_json)


@app.command()
def attention(*, as_json: Json = False) -> None:
    """確認を待つ意見等（段階 2: 本人・家族の機微な事柄、3: 名前の出た第三者）。内容は開かない。"""
    with office_here() as office, reading(office.warehouse) as connection:
        rows = queue.waiting(connection)
    table([{name: getattr(row, name) for name in WAITING} for row in rows], WAITING, as_json=as_json)


@app.command()
def attended(
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER...", help="受付番号（attention が示すもの。複数可）")],
    *,
    by: As,
    as_json: Json = False,
) -> None:
    """意見等を確認したことを記録し、確認待ちから外す（広聴の担当）。回答も集計も、これを待たない。"""
    with office_here() as office:
        marked = attend(office, credential(office, by), numbers)
    done(f"{marked} 件を確認しました。", {"attended": marked}, as_json=as_json)


@app.command()
def receipt(
    reference: Annotated[str, typer.Argument(help="意見入力画面の受付番号のはじめの2つ（例 1126-7K3F）")],
    *,
    as_json: Json = False,
) -> None:
    """意見入力画面の受付番号から案件を探し、回答の方法と、要旨の公表の可否を示す。内容は開かない。"""
    with office_here() as office, reading(office.warehouse) as connection:
        rows = letters.case_of(connection, reference.strip().upper())
    table([{name: getattr(row, name) for name in WRITTEN} for row in rows], WRITTEN, as_json=as_json)
