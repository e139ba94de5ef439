"""`tayori survey`: check, publish, close, and what may be published of the results (L6, P5)."""

from pathlib import Path
from typing import Annotated

import typer

from cli.desk import As, credential, office_here
from cli.show import Json, done, facts, table
from expectations.gate import gate
from tayori.analysis import surveys as analysis
from tayori.desk import surveys as desk
from tayori.errors import Refused
from tayori.reports.survey_results import survey_page
from tayori.written_files import read_yaml

app = typer.Typer(help="アンケート (survey)", no_args_is_help=True, rich_markup_mode=None, add_completion=False)

Name = Annotated[str, typer.Argument(help="アンケートの名前")]
File = Annotated[Path, typer.Argument(help="アンケートを書いた YAML ファイル")]
HEADINGS = {
    "name": "名前",
    "title": "題",
    "anonymous": "無記名",
    "state": "状態",
    "closes_on": "締切",
    "answers": "回答",
}
ASKED = {"place": "場所", "word": "語", "term": "事項", "basis": "根拠"}


@app.command()
def check(file: File, *, as_json: Json = False) -> None:
    """アンケートの形を確かめ、尋ねてはならない事項（特記事項5）がないかを調べる。何も保存しない。"""
    checked = desk.check(read_yaml(file))
    if checked.asked:
        table([{name: getattr(one, name) for name in ASKED} for one in checked.asked], ASKED, as_json=as_json)
        raise Refused(f"The survey asks for what may not be asked, in {len(checked.asked)} places ({desk.OFFENCE}).")
    told = {"name": checked.survey.name, "questions": len(checked.survey.questions)}
    done(f"設問 {len(checked.survey.questions)} 問。尋ねてはならない事項は見つかりません。", told, as_json=as_json)


@app.command()
def publish(file: File, *, by: As, as_json: Json = False) -> None:
    """アンケートを公開する（承認者）。締切の日まで、受信設定のページから答えられる。"""
    with office_here() as office:
        survey = desk.publish(office, credential(office, by), read_yaml(file))
    done(f"アンケート「{survey.title}」を公開しました。", {"name": survey.name}, as_json=as_json)


@app.command()
def close(name: Name, *, by: As, as_json: Json = False) -> None:
    """アンケートを締め切って集計する（承認者）。個々の回答と、無記名の回答済みの印は、鍵とともに消える。"""
    with office_here() as office:
        answered = desk.close(office, credential(office, by), name, gate)
    done(f"締め切りました。回答した人は {answered} 人です。", {"name": name, "answers": answered}, as_json=as_json)


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """アンケートの一覧。無記名のものの回答の数は、締め切るまで数えない。"""
    with office_here() as office:
        rows = [
            {
                "name": one.name,
                "title": desk.title_of(one),
                "anonymous": one.anonymous,
                "state": one.state,
                "closes_on": one.closes_on,
                "answers": answers,
            }
            for one, answers in desk.answering(office)
        ]
    table(rows, HEADINGS, as_json=as_json)


@app.command()
def results(
    name: Name,
    *,
    out: Annotated[Path, typer.Option(help="結果のページと CSV を書くフォルダ")] = Path("out/surveys"),
    internal: Annotated[
        bool, typer.Option("--internal", help="庁内用（5 人未満を伏せる。省略: 公表用、10 人未満）")
    ] = False,
    as_json: Json = False,
) -> None:
    """締め切ったアンケートの、秘匿処理済みの表と図を HTML と CSV に書く。"""
    k = min(analysis.SMALLEST) if internal else max(analysis.SMALLEST)
    with office_here() as office:
        told = analysis.results(office, name, k)
        page = survey_page(told.survey, told.tables, k, office.today())
    out.mkdir(parents=True, exist_ok=True)
    stem = f"{name}-internal" if internal else name
    files = {"page": out / f"{stem}.html", "csv": out / f"{stem}.csv"}
    files["page"].write_text(page, "utf-8")
    files["csv"].write_text(analysis.as_csv(told), "utf-8", newline="")
    hidden = sum(one.hidden for one in told.tables)
    shown = {"tables": len(told.tables), "hidden": hidden, **files}
    facts(shown, {"tables": "表", "hidden": "伏せた数", "page": "ページ", "csv": "CSV"}, as_json=as_json)
