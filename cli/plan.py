"""`tayori plan`: the same news again, by a rule, approved once by two (L1, I10)."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli import texts
from cli.desk import As, credential, office_here
from cli.show import Json, done, table
from cli.standing import Id, add_verbs
from tayori.broadcast import desk, standing
from tayori.domain.recurrence import occurrences
from tayori.domain.standing import Kind, stored_plan
from tayori.errors import BadInput
from tayori.warehouse import segments
from tayori.warehouse import standing as rows
from tayori.warehouse.engines import reading
from tayori.written_files import read_yaml

app = typer.Typer(help="定期配信の計画 (plan)", no_args_is_help=True, rich_markup_mode=None, add_completion=False)


@app.command()
def draft(
    *,
    genre: Annotated[str, typer.Option(help="情報ジャンル（名称又は番号）")],
    segment: Annotated[str, typer.Option(help="保存した条件の名前")],
    message: Annotated[Path, typer.Option(help="本文の JSON ファイル")],
    terms: Annotated[
        Path, typer.Option("--plan", help="rule, open_minutes, drift_percent, late を書いた YAML ファイル")
    ],
    by: As,
    as_json: Json = False,
) -> None:
    """計画を起案する。配信が作られるのは、別の人が承認した後だけ。"""
    own = read_yaml(terms)
    if not isinstance(own, dict):
        raise BadInput(f"{terms.name} holds `rule`, and where wanted open_minutes, drift_percent, late.")
    with office_here() as office:
        with reading(office.warehouse) as connection:
            where = desk.plain_segment(segments.find(connection, segment))
        now = office.now()
        said, given = texts.read_words(office, message, "")
        new = desk.written(genre, where, said, now, now + timedelta(minutes=1), given)
        plan_id = standing.draft_plan(office, credential(office, by), new, own)
    done(f"計画を起案しました: {plan_id}", {"plan_id": plan_id}, as_json=as_json)


@app.command()
def days(plan_id: Id, *, as_json: Json = False) -> None:
    """計画の日を、作成済み・見送りの別とともに表示する。"""
    with office_here() as office, reading(office.warehouse) as connection:
        own = stored_plan(rows.find(connection, plan_id, Kind.PLAN).particulars)
        noted = {one.day: one for one in rows.noted(connection, plan_id)}
    found = [
        {
            "day": day,
            "at": own.rule.moment(day),
            "outcome": noted[day].outcome if day in noted else None,
            "broadcast_id": noted[day].broadcast_id if day in noted else None,
        }
        for day in occurrences(own.rule)
    ]
    table(found, {"day": "日", "at": "時刻", "outcome": "結果", "broadcast_id": "配信"}, as_json=as_json)


add_verbs(app, Kind.PLAN)
