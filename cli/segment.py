"""`tayori segment`: to whom a message is narrowed, under a name (L1)."""

from pathlib import Path
from typing import Annotated

import typer

from cli.desk import As, credential, office_here
from cli.show import Json, done, facts, table
from tayori.broadcast import desk
from tayori.domain.ward import ward
from tayori.errors import BadInput
from tayori.warehouse import segments
from tayori.warehouse.engines import reading
from tayori.written_files import read_yaml

app = typer.Typer(help="配信対象の条件 (segment)", no_args_is_help=True, rich_markup_mode=None, add_completion=False)

Name = Annotated[str, typer.Argument(help="条件の名前")]


@app.command()
def create(
    name: Name,
    *,
    where: Annotated[Path, typer.Option(help="条件を書いた YAML ファイル")],
    by: As,
    as_json: Json = False,
) -> None:
    """条件 (生年・性別・居住地域の any/all/not) を名前を付けて保存する。"""
    with office_here() as office:
        desk.store_segment(office, credential(office, by), name, read_yaml(where))
    done(f"条件「{name}」を保存しました。", {"name": name}, as_json=as_json)


@app.command()
def count(
    name: Name,
    *,
    genre: Annotated[str, typer.Option(help="情報ジャンル（名称又は番号）")],
    as_json: Json = False,
) -> None:
    """そのジャンルを希望した人のうち、条件に当てはまる人数を数える。"""
    code = ward().genre_code(genre)
    if code is None:
        raise BadInput(f"The ward has no such genre; choose from {'、'.join(ward().genres.values())}.")
    with office_here() as office:
        with reading(office.warehouse) as connection:
            expression = segments.find(connection, name)
        found = desk.segment_count(office, code, expression)
    shown = {"name": name, "genre": ward().genres[code], "count": found}
    facts(shown, {"name": "条件", "genre": "ジャンル", "count": "人数"}, as_json=as_json)


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """保存した条件を表示する。"""
    with office_here() as office, reading(office.warehouse) as connection:
        rows = [{"name": name, "expression": expression} for name, expression in segments.stored(connection)]
    table(rows, {"name": "名前", "expression": "条件"}, as_json=as_json)
