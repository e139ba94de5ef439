"""`tayori demo`: the whole walk on dummy people, with what it found as a table."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tayori.reports.opinion_report import pdf_available

app = typer.Typer(help="模擬データで一巡させる (rehearse it all)", rich_markup_mode=None, add_completion=False)


TERMS = {
    "residents": "模擬の利用者",
    "events": "受信イベント",
    "received": "受信",
    "applied": "反映",
    "ignored": "対象外",
    "duplicate": "重複",
    "quarantined": "隔離",
    "broadcast": "配信",
    "audience": "対象",
    "batches": "送信束",
    "delivered": "届いた",
    "missed": "届かなかった",
    "doubled": "二度届いた",
    "left": "やめた人",
    "blocked": "ブロック",
    "quit_silently": "黙って LINE をやめた",
    "erased": "消去した人",
    "residue_hits": "残存",
    "certificates_valid": "検証できた証明書",
    "opinions": "意見等",
    "read": "読取り",
    "accepted": "受入れ",
    "masked_spans": "伏せた箇所",
    "report": "報告書",
    "tables": "表",
    "suppressed_cells": "秘匿したセル",
    "desk": "広聴",
    "answered": "文書で回答",
    "past_target": "目安超過",
    "seconds": "秒",
    "join": "登録",
    "prefect_ready": "Prefect の起動",
    "ingest": "取込み",
    "reconcile": "照合",
    "retention": "消去",
    "letters": "意見等",
    "analysis": "分析",
    "total": "全体",
}
WRITTEN = {
    "報告書": "report",
    "回答の文書": "answers",
    "証明書・公開鍵・検証プログラム": "certificates",
    "集計": "summary.json",
}


@app.callback(invoke_without_command=True)
def demo(
    residents: Annotated[int, typer.Option(min=10, help="模擬の利用者の人数")] = 10_000,
    opinions: Annotated[Path | None, typer.Option(help="意見等のファイル（省略時は模擬の投書）")] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="ファイルの対応表（省略時は docs/examples の同名のもの）")
    ] = None,
    out: Annotated[Path, typer.Option(help="結果を書く場所")] = Path("out/demo"),
) -> None:
    """模擬データで一巡させる。実在の人・LINE・外部の通信は一切使わない。"""
    from sandbox.demo.story import Wanted, rehearse  # noqa: PLC0415 - start-up time

    console = Console()
    if not pdf_available():
        console.print("Pango がないため PDF は作りません (no Pango: PDFs are left out)。")
    summary = rehearse(Wanted(residents, opinions, mapping, out), lambda told: console.print(f"● {told}"))
    console.print(_table(summary))
    for what, where in WRITTEN.items():
        console.print(f"{what}: {out}/{where}", soft_wrap=True)


def _table(summary: dict[str, Any]) -> Table:
    table = Table("項目", "内訳", "数", title="稽古の結果")
    for name, value in summary.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for part, number in parts:
            table.add_row(TERMS.get(name, name), TERMS.get(str(part), str(part)), f"{number:,}")
    return table
