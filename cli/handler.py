"""`tayori handler`: the roster and its credentials (L17, P13)."""

from typing import Annotated, Literal

import typer

from cli.desk import As, credential, day, office_here, passphrase_of
from cli.show import Json, done, facts, plain, table
from tayori import staffing
from tayori.broadcast import linking
from tayori.domain.identifiers import HandlerId
from tayori.domain.ward import ward
from tayori.errors import NotFound
from tayori.vault.roster import NewHandler, key_path

app = typer.Typer(help="取扱者 (handler) の名簿", no_args_is_help=True, rich_markup_mode=None, add_completion=False)

HEADINGS = {
    "handler_id": "ID",
    "name": "氏名",
    "roles": "役割",
    "side": "甲乙",
    "starts_on": "開始",
    "ends_on": "終了",
}
Side = Literal["甲", "乙"]
Roles = Annotated[list[str], typer.Option("--role", help="役割 (role)。繰り返して複数: " + ", ".join(ward().roles))]


@app.command()
def add(
    handler_id: Annotated[str, typer.Argument(metavar="ID", help="取扱者の ID（英数字とハイフン）")],
    *,
    name: Annotated[str, typer.Option(help="氏名")],
    role: Roles,
    side: Annotated[Side, typer.Option(help="甲（区）又は乙（受託者）")] = "甲",
    starts: Annotated[str, typer.Option(help="開始日 YYYY-MM-DD（省略: 今日）")] = "",
    by: Annotated[str, typer.Option("--as", metavar="HANDLER", help="取扱責任者の ID（最初の一人だけは省略）")] = "",
    as_json: Json = False,
) -> None:
    """取扱者を名簿に加え、本人のパスフレーズで守られた鍵を作る。"""
    with office_here() as office:
        starts_on = day(starts) if starts else office.today()
        responsible = credential(office, by) if by else None
        new = NewHandler(HandlerId(handler_id), name, role, side, starts_on)
        added = staffing.appoint(office, responsible, new, passphrase_of(office, handler_id, new=True))
    made = {"handler_id": added.handler_id, "public_key": added.key_id}
    done(f"{added.handler_id} を名簿に加えました。公開鍵: {added.key_id}", made, as_json=as_json)


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """名簿を表示する。"""
    with office_here() as office:
        table(staffing.everyone(office), HEADINGS, as_json=as_json)


@app.command()
def end(
    handler_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    by: As,
    last_day: Annotated[str, typer.Option("--on", help="最終日 YYYY-MM-DD（省略: 今日）")] = "",
    as_json: Json = False,
) -> None:
    """取扱者の最終日を定める。その翌日からは何もできない。"""
    with office_here() as office:
        on = day(last_day) if last_day else office.today()
        staffing.dismiss(office, credential(office, by), HandlerId(handler_id), on)
    done(f"{handler_id} の最終日を {on} としました。", {"handler_id": handler_id, "ends_on": on}, as_json=as_json)


@app.command()
def link(
    *, by: As, remove: Annotated[bool, typer.Option("--remove", help="登録を消す")] = False, as_json: Json = False
) -> None:
    """試し送りを受けるための一度きりの符号を表示する。本人が、友だち登録したあと設定画面に入力する。"""
    with office_here() as office:
        who = credential(office, by)
        if remove:
            linking.unlink(office, who)
            done("試し送りの登録を消しました。", {"linked": False}, as_json=as_json)
            return
        code = linking.offer_link(office, who)
    done(f"符号: {code}（10 分間、一度だけ使えます）", {"code": code}, as_json=as_json)


@app.command()
def key(handler_id: Annotated[str, typer.Argument(metavar="ID")], *, as_json: Json = False) -> None:
    """取扱者の公開鍵と、鍵ファイルがここにあるかを表示する。"""
    with office_here() as office:
        found = [row for row in staffing.everyone(office) if row.handler_id == handler_id]
        if not found:
            raise NotFound(f"No handler {handler_id} is in the roster; see `tayori handler list`.")
        here = key_path(office.handlers_folder, HandlerId(handler_id)).exists()
    shown = {"handler_id": handler_id, "public_key": plain(found[0].public_key), "key_file_here": here}
    facts(shown, {"handler_id": "ID", "public_key": "公開鍵", "key_file_here": "鍵ファイル"}, as_json=as_json)
