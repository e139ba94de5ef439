"""`tayori broadcast`: written by one, approved by another, sent once (L1, I6, I10)."""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli import kinds, outcomes, proposals, texts
from cli.desk import As, credential, moment, office_here
from cli.show import Json, done, facts, plain, progress, table
from tayori.broadcast import control, corrections, desk
from tayori.broadcast.control import Standing
from tayori.broadcast.guards import judging, overrides
from tayori.broadcast.guards.asking import asking_faults, asking_room
from tayori.broadcast.guards.judging import Finding, Verdict
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BroadcastState
from tayori.domain.ward import ward
from tayori.errors import BadInput, Refused
from tayori.office import Office
from tayori.warehouse import broadcasts, segments
from tayori.warehouse.broadcasts import BroadcastRow
from tayori.warehouse.engines import reading

app = typer.Typer(
    help="配信 (broadcast) の起案・承認・送信", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)

app.command()(proposals.proposals)
app.command()(proposals.take_over)
app.command()(outcomes.results)
app.command()(outcomes.wrong_send)

Id = Annotated[str, typer.Argument(metavar="ID", help="配信の ID")]
Reason = Annotated[str, typer.Option(help="理由")]
OPEN_HOURS = 24
SHORTEST_HASH = 8
REVIEWED = {
    "broadcast": "配信",
    "genre": "ジャンル",
    "segment": "条件",
    "messages": "本文",
    "content_sha256": "本文のハッシュ",
    "not_before": "送信開始",
    "not_after": "送信期限",
    "content_at": "内容の日時",
    "state": "状態",
    "count": "対象人数",
}
LISTED = {
    "broadcast_id": "配信",
    "genre": "ジャンル",
    "state": "状態",
    "not_before": "送信開始",
    "not_after": "送信期限",
    "approved_count": "承認時の人数",
    "drafted_by": "起案",
}
STANDING = {
    "broadcast_id": "配信",
    "genre": "ジャンル",
    "state": "状態",
    "held_by": "止めた点検",
    "reason": "理由",
    "approved": "承認時の人数",
    "frozen": "確定した人数",
    "people": "人数の内訳",
    "started_at": "開始",
    "ended_at": "終了",
    "decide_by": "判断の期限",
}
FOUND = {
    "guard": "点検",
    "looks_at": "見るもの",
    "verdict": "結果",
    "overridable": "解除できるか",
    "sentence": "理由",
}
VERDICTS = {
    Verdict.PASSES: "通る",
    Verdict.HOLDS: "止める",
    Verdict.DROPS: "取りやめる",
    Verdict.WAITS: "待つ",
    Verdict.OVERRIDDEN: "解除済み",
    Verdict.NOT_ASKED: "未確認",
}


@app.command()
def draft(  # noqa: PLR0913 - the options of the verb
    *,
    genre: Annotated[str, typer.Option(help="情報ジャンル（名称又は番号）")],
    segment: Annotated[str, typer.Option(help="保存した条件の名前")],
    by: As,
    message: texts.MessageFile = None,
    earlier: texts.From = "",
    not_before: Annotated[str, typer.Option(help="送信開始 YYYY-MM-DDTHH:MM（省略: いま）")] = "",
    not_after: Annotated[str, typer.Option(help=f"送信期限（省略: 開始から {OPEN_HOURS} 時間）")] = "",
    content_at: Annotated[
        str, typer.Option(help="内容が書かれた日時（省略: いま）。古すぎる内容は送信前に止まる")
    ] = "",
    as_json: Json = False,
) -> None:
    """配信を起案する。送信されるのは、別の人が承認した後だけ。"""
    with office_here() as office:
        begins = moment(not_before) if not_before else office.now()
        ends = moment(not_after) if not_after else begins + timedelta(hours=OPEN_HOURS)
        if ends <= office.now():
            raise Refused("The window of the broadcast ends in the past; give a --not-after that is still to come.")
        with reading(office.warehouse) as connection:
            where = desk.plain_segment(segments.find(connection, segment))
        own = moment(content_at) if content_at else None
        said, given = texts.read_words(office, message, earlier)
        new = desk.written(genre, where, said, begins, ends, given, content_at=own)
        broadcast_id = desk.draft(office, credential(office, by), new)
    told = {"broadcast_id": broadcast_id, "warnings": texts.advise(new)}
    done(f"起案しました: {broadcast_id}", told, as_json=as_json)


for verb in (texts.alter, texts.versions, texts.preview):
    app.command()(verb)


@app.command()
def show(broadcast_id: Id, *, as_json: Json = False) -> None:
    """署名する人が見るべきもの (本文・条件・期間・いまの人数) を表示する。"""
    with office_here() as office:
        seen = _reviewed(desk.review(office, BroadcastId(broadcast_id)))
        origin = proposals.origin_of(office, BroadcastId(broadcast_id))
        facts(seen | origin, REVIEWED | {name: proposals.WAITING[name] for name in origin}, as_json=as_json)


@app.command()
def submit(
    broadcast_id: Id,
    *,
    by: As,
    small_reason: Annotated[str, typer.Option(help="対象が 10 人未満のときの理由")] = "",
    as_json: Json = False,
) -> None:
    """起案した配信を、LINEの検査に通し、署名して承認に回す。"""
    with office_here() as office:
        who, seen = credential(office, by), desk.review(office, BroadcastId(broadcast_id))
        reason, faults = small_reason or None, asking_faults(office.settings)
        count = desk.submit(office, who, BroadcastId(broadcast_id), seen, small_reason=reason, faults=faults)
    done(f"{broadcast_id} を提出しました。対象 {count} 人。", {"count": count}, as_json=as_json)


@app.command()
def approve(
    broadcast_id: Id,
    *,
    by: As,
    content: Annotated[
        str, typer.Option(help="確認した本文のハッシュ（show が示す先頭 8 文字以上。省略: 表示して確かめる）")
    ] = "",
    as_json: Json = False,
) -> None:
    """起案者とは別の取扱者が、見たとおりの配信を署名して承認する。"""
    with office_here() as office:
        who, seen = credential(office, by), desk.review(office, BroadcastId(broadcast_id))
        _require_seen(seen, content)
        count = desk.approve(office, who, BroadcastId(broadcast_id), seen)
    done(f"{broadcast_id} を承認しました。対象 {count} 人。", {"count": count}, as_json=as_json)


@app.command()
def check(broadcast_id: Id, *, as_json: Json = False) -> None:
    """送信の前に、すべての点検 (guard) の結果を一覧にする。何も変わらない。"""
    with office_here() as office:
        room, faults = asking_room(office.settings), asking_faults(office.settings)
        found = judging.examine(office, BroadcastId(broadcast_id), room=room, faults=faults)
    table(found if as_json else [_found(one) for one in found], FOUND, as_json=as_json)


@app.command()
def override(
    broadcast_id: Id,
    *,
    guard: Annotated[str, typer.Option(help="解除する点検 (guard) の名前。check が示す")],
    reason: Reason,
    by: As,
    as_json: Json = False,
) -> None:
    """起案も提出もしていない承認者が、この配信のこの点検だけを、署名して解除する。"""
    with office_here() as office:
        overrides.override(office, credential(office, by), BroadcastId(broadcast_id), guard, reason)
    done(f"{broadcast_id} の {guard} を解除しました。send で送れます。", {"state": "approved"}, as_json=as_json)


@app.command()
def send(broadcast_id: Id, *, as_json: Json = False) -> None:
    """承認された配信を送る。途中で止まっても、もう一度実行すれば続きから一度ずつ届く。"""
    with office_here() as office:
        standing = _send(office, BroadcastId(broadcast_id))
        facts(_standing(standing), STANDING, as_json=as_json)


@app.command("list")
def list_(
    *,
    state: Annotated[BroadcastState | None, typer.Option(help="この状態のものだけ")] = None,
    as_json: Json = False,
) -> None:
    """配信の一覧。終わっていないものを古い順に、次に終わったもの。"""
    with office_here() as office, reading(office.warehouse) as connection:
        rows = broadcasts.every(connection)
    shown = [_listed(row) for row in rows if state in {None, row.state}]
    table(shown, LISTED, as_json=as_json)


@app.command()
def status(broadcast_id: Id, *, as_json: Json = False) -> None:
    """配信の状態を人数で表示する。"""
    with office_here() as office:
        facts(_standing(control.status(office, BroadcastId(broadcast_id))), STANDING, as_json=as_json)


@app.command()
def pause(broadcast_id: Id, *, by: As, reason: Reason, as_json: Json = False) -> None:
    """送信を止める。送信中の束は先に片付く。"""
    with office_here() as office:
        control.pause(office, credential(office, by), BroadcastId(broadcast_id), reason)
    done(f"{broadcast_id} を止めました。", {"state": "paused"}, as_json=as_json)


@app.command()
def resume(broadcast_id: Id, *, by: As, as_json: Json = False) -> None:
    """止めた配信を、期限内なら続きから送れるようにする。"""
    with office_here() as office:
        control.resume(office, credential(office, by), BroadcastId(broadcast_id))
    done(f"{broadcast_id} を再開しました。send で続きを送ります。", {"state": "sending"}, as_json=as_json)


@app.command()
def cancel(broadcast_id: Id, *, by: As, reason: Reason, as_json: Json = False) -> None:
    """配信を取りやめる。届いた分は取り消せない。"""
    with office_here() as office:
        control.cancel(office, credential(office, by), BroadcastId(broadcast_id), reason)
    done(f"{broadcast_id} を取りやめました。", {"state": "cancelled"}, as_json=as_json)


@app.command()
def decide(broadcast_id: Id, *, by: As, as_json: Json = False) -> None:
    """届いたか分からない束を「不明」として閉じる。宛先の番号は消える。"""
    with office_here() as office:
        people = control.decide(office, credential(office, by), BroadcastId(broadcast_id))
    done(f"{broadcast_id} を閉じました。不明 {people} 人。", {"undecided": people}, as_json=as_json)


@app.command()
def correct(
    broadcast_id: Id,
    *,
    message: Annotated[Path, typer.Option(help="訂正文の JSON 又は YAML ファイル")],
    by: As,
    doubtful: Annotated[bool, typer.Option("--doubtful", help="届いたか分からない人にも送る")] = False,
    hours: Annotated[int, typer.Option(help="いまから送ってよい時間", min=1, max=72)] = OPEN_HOURS,
    as_json: Json = False,
) -> None:
    """止めた配信が届いた人だけに、訂正を起案する。提出と承認は普通の配信と同じ。"""
    with office_here() as office:
        window = corrections.Window(office.now(), office.now() + timedelta(hours=hours))
        said, given = texts.read_words(office, message, "")
        who, wrong = credential(office, by), BroadcastId(broadcast_id)
        drafted = corrections.correct(office, who, wrong, said, window, material=given, doubtful=doubtful)
    done(f"訂正を起案しました: {drafted}", {"broadcast_id": drafted}, as_json=as_json)


for name, verb in kinds.VERBS.items():
    app.command(name)(verb)


def _send(office: Office, broadcast_id: BroadcastId) -> Standing:
    # start-up time: the LINE SDK and Prefect take seconds, and only this verb needs them
    from tasks.rate import pacer_here  # noqa: PLC0415
    from tayori.broadcast import freeze, lease, send  # noqa: PLC0415
    from tayori.line.client import LineClient  # noqa: PLC0415

    worker = lease.worker_name()
    freeze.start(office, broadcast_id, worker, room=asking_room(office.settings))
    frozen = freeze.freeze(office, broadcast_id, worker)
    line = LineClient.from_settings(office.settings)
    with (
        progress("送信", frozen.batches) as advance,
        pacer_here(office.settings) as pacer,
        send.Sending(office, broadcast_id, worker, line, limiter=pacer) as sending,
    ):
        settled, ended = 0, None
        while ended is None:
            now = sending.advance(100)
            advance(now.settled - settled)
            settled, ended = now.settled, now.ended
    return control.status(office, broadcast_id)


def _require_seen(seen: desk.Review, named: str) -> None:
    if not named:
        typer.echo(json.dumps(plain(_reviewed(seen)), ensure_ascii=False, indent=2), err=True)
        if not sys.stdin.isatty():
            raise Refused("Nobody is there to look: name the content that you saw with --content, or use a terminal.")
        typer.confirm("このとおり承認しますか", abort=True, err=True)
        return
    if len(named) < SHORTEST_HASH:
        raise BadInput(f"Name at least {SHORTEST_HASH} letters of the content's hash; `broadcast show` prints it.")
    if not seen.proposal.content_hash.startswith(named.lower()):
        raise Refused("The content is not the one that you name; look at it again with `tayori broadcast show`.")


def _found(one: Finding) -> dict[str, object]:
    return {**plain(one), "verdict": VERDICTS[one.verdict]}


def _reviewed(seen: desk.Review) -> dict[str, object]:
    proposal = seen.proposal
    return {
        "broadcast": proposal.broadcast_id,
        "genre": ward().genres[proposal.genre],
        "segment": proposal.segment,
        "messages": seen.messages.decode("utf-8"),
        "content_sha256": proposal.content_hash,
        "not_before": proposal.not_before,
        "not_after": proposal.not_after,
        "content_at": proposal.content_at,
        "state": seen.state,
        "count": seen.count,
    }


def _listed(row: BroadcastRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in LISTED} | {"genre": ward().genres[row.genre]}


def _standing(standing: Standing) -> dict[str, object]:
    return {
        "broadcast_id": standing.broadcast_id,
        "genre": ward().genres[standing.genre],
        "state": standing.state,
        "held_by": standing.held_by,
        "reason": standing.reason,
        "approved": standing.approved,
        "frozen": standing.frozen,
        "people": standing.counts,
        "batches": {state.value: plain(tally) for state, tally in standing.batches.items()},
        "started_at": standing.started_at,
        "ended_at": standing.ended_at,
        "decide_by": standing.decide_by,
    }
