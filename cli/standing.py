"""The verbs that plans and templates share: shown, submitted by one, approved by another, stopped by either."""

import json
import sys
from typing import Annotated

import typer

from cli.broadcast import SHORTEST_HASH
from cli.desk import As, credential, office_here
from cli.show import Json, done, facts, plain, table
from tayori.broadcast import standing
from tayori.broadcast.standing import Shown
from tayori.domain.standing import Kind
from tayori.domain.ward import ward
from tayori.errors import BadInput, Refused
from tayori.warehouse import standing as rows
from tayori.warehouse.engines import reading

Id = Annotated[str, typer.Argument(metavar="ID", help="計画の ID 又はひな形の名前")]
Reason = Annotated[str, typer.Option(help="理由")]
SHOWN = {
    "id": "番号",
    "genre": "ジャンル",
    "segment": "条件",
    "messages": "本文",
    "content_sha256": "本文のハッシュ",
    "particulars": "定め",
    "ends_on": "終期",
    "state": "状態",
    "count": "対象人数",
}
LISTED = {"standing_id": "番号", "genre": "ジャンル", "state": "状態", "state_reason": "理由", "ends_on": "終期"}


def add_verbs(app: typer.Typer, kind: Kind) -> None:
    """Give a noun the verbs that both kinds have."""

    @app.command("list")
    def list_(*, as_json: Json = False) -> None:
        """一覧を表示する。"""
        with office_here() as office, reading(office.warehouse) as connection:
            found = [
                {name: getattr(row, name) for name in LISTED} | {"genre": ward().genres[row.genre]}
                for row in rows.of_kind(connection, kind)
            ]
        table(found, LISTED, as_json=as_json)

    @app.command()
    def show(standing_id: Id, *, as_json: Json = False) -> None:
        """署名する人が見るべきもの (本文・条件・定め・終期・いまの人数) を表示する。"""
        with office_here() as office:
            facts(_shown(standing.show(office, standing_id, kind)), SHOWN, as_json=as_json)

    _add_signing(app, kind)
    _add_stops(app)


def _add_signing(app: typer.Typer, kind: Kind) -> None:
    @app.command()
    def submit(
        standing_id: Id,
        *,
        by: As,
        small_reason: Annotated[str, typer.Option(help="対象が 10 人未満のときの理由")] = "",
        as_json: Json = False,
    ) -> None:
        """署名して承認に回す。"""
        with office_here() as office:
            who, seen = credential(office, by), standing.show(office, standing_id, kind)
            count = standing.submit(office, who, standing_id, seen, small_reason=small_reason or None)
        done(f"{standing_id} を提出しました。対象 {count} 人。", {"count": count}, as_json=as_json)

    @app.command()
    def approve(
        standing_id: Id,
        *,
        by: As,
        content: Annotated[
            str, typer.Option(help="確認した本文のハッシュ（先頭 8 文字以上。省略: 表示して確かめる）")
        ] = "",
        as_json: Json = False,
    ) -> None:
        """起案者とは別の取扱者が、見たとおりのものを終期まで承認する。"""
        with office_here() as office:
            who, seen = credential(office, by), standing.show(office, standing_id, kind)
            _require_seen(seen, content)
            count = standing.approve(office, who, standing_id, seen)
        done(f"{standing_id} を承認しました。対象 {count} 人。", {"count": count}, as_json=as_json)


def _add_stops(app: typer.Typer) -> None:
    @app.command()
    def pause(standing_id: Id, *, by: As, reason: Reason, as_json: Json = False) -> None:
        """止める。作成済みでまだ始まっていない配信も取りやめる。"""
        with office_here() as office:
            standing.pause(office, credential(office, by), standing_id, reason)
        done(f"{standing_id} を止めました。", {"state": "paused"}, as_json=as_json)

    @app.command()
    def resume(standing_id: Id, *, by: As, as_json: Json = False) -> None:
        """止めたものを、終期まで続ける。"""
        with office_here() as office:
            standing.resume(office, credential(office, by), standing_id)
        done(f"{standing_id} を再開しました。", {"state": "approved"}, as_json=as_json)

    @app.command()
    def end(standing_id: Id, *, by: As, reason: Reason, as_json: Json = False) -> None:
        """終期を待たずに終える。作成済みの配信は予定どおり送られる。"""
        with office_here() as office:
            standing.end(office, credential(office, by), standing_id, reason)
        done(f"{standing_id} を終えました。", {"state": "ended"}, as_json=as_json)

    @app.command()
    def cancel(standing_id: Id, *, by: As, reason: Reason, as_json: Json = False) -> None:
        """取りやめる。作成済みでまだ始まっていない配信も取りやめる。"""
        with office_here() as office:
            standing.cancel(office, credential(office, by), standing_id, reason)
        done(f"{standing_id} を取りやめました。", {"state": "cancelled"}, as_json=as_json)


def _require_seen(seen: Shown, named: str) -> None:
    if not named:
        typer.echo(json.dumps(plain(_shown(seen)), ensure_ascii=False, indent=2), err=True)
        if not sys.stdin.isatty():
            raise Refused("Nobody is there to look: name the content that you saw with --content, or use a terminal.")
        typer.confirm("このとおり承認しますか", abort=True, err=True)
        return
    if len(named) < SHORTEST_HASH:
        raise BadInput(f"Name at least {SHORTEST_HASH} letters of the content's hash; `show` prints it.")
    if not seen.terms.content_hash.startswith(named.lower()):
        raise Refused("The content is not the one that you name; look at it again with `show`.")


def _shown(seen: Shown) -> dict[str, object]:
    terms = seen.terms
    return {
        "id": terms.standing_id,
        "genre": ward().genres[terms.genre],
        "segment": terms.segment,
        "messages": seen.messages.decode("utf-8"),
        "content_sha256": terms.content_hash,
        "particulars": terms.particulars,
        "ends_on": terms.ends_on,
        "state": seen.state,
        "count": seen.count,
    }
