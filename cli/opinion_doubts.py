"""`tayori opinions`, what a second reader took for names in masked letters: listed, looked at, decided by the desk."""

from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

from cli.desk import MOST, As, credential, office_here
from cli.show import Json, done, facts, progress, table
from tayori.warehouse import doubts as queue
from tayori.warehouse.doubts import Decision
from tayori.warehouse.engines import reading

READ = {"read_again": "読んだ意見等", "doubts": "新しい確認箇所"}
DOUBT = {"doubt_no": "番号", "receipt_no": "受付番号", "month": "集計月", "department": "部", "decision": "判断"}
SHOWN = DOUBT | {"sentence": "文"}
TERMS: Final = {None: "未", Decision.NAME: "氏名（マスキング済み）", Decision.NO_NAME: "氏名でない"}
DECIDED: Final = {
    Decision.NAME: "確認箇所 {} をマスキングし、言葉の集計から外しました。",
    Decision.NO_NAME: "確認箇所 {} を、氏名でないとしました。",
}


def second_reading(
    *,
    most: Annotated[int | None, typer.Option(min=1, help="読む通数の上限（省略: すべて）")] = None,
    again: Annotated[bool, typer.Option("--again", help="ほかの版が読んだものも、もう一度読む")] = False,
    as_json: Json = False,
) -> None:
    """マスキング済みの意見等を GiNZA にも読ませ、残った氏名らしい所を確認箇所とする（設定があるとき）。"""
    from tayori.analysis.second_pass import read_again, second_reader  # noqa: PLC0415 - start-up time: the tokenizer

    with office_here() as office, second_reader(office.settings) as reader, progress("二度目の読み") as advance:
        counts = read_again(office, reader, advance, most=most, again=again)
    facts(counts.plain(), READ, as_json=as_json)


def doubts(
    *,
    everything: Annotated[bool, typer.Option("--all", help="判断の済んだものも")] = False,
    as_json: Json = False,
) -> None:
    """氏名かどうかの判断を待つ箇所の一覧。文は開かない。"""
    with office_here() as office, reading(office.warehouse) as connection:
        rows = queue.listed(connection, everything=everything)
    shown = [{name: getattr(row, name) for name in DOUBT} for row in rows]
    table(shown if as_json else [_named(row) for row in shown], DOUBT, as_json=as_json)


def doubt(
    number: Annotated[
        int, typer.Argument(metavar="DOUBT", min=0, max=MOST, help="確認箇所の番号（doubts が示すもの）")
    ],
    *,
    by: As,
    name: Annotated[
        bool | None,
        typer.Option("--name/--no-name", help="氏名として隠す / 氏名でないとする（省略: 見るだけ）"),
    ] = None,
    as_json: Json = False,
) -> None:
    """確認箇所を【 】付きの一文で示す（広聴の担当。記録に残る）。--name か --no-name で判断を記録する。"""
    from tayori.analysis import doubts as deciding  # noqa: PLC0415 - start-up time: the tokenizer

    with office_here() as office:
        if name is None:
            found = deciding.show(office, credential(office, by), number)
            held = {one: getattr(found.doubt, one) for one in DOUBT}
            sentence = {"sentence": f"{found.before}【{found.word}】{found.after}"}
            facts((held if as_json else _named(held)) | sentence, SHOWN, as_json=as_json)
            return
        decision = Decision.NAME if name else Decision.NO_NAME
        deciding.decide(office, credential(office, by), number, decision)
    done(DECIDED[decision].format(number), {"doubt_no": number, "decision": decision}, as_json=as_json)


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"decision": TERMS[row["decision"]]}


VERBS: Final[dict[str, Callable[..., None]]] = {"second-reading": second_reading, "doubts": doubts, "doubt": doubt}
