"""Texts of broadcasts at the command: read from files, altered, kept in versions, shown as a phone would."""

from pathlib import Path
from typing import Annotated

import typer

from cli.desk import As, credential, moment, office_here
from cli.show import Json, done, table
from tayori.broadcast import desk, writing
from tayori.broadcast.desk import Writing
from tayori.domain.identifiers import BroadcastId
from tayori.domain.material import Material
from tayori.domain.messages import texts_in
from tayori.domain.plain_japanese import EASY, warnings_of
from tayori.domain.ward import ward
from tayori.errors import BadInput, NotFound
from tayori.office import Office
from tayori.reports import message_preview, screenshot
from tayori.warehouse import pictures
from tayori.warehouse.engines import reading
from tayori.written_files import read_yaml

Id = Annotated[str, typer.Argument(metavar="ID", help="配信の ID")]
MessageFile = Annotated[
    Path | None, typer.Option("--message", help="本文の JSON 又は YAML ファイル（画像は同じフォルダに置く）")
]
From = Annotated[
    str, typer.Option("--from", metavar="ID", help="以前の配信 ID（本文だけを写す。署名・人数は写さない）")
]
VERSIONS = {
    "version": "版",
    "written_at": "作成",
    "written_by": "作成者",
    "genre": "ジャンル",
    "content_sha256": "本文のハッシュ",
    "text": "本文",
}


def read_words(office: Office, message: Path | None, earlier: str) -> tuple[object, Material]:
    """Read what a writer wants to say, from a file or from an earlier broadcast, and what it may use.

    Raises:
        BadInput: neither or both are named, or a picture is none that LINE takes.

    """
    if (message is None) == (not earlier):
        raise BadInput("Name the text: either --message FILE or --from ID.")
    messages = read_yaml(message) if message else writing.written_before(office, BroadcastId(earlier))
    return messages, material_beside(office, messages, message)


def material_beside(office: Office, messages: object, file: Path | None) -> Material:
    """Give what messages may use, with pictures from beside the file in which they are written."""
    return writing.material_of(office, messages, lambda name: _beside(file, name))


def advise(new: Writing) -> tuple[str, ...]:
    """Warn a writer of what would be hard to read, in the genre for which that is promised; nothing is refused."""
    if ward().genres[new.genre] != EASY:
        return ()
    told = tuple(warning for text in texts_in(new.messages) for warning in warnings_of(text))
    for warning in told:
        typer.echo(f"注意: {warning}", err=True)
    return told


def alter(
    broadcast_id: Id,
    *,
    by: As,
    message: MessageFile = None,
    earlier: From = "",
    not_before: Annotated[str, typer.Option(help="送信開始（省略: 元のまま）")] = "",
    not_after: Annotated[str, typer.Option(help="送信期限（省略: 元のまま）")] = "",
    as_json: Json = False,
) -> None:
    """配信を書き直す。新しい版になり、署名は無効になる。前の版は versions で読める。"""
    with office_here() as office:
        before = desk.review(office, BroadcastId(broadcast_id)).proposal
        begins = moment(not_before) if not_before else before.not_before
        ends = moment(not_after) if not_after else before.not_after
        said, given = read_words(office, message, earlier or ("" if message else broadcast_id))
        new = desk.worded(before.genre, before.segment, said, (begins, ends), given)
        desk.alter(office, credential(office, by), BroadcastId(broadcast_id), new)
        version = writing.kept_version(office, BroadcastId(broadcast_id)).version
    told = {"broadcast_id": broadcast_id, "version": version, "warnings": advise(new)}
    done(f"{broadcast_id} を書き直しました（第 {version} 版）。署名は無効です。", told, as_json=as_json)


def versions(broadcast_id: Id, *, as_json: Json = False) -> None:
    """配信の本文の版を、古い順にすべて表示する。"""
    with office_here() as office:
        kept = writing.kept_versions(office, BroadcastId(broadcast_id))
    rows = [
        {
            "version": one.version,
            "written_at": one.written_at,
            "written_by": one.written_by,
            "genre": ward().genres[one.genre],
            "content_sha256": one.content_hash,
            "text": one.messages.decode("utf-8") if as_json else " / ".join(texts_in(one.messages)),
        }
        for one in kept
    ]
    table(rows, VERSIONS, as_json=as_json)


def preview(
    broadcast_id: Id,
    *,
    out: Annotated[Path, typer.Option(help="書き出すフォルダ")],
    version: Annotated[int, typer.Option(min=0, help="版（省略: 最新）")] = 0,
    as_json: Json = False,
) -> None:
    """配信を、スマートフォンで見えるとおりに HTML と PNG に書き出す。PNG には Chromium が要る。"""
    with office_here() as office:
        kept = writing.kept_version(office, BroadcastId(broadcast_id), version)
        with reading(office.warehouse) as connection:
            shown = pictures.files(connection, message_preview.hashes_in(kept.messages))
        browser = screenshot.browser(office.settings.chromium)
    page = message_preview.preview_page(kept.messages, shown, title=f"{broadcast_id} 第 {kept.version} 版")
    stem = out / f"{broadcast_id}-v{kept.version}"
    written = [message_preview.write(stem, page), *screenshot.draw_both(browser, page, stem)]
    if len(written) == 1:
        typer.echo("注意: Chromium がないので、HTML だけを書き出しました。", err=True)
    lacking = message_preview.letters_without_glyph(kept.messages) if len(written) > 1 else ""
    if lacking:
        typer.echo(f"注意: この機械の PNG には描けない文字があります（送信には影響しません）: {lacking}", err=True)
    done("書き出しました: " + "、".join(map(str, written)), {"files": written}, as_json=as_json)


def _beside(message: Path | None, name: str) -> bytes:
    """Read a picture that lies beside the message file, under a plain file name."""
    if message is None or Path(name).name != name:
        raise BadInput("A picture is named by its plain file name, and lies beside the message file.")
    try:
        return (message.parent / name).read_bytes()
    except OSError:
        raise NotFound("A picture that the messages name cannot be read; put it beside the message file.") from None
