"""`tayori retention hold`: leavers that were held because they were too many, and who says that it is true (L14)."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.desk import As, credential, office_here
from cli.show import Json, facts, table
from tayori.retention import holds
from tayori.warehouse import holds as rows
from tayori.warehouse.engines import reading

app = typer.Typer(help="多すぎる離脱の保留 (hold)", no_args_is_help=True, rich_markup_mode=None, add_completion=False)

SHOWN = {
    "hold_id": "保留",
    "kind": "種類",
    "people": "人数",
    "of_people": "全体",
    "bound": "歯止め",
    "state": "状態",
    "opened_at": "始まり",
    "seen_at": "最後に確認",
    "signed_by": "署名した人",
}


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """保留の一覧を表示する（人数のみ。scan は友だち一覧との照合、flood はブロックの急増）。"""
    with office_here() as office, reading(office.warehouse) as warehouse:
        found = [_shown(row, rows.signatures(warehouse, row.hold_id)) for row in rows.every(warehouse)]
    table(found, SHOWN, as_json=as_json)


@app.command()
def allow(
    hold_id: Annotated[str, typer.Argument(metavar="ID", help="保留の ID")],
    *,
    people: Annotated[int, typer.Option(min=1, help="一覧で見た人数（変わっていれば断る）")],
    by: As,
    as_json: Json = False,
) -> None:
    """この人数の離脱が本当であると署名する。二人目（どちらかは取扱責任者）の署名で有効になる。"""
    with office_here() as office:
        row = holds.allow(office, hold_id, credential(office, by), people)
        with reading(office.warehouse) as warehouse:
            signed = rows.signatures(warehouse, hold_id)
    facts(_shown(row, signed), SHOWN, as_json=as_json)


def _shown(row: rows.HoldRow, signed: Sequence[rows.SignatureRow]) -> dict[str, object]:
    listed = "、".join(one.handler_id for one in signed)
    return {name: getattr(row, name) for name in SHOWN if name != "signed_by"} | {"signed_by": listed}
