"""`tayori case`: the opinion desk. Letters are taken up, assigned, answered and ended; reading a list opens nothing."""

import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cli import case_after, case_answer, case_work
from cli.case_work import are_over
from cli.desk import As, credential, day, office_here
from cli.show import Json, done, facts, print_json, table
from tayori.desk import finding, reminders, taking_up
from tayori.desk.attention import attend
from tayori.desk.cases import close_by_receipt
from tayori.desk.finding import OpenedFile
from tayori.domain.answering import FLAG_TERMS, LATENESS_TERMS, RESPONSE_TERMS, Flag, Lateness, Response
from tayori.domain.eras import fiscal_years
from tayori.domain.evidence import Purpose
from tayori.domain.states import CASE_TERMS, OPEN_CASES, CaseState
from tayori.domain.ward import ward
from tayori.errors import BadInput
from tayori.office import Office
from tayori.retention import outgoing
from tayori.warehouse import arrivals, letters, opinions
from tayori.warehouse import attention as queue
from tayori.warehouse.engines import reading

app = typer.Typer(
    help="案件 (case): 意見等の受付・回付・回答・終わり",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
for verbs in (case_work.VERBS, case_answer.VERBS, case_after.VERBS):
    for name, verb in verbs.items():
        app.command(name)(verb)

HEADINGS = {"receipt_no": "受付番号", "received_on": "受付日", "channel": "媒体", "state": "状態", "target_on": "目安"}
TWINS = {"first": "文面"} | {name: HEADINGS[name] for name in ("receipt_no", "received_on", "channel", "state")}
REVISED = {name: HEADINGS[name] for name in ("receipt_no", "received_on", "channel", "state")} | {
    "times": "変わった回数"
}
WRITTEN = {"receipt_no": "受付番号", "state": "状態", "answer_by": "回答の方法", "summary": "要旨の公表"}
WAITING = {"receipt_no": "受付番号", "level": "段階", "received_on": "受付日", "department": "部"}
DUE = {
    "receipt_no": "受付番号",
    "department": "課",
    "in_charge": "担当者",
    "state": "状態",
    "target_on": "目安",
    "note": "あと",
}
WISHES = {"post": "文書", "email": "メール", "fax": "ファクス", "telephone": "電話"}
SUMMARIES = {"yes": "断っていない", "no": "断っている", None: "たずねていない"}
DAYS = {"day": "日", "count": "日目", "reason": "数え方"}
OPENED = {
    "name": "氏名",
    "postal_code": "郵便番号",
    "address": "住所",
    "telephone": "電話",
    "email": "メール",
    "fax": "FAX",
    "opinion": "内容",
    "answer": "回答",
}
ABOUT = {
    "file": "案件番号",
    "state": "状態",
    "target_on": "目安",
    "sections": "主管・関係",
    "matters": "件",
    "response": "対応区分",
    "late_because": "遅れた理由",
    "answer_by": "希望する回答の方法",
    "summary": "要旨の公表",
    "waits": "返事待ち",
    "flags": "至急の印",
}
Outcome = Literal["answered", "circulated", "no_answer_needed", "anonymous", "not_ours", "withdrawn"]
PURPOSES = {"answer": Purpose.ANSWER, "disclosure": Purpose.DISCLOSURE, "inspection": Purpose.INSPECTION}
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="受付番号")]


@app.command("take-up")
def take_up(*, as_json: Json = False) -> None:
    """届いた意見等を受け付ける: 年度の番号、回答の目安、探すための鍵付きハッシュ（15 分ごとに自動でも行う）。"""
    with office_here() as office:
        taken = taking_up.take_up(office)
    done(f"{taken} 件を受け付けました。", {"taken_up": taken}, as_json=as_json)


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """処理の終わっていない案件の一覧。内容は開かない。"""
    with office_here() as office, reading(office.warehouse) as connection:
        rows = [dict(row._mapping) for row in opinions.open_cases(connection)]  # noqa: SLF001 - SQLAlchemy's own name
    shown = [_named({name: row[name] for name in HEADINGS}) for row in rows]
    table(shown, HEADINGS, as_json=as_json)


@app.command()
def due(
    *,
    everything: Annotated[bool, typer.Option("--all", help="目安が遠いものも")] = False,
    department: Annotated[str, typer.Option(help="この課・部のものだけ")] = "",
    as_json: Json = False,
) -> None:
    """回答の目安が近い、又は過ぎた案件（目安超過）と、再び確かめる「検討」。内容は開かない。"""
    with office_here() as office:
        listed = reminders.by_division(reminders.due(office, everything=everything))
    rows = [
        one
        for division, part in listed.items()
        for one in part
        if department in {"", one.department, division.name if division is not None else ""}
    ]
    table(rows, DUE, as_json=as_json)


@app.command()
def explain(number: Number, *, as_json: Json = False) -> None:
    """回答の目安を、受付の日から一日ずつ説明する。"""
    with office_here() as office:
        told = reminders.explained(office, number)
    if as_json:
        print_json(told)
        return
    typer.echo(f"{told.term}（{told.authority}）\n暦: {told.version}")
    table(told.days, DAYS, as_json=False)
    if told.changed:
        typer.echo("受付の後に暦が変わっています。案件の目安は、受付のときのままです（数え直すには case recount）。")


@app.command()
def share(
    *,
    first: Annotated[str, typer.Option("--from", help="初日 YYYY-MM-DD")],
    last: Annotated[str, typer.Option("--to", help="末日 YYYY-MM-DD")],
    as_json: Json = False,
) -> None:
    """期間に回答したもののうち、目安の日数のうちに回答した割合（差出人の返事を待った日も数える）。"""
    with office_here() as office:
        found = reminders.share_in_time(office, day(first), day(last))
    shown = {"answered": found.answered, "in_time": found.in_time, "percent": found.percent}
    facts(shown, {"answered": "回答", "in_time": "目安のうち", "percent": "割合（%）"}, as_json=as_json)


@app.command()
def show(
    number: Number,
    *,
    by: As,
    purpose: Annotated[Literal["answer", "disclosure", "inspection"], typer.Option(help="開く目的")] = "answer",
    as_json: Json = False,
) -> None:
    """意見等を開く。誰が何のために開いたかが、アクセス記録に残る。"""
    with office_here() as office:
        opened = finding.open_letter(office, credential(office, by), number, PURPOSES[purpose])
    if as_json:
        print_json(opened)
        return
    facts(_about(opened) | dict(opened.items), ABOUT | OPENED, as_json=False)
    for line in opened.trail:
        told = "　".join(str(part) for part in (line["target"], line["words"]) if part)
        typer.echo(f"{line['at']:%Y-%m-%d %H:%M} {line['by']} {line['what']}　{told}")


def _about(opened: finding.Opened) -> dict[str, object]:
    """What the desk knows of a case beside the letter, in words."""
    file, kinds = opened.file, ward().kinds
    spans = [f"{since}〜{until or ''}" for since, until in opened.waits]
    return {
        "file": f"{fiscal_years(file.fiscal_year)} 第{file.file_no}号",
        "state": CASE_TERMS[file.state],
        "target_on": file.target_on,
        "sections": [*opened.departments["responsible"], *(f"関係 {one}" for one in opened.departments["related"])],
        "matters": ["　".join(part for part in _matter(one, kinds) if part) for one in opened.matters],
        "response": RESPONSE_TERMS[Response(file.response)] if file.response else "",
        "late_because": LATENESS_TERMS[Lateness(file.late_because)] if file.late_because else "",
        "answer_by": WISHES.get(opened.answer_by or "", "指定なし"),
        "summary": SUMMARIES[opened.summary],
        "waits": spans,
        "flags": [FLAG_TERMS[Flag(one.flag)] for one in opened.flags],
    }


def _matter(one: Mapping[str, Any], kinds: Mapping[str, str]) -> tuple[str, ...]:
    response = RESPONSE_TERMS[Response(one["response"])] if one["response"] else ""
    return (kinds.get(one["kind"], "種別未定"), one["department"] or "", response)


@app.command()
def find(
    *,
    by: As,
    name: Annotated[str, typer.Option(help="氏名（全部）")] = "",
    telephone: Annotated[str, typer.Option(help="電話番号（全部）")] = "",
    email: Annotated[str, typer.Option(help="メールアドレス（全部）")] = "",
    words: Annotated[list[str] | None, typer.Option(help="言葉（マスキング済みの本文から。複数可）")] = None,
    months: Annotated[str, typer.Option(help="言葉で探す集計月 YYYY-MM:YYYY-MM")] = "0001-01:9999-12",
    as_json: Json = False,
) -> None:
    """意見等を差出人又は言葉で探す。受付番号だけを示し、内容は開かない。"""
    given = {item: value for item, value in {"name": name, "telephone": telephone, "email": email}.items() if value}
    if len(given) + bool(words) != 1:
        raise BadInput("Seek by one of --name, --telephone, --email, --words.")
    with office_here() as office:
        who = credential(office, by)
        if words:
            begin, _, end = months.partition(":")
            found = finding.search_masked(office, who, words, begin, end or begin)
        else:
            found = finding.find(office, who, *next(iter(given.items())))
    table([{"receipt_no": one} for one in found], {"receipt_no": "受付番号"}, as_json=as_json)


@app.command()
def files(
    number: Number,
    *,
    by: As,
    clear: Annotated[bool, typer.Option("--clear", help="書き出したものを消す")] = False,
    as_json: Json = False,
) -> None:
    """意見等の添付・画像を HOME/outgoing に開く。読んだら --clear で消す（案件の終わりと 7 日後の夜にも消える）。"""
    with office_here() as office:
        who = credential(office, by)
        if clear:
            gone = outgoing.clear_case(office, number)
            done(f"{gone} 個を消しました。", {"cleared": gone}, as_json=as_json)
            return
        opened = finding.open_files(office, who, number)
        rows = [{"title": one.title, "role": one.role, "path": _written_out(office, number, one)} for one in opened]
    table(rows, {"title": "名前", "role": "役割", "path": "場所"}, as_json=as_json)


def _written_out(office: Office, number: str, file: OpenedFile) -> Path:
    """Write a file of a letter where its handler reads it; its own name, which may be anything, is not used."""
    ending = mimetypes.guess_extension(file.media_type) or ".bin"
    return outgoing.put(office, number, f"-{file.file_no}{ending}", file.content)


@app.command()
def close(
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER...", help="受付番号（list が示すもの。複数可）")],
    *,
    outcome: Annotated[
        Outcome,
        typer.Option(
            help="処理: answered 口頭で回答、circulated 供覧、no_answer_needed 回答不要、anonymous 匿名、"
            "not_ours 所管外、withdrawn 取下げ",
        ),
    ],
    by: As,
    on: Annotated[str, typer.Option("--on", help="処理の終わった日 YYYY-MM-DD（省略: 今日）")] = "",
    as_json: Json = False,
) -> None:
    """案件の処理が終わったことをまとめて記録する（広聴の担当）。終わったものは、マスキングして集計に入る。"""
    with office_here() as office:
        done_on = day(on) if on else office.today()
        closed = close_by_receipt(office, credential(office, by), numbers, CaseState(outcome), done_on)
        are_over(office, numbers)
    done(f"{closed} 件の処理が終わりました。", {"closed": closed, "outcome": outcome}, as_json=as_json)


@app.command()
def attention(*, as_json: Json = False) -> None:
    """確認を待つ意見等（段階 2: 本人・家族の機微な事柄、3: 名前の出た第三者）。内容は開かない。"""
    with office_here() as office, reading(office.warehouse) as connection:
        rows = queue.waiting(connection)
    table([{name: getattr(row, name) for name in WAITING} for row in rows], WAITING, as_json=as_json)


@app.command()
def twins(
    *,
    everything: Annotated[bool, typer.Option("--all", help="処理の終わったものどうしも")] = False,
    as_json: Json = False,
) -> None:
    """同じ文面の意見等（それぞれ 1 通で、それぞれに回答する）。人どうしは結び付けず、内容も開かない。"""
    with office_here() as office, reading(office.warehouse) as connection:
        rows = arrivals.linked(connection)
    going_on = {row["first"] for row in rows if row["state"] in OPEN_CASES}
    rows = [row for row in rows if everything or row["first"] in going_on]
    table(rows if as_json else [_named(row) for row in rows], TWINS, as_json=as_json)


@app.command()
def revised(*, as_json: Json = False) -> None:
    """受け付けた後に、もとの記録（コールセンターなど）が変わった案件と、その回数。内容は開かない。"""
    with office_here() as office, reading(office.warehouse) as connection:
        rows = arrivals.revisions(connection)
    table(rows if as_json else [_named(row) for row in rows], REVISED, as_json=as_json)


def _named(row: dict[str, Any]) -> dict[str, Any]:
    channel = ward().channels.get(row["channel"], row["channel"])
    return row | {"channel": channel, "state": CASE_TERMS[CaseState(row["state"])]}


@app.command()
def attended(
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER...", help="受付番号（attention が示すもの。複数可）")],
    *,
    by: As,
    as_json: Json = False,
) -> None:
    """意見等を確認したことを記録し、確認待ちから外す（広聴の担当）。回答も集計も、これを待たない。"""
    with office_here() as office:
        marked = attend(office, credential(office, by), numbers)
    done(f"{marked} 件を確認しました。", {"attended": marked}, as_json=as_json)


@app.command()
def receipt(
    reference: Annotated[str, typer.Argument(help="意見入力画面の受付番号のはじめの2つ（例 1126-7K3F）")],
    *,
    as_json: Json = False,
) -> None:
    """意見入力画面の受付番号から案件を探し、回答の方法と、要旨の公表の可否を示す。内容は開かない。"""
    with office_here() as office, reading(office.warehouse) as connection:
        rows = letters.case_of(connection, reference.strip().upper())
    shown = [{name: getattr(row, name) for name in WRITTEN} for row in rows]
    if not as_json:
        for one in shown:
            one |= {"answer_by": WISHES.get(one["answer_by"], "-"), "state": CASE_TERMS[CaseState(one["state"])]}
            one |= {"summary": SUMMARIES[one["summary"]]}
    table(shown, WRITTEN, as_json=as_json)
