"""Verbs of `tayori broadcast` beside the ordinary way: the emergency lane, the test send, the calendar of plans."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

import typer

from cli.desk import As, credential, day, office_here
from cli.show import Json, done, print_json, table
from tayori.broadcast import agenda as planned
from tayori.broadcast import emergency as lane
from tayori.domain.emergency import Verdict
from tayori.domain.identifiers import BroadcastId, HandlerId
from tayori.domain.ward import ward
from tayori.errors import BadInput, Unavailable

Id = Annotated[str, typer.Argument(metavar="ID", help="配信の ID")]
ENTRIES = {"at": "日時", "genre": "ジャンル", "state": "状態", "of": "配信・計画", "collides": "重なり"}
WHY = {"genre": "同じジャンル", "audience": "同じ人", "day": "一日の件数"}


def emergency(
    template: Annotated[str, typer.Argument(help="ひな形の名前")],
    *,
    by: As,
    value: Annotated[list[str], typer.Option(help="差し込む値 KEY=選択肢（繰り返して複数）")] = [],  # noqa: B006 - typer's
    as_json: Json = False,
) -> None:
    """当番が、承認済みのひな形から緊急配信を署名する。次の発送で送られる（send ですぐに送れる）。"""
    values = dict(_pair(one) for one in value)
    with office_here() as office:
        broadcast_id = lane.sign_off(office, credential(office, by), template, values)
    sentence = f"{broadcast_id} に署名しました。すぐに送るには `tayori broadcast send {broadcast_id}`。"
    done(f"{sentence}24 時間以内に別の人の確認が要ります。", {"broadcast_id": broadcast_id}, as_json=as_json)


def review(
    broadcast_id: Id,
    *,
    by: As,
    verdict: Annotated[Verdict, typer.Option(help="proper 適切 / improper 不適切")],
    as_json: Json = False,
) -> None:
    """緊急配信を、当番とは別の人が 24 時間以内に確認する。"""
    with office_here() as office:
        lane.review(office, credential(office, by), BroadcastId(broadcast_id), verdict)
    done(f"{broadcast_id} を確認しました: {verdict}", {"verdict": verdict}, as_json=as_json)


def try_out(
    broadcast_id: Id,
    *,
    to: Annotated[list[str], typer.Option(help="試し送りを受ける取扱者の ID（繰り返して複数）")],
    by: As,
    as_json: Json = False,
) -> None:
    """名前を挙げた職員だけに、【テスト】を付けて試し送りする。配信には数えない。"""
    # start-up time: the LINE SDK takes more than a second, and only this verb needs it
    from tayori.broadcast import trial  # noqa: PLC0415
    from tayori.line.answers import Verdict as Answered  # noqa: PLC0415
    from tayori.line.client import LineClient  # noqa: PLC0415

    with office_here() as office:
        who, staff = credential(office, by), [HandlerId(one) for one in to]
        line = LineClient.from_settings(office.settings)
        tested = trial.send(office, who, BroadcastId(broadcast_id), staff, line)
    if tested.verdict is not Answered.ACCEPTED:
        raise Unavailable(f"LINE did not take the test ({tested.verdict}); nothing counts as sent. Try again later.")
    done(f"職員 {tested.staff} 人に試し送りしました。", {"staff": tested.staff}, as_json=as_json)


def calendar(
    *,
    first: Annotated[str, typer.Option("--from", help="最初の日 YYYY-MM-DD（省略: 今日）")] = "",
    last: Annotated[str, typer.Option("--to", help="最後の日 YYYY-MM-DD（省略: 30 日後）")] = "",
    hours: Annotated[int, typer.Option(help="この時間より近い配信を重なりとみる", min=0)] = 3,
    most: Annotated[int, typer.Option(help="一日にこれより多い配信を重なりとみる", min=1)] = planned.MOST_A_DAY,
    as_json: Json = False,
) -> None:
    """配信の予定を、重なり (同じジャンル・同じ人・一日の件数) とともに表示する。"""
    with office_here() as office:
        begins = day(first) if first else office.today()
        ends = day(last) if last else begins + timedelta(days=30)
        seen = planned.agenda(office, begins, ends, near=timedelta(hours=hours), most_a_day=most)
    if as_json:
        print_json({"entries": [_entry(one, seen) for one in seen.entries], "collisions": seen.collisions})
        return
    table([_entry(one, seen) for one in seen.entries], ENTRIES, as_json=False)
    typer.echo(f"配信 {len(seen.entries)} 件、重なり {len(seen.collisions)} 件")


VERBS: dict[str, Callable[..., None]] = {
    "emergency": emergency,
    "review": review,
    "test": try_out,
    "calendar": calendar,
}


def _entry(one: planned.Entry, seen: planned.Agenda) -> dict[str, object]:
    on = planned.day_of(one)
    why = sorted({WHY[hit.why] for hit in seen.collisions if one.of in hit.of and hit.day == on})
    return {"at": one.at, "genre": ward().genres[one.genre], "state": one.state, "of": one.of, "collides": why or None}


def _pair(written: str) -> tuple[str, str]:
    key, equals, value = written.partition("=")
    if not equals:
        raise BadInput("A value is written as KEY=CHOICE, as in shelter=四谷小学校.")
    return key.strip(), value.strip()
