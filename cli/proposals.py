"""`tayori broadcast proposals` and `take-over`: drafts that no writer wrote wait here for one (I7)."""

from pathlib import Path
from typing import Annotated

import typer

from cli import texts
from cli.desk import As, credential, moment, office_here
from cli.show import Json, done, table
from tayori.broadcast import proposing
from tayori.domain.identifiers import BroadcastId
from tayori.domain.messages import message_bytes, read_messages
from tayori.office import Office
from tayori.warehouse import origins
from tayori.warehouse.engines import reading

WAITING = {
    "broadcast_id": "配信",
    "origin": "出どころ",
    "content_at": "記事の日時",
    "made_at": "案の日時",
    "note": "注意",
}


ORIGIN = ("origin", "content_at", "note")


def origin_of(office: Office, broadcast_id: BroadcastId) -> dict[str, object]:
    """Give what a signer must know of a draft that no writer wrote; nothing for all others."""
    with reading(office.warehouse) as connection:
        found = origins.find(connection, broadcast_id)
    return {name: getattr(found, name) for name in ORIGIN} if found else {}


def proposals(*, as_json: Json = False) -> None:
    """新着情報や誤配信の記録から作られ、起案する人を待っている案を表示する。"""
    with office_here() as office, reading(office.warehouse) as connection:
        rows = origins.waiting(connection)
    table(rows, WAITING, as_json=as_json)


def take_over(
    broadcast_id: Annotated[str, typer.Argument(metavar="ID", help="配信の ID")],
    *,
    by: As,
    message: Annotated[Path | None, typer.Option(help="書き直した本文の JSON ファイル（省略: 案のまま）")] = None,
    not_after: Annotated[
        str, typer.Option(help="送信期限 YYYY-MM-DDTHH:MM（省略: 案のまま、過ぎていれば 24 時間）")
    ] = "",
    as_json: Json = False,
) -> None:
    """案を引き取り、自分の起案にする。このあと show で確かめて submit する。"""
    with office_here() as office:
        who = credential(office, by)
        said = message_bytes(read_messages(*texts.read_words(office, message, ""))) if message else None
        window = (office.now(), moment(not_after)) if not_after else None
        proposing.take_over(office, who, BroadcastId(broadcast_id), messages=said, window=window)
    done(f"{broadcast_id} を引き取りました。show で確かめて submit してください。", {"state": "draft"}, as_json=as_json)
