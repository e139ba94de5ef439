"""`tayori richmenu`: the menu under the talk, the same for everybody, from a file to LINE without a gap (L2)."""

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.desk import As, credential, office_here
from cli.show import Json, done, table
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, HandlerId
from tayori.domain.menu import MenuSet, read_menus
from tayori.menus import replacing
from tayori.office import Office
from tayori.settings import Settings
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.warehouse import closing
from tayori.warehouse.engines import writing
from tayori.written_files import read_yaml

if TYPE_CHECKING:
    from tayori.line.richmenu import MenuClient

app = typer.Typer(
    help="リッチメニュー (rich menu)。全員に同じものを出す",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)

File = Annotated[Path, typer.Option("--file", metavar="F.yaml", help="メニューの内容 (YAML)")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="描いた画像を置くフォルダ")]
MAY = ("approver", "responsible")
STEPS = {"verb": "すること", "menu": "メニュー", "alias": "別名"}
VERBS = {
    replacing.Verb.MAKE: "作る",
    replacing.Verb.DRESS: "画像を付ける",
    replacing.Verb.NAME: "別名を付ける",
    replacing.Verb.RENAME: "別名の先を替える",
    replacing.Verb.SHOW: "全員に出す",
    replacing.Verb.UNNAME: "別名を外す",
    replacing.Verb.REMOVE: "古いものを消す",
}


@app.command()
def plan(file: File, *, out: Out = None, as_json: Json = False) -> None:
    """ファイルを検査し、画像を描き、apply がすることを順に示す。LINE では何も変えない。"""
    with office_here() as office:
        wanted = replacing.drawn(_menus(office, file))
        for number, one in enumerate(wanted, 1):
            if out is not None:
                out.mkdir(parents=True, exist_ok=True)
                (out / f"tab-{number}.png").write_bytes(one.picture)
        line = _line(office.settings)
        there = line.standing()
        faults = [place for one in wanted for place in line.faults_in(one.menu)]
        todo = replacing.steps(wanted, there, replacing.undressed(line, there))
    if faults:
        typer.echo(f"LINE が受け付けない所: {'、'.join(faults)}", err=True)
    if not todo and not as_json:
        typer.echo("LINE のメニューはファイルのとおりです。することはありません。")
        return
    _show(todo, as_json=as_json)


@app.command()
def diff(file: File) -> None:
    """いま LINE に出ているメニューとファイルの違いを示す。違いがあれば終了コードは 1。"""
    with office_here() as office:
        wanted = replacing.drawn(_menus(office, file))
        there = _line(office.settings).standing()
    known = replacing.ours(there)
    shown = there.menus.get(there.shown, {}) if there.shown else {}
    stale = there.shown is None or there.shown != known.get(wanted[0].name)
    stale |= any(one.name not in known for one in wanted)
    if not stale:
        typer.echo("違いはありません。")
        return
    lines = difflib.unified_diff(_lines(shown), _lines(wanted[0].menu), "LINE", file.name, lineterm="")
    typer.echo("\n".join(lines))
    raise typer.Exit(1)


@app.command()
def apply(file: File, handler: As, *, as_json: Json = False) -> None:
    """LINE のメニューをファイルのとおりにする。古いものは新しいものの後に消す。途中で切れたら、もう一度実行する。"""
    with office_here() as office:
        wanted = replacing.drawn(_menus(office, file))
        actor = credential(office, handler)
        line = _line(office.settings)
        with writing(office.warehouse) as connection:
            closing.require_open(connection, Contract.LINE)
            roster.require_any(connection, HandlerId(actor.handler_id), MAY, office.today())
            evidence = Evidence(actor.handler_id, Purpose.DELIVERY)
            record(connection, evidence, Action.DECIDE, f"rich menu {wanted[0].name}", count=0, now=office.now())
        todo = replacing.replace(line, wanted)
    if as_json:
        _show(todo, as_json=True)
    else:
        done(f"メニューをファイルのとおりにしました（{len(todo)} 手順）。", {}, as_json=False)


def _menus(office: Office, file: Path) -> MenuSet:
    settings = office.settings
    return read_menus(read_yaml(file), settings.web_base_url, settings.link_hosts, settings.opinion_base_url)


def _line(settings: Settings) -> "MenuClient":
    from tayori.line.richmenu import MenuClient  # noqa: PLC0415 - the LINE SDK takes two seconds to load

    return MenuClient.from_settings(settings)


def _show(todo: list[replacing.Step], *, as_json: bool) -> None:
    rows = [
        {"verb": step.verb if as_json else VERBS[step.verb], "menu": step.menu, "alias": step.alias or None}
        for step in todo
    ]
    table(rows, STEPS, as_json=as_json)


def _lines(menu: object) -> list[str]:
    return json.dumps(menu, ensure_ascii=False, indent=1, sort_keys=True).splitlines()
