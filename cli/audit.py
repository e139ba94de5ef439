"""`tayori audit`: who opened and wrote what, and whether the log still holds (L11, I5)."""

from typing import Annotated

import typer

from cli.desk import office_here
from cli.show import Json, done, table
from tayori import staffing
from tayori.vault import audit
from tayori.warehouse import audit as lines
from tayori.warehouse.engines import reading

app = typer.Typer(help="アクセス記録 (access log)", no_args_is_help=True, rich_markup_mode=None, add_completion=False)

HEADINGS = {
    "seq": "番号",
    "at": "日時",
    "actor": "操作者",
    "action": "操作",
    "purpose": "目的",
    "object": "対象",
    "count": "人数",
}


@app.command()
def show(
    *, last: Annotated[int, typer.Option(min=1, max=10_000, help="新しいほうから何行")] = 20, as_json: Json = False
) -> None:
    """アクセス記録の終わりのほうを、古い順に表示する。"""
    with office_here() as office, reading(office.warehouse) as connection:
        table(lines.lines_of_last(connection, last), HEADINGS, as_json=as_json)


@app.command()
def verify(*, as_json: Json = False) -> None:
    """記録の鎖、日々の署名、名簿との一致をすべて検算する。合わなければ終了コード 6。"""
    with office_here() as office, reading(office.warehouse) as connection:
        count = audit.verify(connection, *office.verifying_keys(connection))
        handlers, heads = staffing.verify(connection), lines.heads(connection)
    last = heads[-1] if heads else None
    since = f"最後の署名は {last.day}、以後の {count - last.seq} 行は未署名。" if last else "署名はまだない。"
    found = {
        "lines": count,
        "signed_days": len(heads),
        "last_signed_day": last.day if last else None,
        "unsigned_lines": count - (last.seq if last else 0),
        "handlers": handlers,
    }
    sentence = f"{count} 行の鎖と {len(heads)} 日分の署名、名簿 {handlers} 人分は正しい。{since}"
    done(sentence, found, as_json=as_json)
