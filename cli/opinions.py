"""`tayori opinions`: what residents are telling the ward, in tables in which nobody can be found (O3)."""

from pathlib import Path
from typing import Annotated

import typer

from cli.desk import day, office_here
from cli.show import Json, facts, progress

app = typer.Typer(
    help="意見等の集計及び分析 (opinions)", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

REPORT = {
    "masked_letters": "新たにマスキングした意見",
    "masked_spans": "マスキングした箇所",
    "edition": "版",
    "letters": "対象の意見",
    "tables": "表",
    "suppressed_cells": "伏せたセル",
    "files": "ファイル",
}


@app.callback()
def _noun() -> None: ...


@app.command()
def report(
    *,
    first: Annotated[str, typer.Option("--from", help="開始日 YYYY-MM-DD（省略: 終了日の 12 か月前の月初）")] = "",
    last: Annotated[str, typer.Option("--to", help="終了日 YYYY-MM-DD（省略: 先月末）")] = "",
    out: Annotated[Path | None, typer.Option(help="書き出すフォルダ")] = None,
    internal: Annotated[bool, typer.Option("--internal", help="庁内用（伏せる基準が 5 通未満）")] = False,
    intervals: Annotated[bool, typer.Option("--intervals", help="秘匿インターバルの表も書く（庁内限り）")] = False,
    as_json: Json = False,
) -> None:
    """処理の終わった意見等をマスキングし、期間の報告 (HTML, CSV) を書く。"""
    from tayori.analysis import mart  # noqa: PLC0415 - start-up time: the tokenizer and its dictionary
    from tayori.analysis.report import ReportWanted, make_report  # noqa: PLC0415 - start-up time, as above

    wanted = ReportWanted(
        first=day(first) if first else None,
        last=day(last) if last else None,
        public=not internal,
        folder=out,
        intervals=intervals,
    )
    with office_here() as office:
        with progress("マスキング") as advance:
            masked = mart.mask_done_cases(office, advance)
        made = make_report(office, wanted)
    facts(masked.plain() | made.plain() | {"paths": made.paths}, REPORT, as_json=as_json)
