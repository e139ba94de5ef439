"""`tayori template`: what the duty officer may fill in and send alone, approved by two beforehand (I10)."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli import texts
from cli.desk import As, credential, day, office_here
from cli.show import Json, done
from cli.standing import add_verbs
from tayori.broadcast import desk, standing
from tayori.domain.emergency import GENRE
from tayori.domain.standing import Kind
from tayori.errors import BadInput
from tayori.warehouse import segments
from tayori.warehouse.engines import reading
from tayori.written_files import read_yaml

app = typer.Typer(help="緊急配信のひな形 (template)", no_args_is_help=True, rich_markup_mode=None, add_completion=False)


@app.command()
def draft(
    name: Annotated[str, typer.Argument(help="ひな形の名前（英小文字とハイフン）")],
    *,
    file: Annotated[Path, typer.Option(help="messages と values を書いた YAML ファイル")],
    segment: Annotated[str, typer.Option(help="保存した条件の名前")],
    until: Annotated[str, typer.Option(help="承認の終期 YYYY-MM-DD（最長 1 年）")],
    by: As,
    as_json: Json = False,
) -> None:
    """緊急配信のひな形を起案する。差し込めるのは、選択肢の一つか時刻だけ。"""
    written = read_yaml(file)
    if not isinstance(written, dict) or set(written) != {"messages", "values"}:
        raise BadInput(f"{file.name} holds `messages` and `values`, and nothing else.")
    with office_here() as office:
        with reading(office.warehouse) as connection:
            where = desk.plain_segment(segments.find(connection, segment))
        now = office.now()
        given = texts.material_beside(office, written["messages"], file)
        new = desk.written(GENRE, where, written["messages"], now, now + timedelta(minutes=1), given)
        standing.draft_template(office, credential(office, by), name, new, written["values"], day(until))
    done(f"ひな形を起案しました: {name}", {"template": name}, as_json=as_json)


add_verbs(app, Kind.TEMPLATE)
