"""`tayori demo`: the whole walk on dummy people, with what it found as a table."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tayori.reports.opinion_report import pdf_available

app = typer.Typer(help="模擬データで一巡させる (rehearse it all)", rich_markup_mode=None, add_completion=False)


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
    console.print(
        f"報告書: {out}/report　証明書: {out}/certificates　公開鍵: {out}/signing.pub.pem　集計: {out}/summary.json"
    )


def _table(summary: dict[str, Any]) -> Table:
    table = Table("項目", "内訳", "数", title="稽古の結果")
    for name, value in summary.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for part, number in parts:
            table.add_row(name, str(part), f"{number:,}")
    return table
