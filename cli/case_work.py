"""`tayori case`, the work on a case before and after its answer: assign, comment, wait, flag, end, hand over."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import typer

from cli.desk import As, credential, day, office_here
from cli.show import Json, done, table
from tayori.analysis.mart import mask_done_cases
from tayori.desk import flagging, handling
from tayori.desk.finding import masked_letter
from tayori.desk.flagging import NewFlag
from tayori.desk.handling import Assignment
from tayori.desk.wishing import record_wish
from tayori.domain.answering import FLAG_TERMS, PROCEDURES, RESPONSE_TERMS, Flag, NotOurs, Response
from tayori.domain.decision_routes import decision_routes
from tayori.domain.eras import fiscal_years
from tayori.domain.states import CASE_TERMS, CaseState
from tayori.errors import BadInput
from tayori.office import Office
from tayori.retention import outgoing
from tayori.warehouse import posts
from tayori.warehouse.desk import CaseFile
from tayori.warehouse.engines import reading
from tayori.warehouse.posts import PostRow

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="受付番号")]
Reason = Annotated[str, typer.Option(help="理由（封緘して案件に残す）")]
End = Literal["circulated", "no_answer_needed", "anonymous", "withdrawn"]
HANDED_OVER = {
    "receipt_no": "受付番号",
    "file": "案件番号",
    "received_on": "受付日",
    "state": "状態",
    "target_on": "目安",
}
MOVED = {"receipt_no": "受付番号", "before": "これまでの目安", "after": "数え直した目安"}
POSTS = {"department": "課・部", "post": "職", "handler_id": "取扱者", "starts_on": "開始", "ends_on": "終了"}
KINDS_HELP = "件ごとに 種別 又は 種別:課（opinion request complaint inquiry thanks）。一通に何件でも"


def assign(
    number: Number,
    *,
    to: Annotated[str, typer.Option(help="主管課")],
    by: As,
    related: Annotated[list[str] | None, typer.Option(help="関係課（合議する。複数可）")] = None,
    in_charge: Annotated[str, typer.Option(help="担当する取扱者の ID")] = "",
    reason: Annotated[str, typer.Option(help="二度目からは理由（封緘して案件に残す）")] = "",
    as_json: Json = False,
) -> None:
    """案件を主管課と関係課に回付する（広聴の担当）。"""
    with office_here() as office:
        wanted = Assignment(to, related or [], in_charge or None)
        handling.assign(office, credential(office, by), number, wanted, reason or None)
    done(f"{number} を {to} に回付しました。", {"receipt_no": number, "responsible": to}, as_json=as_json)


def give_back(number: Number, *, reason: Reason, by: As, as_json: Json = False) -> None:
    """所管でない案件を、理由を添えて広聴に戻す。"""
    with office_here() as office:
        handling.give_back(office, credential(office, by), number, reason)
    done(f"{number} を広聴に戻しました。", {"receipt_no": number}, as_json=as_json)


def comment(
    number: Number, words: Annotated[str, typer.Argument(help="覚え書き")], *, by: As, as_json: Json = False
) -> None:
    """案件に覚え書きを残す。封緘され、案件とともに終わる。"""
    with office_here() as office:
        handling.comment(office, credential(office, by), number, words)
    done(f"{number} に書き残しました。", {"receipt_no": number}, as_json=as_json)


def classify(
    number: Number, *, kind: Annotated[list[str], typer.Option(help=KINDS_HELP)], by: As, as_json: Json = False
) -> None:
    """一通の中の件と種別を定める。問合せは目安が短くなる。"""
    matters = []
    for one in kind:
        name, _, department = one.partition(":")
        matters.append({"kind": name, "department": department or None})
    with office_here() as office:
        handling.classify(office, credential(office, by), number, matters)
    done(f"{number} は {len(matters)} 件です。", {"receipt_no": number, "matters": len(matters)}, as_json=as_json)


def arrived(
    number: Number,
    *,
    on: Annotated[str, typer.Option("--on", help="区のどこかに初めて届いた日 YYYY-MM-DD")],
    reason: Reason,
    by: As,
    as_json: Json = False,
) -> None:
    """広聴より先に区のほかの窓口に届いていたとき、その日から数え直す。"""
    with office_here() as office:
        handling.correct_arrival(office, credential(office, by), number, day(on), reason)
    done(f"{number} を {on} から数えます。", {"receipt_no": number, "arrived_on": on}, as_json=as_json)


def recount(
    *,
    apply: Annotated[bool, typer.Option("--apply", help="目安を動かす（付けないと、動くものを示すだけ）")] = False,
    by: As,
    as_json: Json = False,
) -> None:
    """休庁日が変わったとき、終わっていない案件の目安を今の暦で数え直す（広聴の担当）。"""
    with office_here() as office:
        moved = handling.count_all_anew(office, credential(office, by), rehearse=not apply)
    table(moved, MOVED, as_json=as_json)


def wait(number: Number, *, reason: Reason, by: As, as_json: Json = False) -> None:
    """差出人に尋ねて返事を待っていることを示す。目安は動かない。"""
    with office_here() as office:
        handling.wait_for_resident(office, credential(office, by), number, reason)
    done(f"{number} は返事を待っています。", {"receipt_no": number}, as_json=as_json)


def resume(number: Number, *, by: As, as_json: Json = False) -> None:
    """差出人の返事があったことを示す。"""
    with office_here() as office:
        handling.resume(office, credential(office, by), number)
    done(f"{number} の返事がありました。", {"receipt_no": number}, as_json=as_json)


def flag(
    number: Number,
    *,
    kind: Annotated[
        Literal["danger", "official", "procedure"],
        typer.Option(help="、".join(f"{one} {term}" for one, term in FLAG_TERMS.items())),
    ],
    by: As,
    procedure: Annotated[str, typer.Option(help="、".join(f"{one} {term}" for one, term in PROCEDURES.items()))] = "",
    official: Annotated[str, typer.Option(help="苦情の対象の取扱者の ID。この案件を見られなくなる")] = "",
    words: Annotated[str, typer.Option(help="覚え書き（封緘する）")] = "",
    as_json: Json = False,
) -> None:
    """至急の印を付け、すぐに知らせる: 生命・身体の危険、特定の職員への苦情、審査請求など。"""
    with office_here() as office:
        new = NewFlag(Flag(kind), procedure or None, official or None)
        told = flagging.raise_flag(office, credential(office, by), number, new, words or None)
    sent = "メールで知らせました。" if told else "メールの設定がないか、届きません。電話で知らせてください。"
    done(f"{number} に印を付けました。{sent}", {"receipt_no": number, "told": told}, as_json=as_json)


def are_over(office: Office, numbers: Sequence[str]) -> None:
    """Do what follows when cases are over: what was written out of them goes, and they are masked for the analysis."""
    outgoing.clear(office, numbers)
    mask_done_cases(office)


def not_ours(
    number: Number,
    *,
    way: Annotated[
        Literal["told", "passed", "forwarded"],
        typer.Option(help="told 正しい窓口を回答で知らせる、passed 個人の項目を除いて伝える、forwarded 同意を得て転送"),
    ] = "told",
    words: Annotated[str, typer.Option(help="どこの所管か、同意の得方（封緘する）")],
    by: As,
    consent: Annotated[str, typer.Option(help="同意の日 YYYY-MM-DD（forwarded）")] = "",
    as_json: Json = False,
) -> None:
    """所管外の案件を扱う。既定は、正しい窓口を回答で知らせること。"""
    with office_here() as office:
        consent_on, who = day(consent) if consent else None, credential(office, by)
        handling.not_ours(office, who, number, NotOurs(way), words, consent_on)
        text = masked_letter(office, who, number) if NotOurs(way) is NotOurs.PASSED else None
        if NotOurs(way) is not NotOurs.TOLD:
            are_over(office, [number])
    told = "" if text is None else f"次の文を読み、名前が残っていないことを確かめてから伝えてください。\n\n{text}"
    made = {"receipt_no": number, "way": way, "masked": text}
    done(f"{number} を所管外としました。{told}", made, as_json=as_json)


def end(
    number: Number,
    *,
    outcome: Annotated[
        End, typer.Option(help="circulated 供覧、no_answer_needed 回答不要、anonymous 匿名、withdrawn 取下げ")
    ],
    reason: Reason,
    by: As,
    as_json: Json = False,
) -> None:
    """回答をしない案件を、理由を残して終える（広聴の担当）。"""
    with office_here() as office:
        handling.end_without_answer(office, credential(office, by), number, CaseState(outcome), reason)
        are_over(office, [number])
    done(f"{number} を終えました。", {"receipt_no": number, "outcome": outcome}, as_json=as_json)


def follow_up(
    number: Number,
    *,
    response: Annotated[str, typer.Option(help="、".join(f"{one} {term}" for one, term in RESPONSE_TERMS.items()))],
    words: Annotated[str, typer.Option(help="どうなったか（封緘する）")],
    by: As,
    as_json: Json = False,
) -> None:
    """「検討」と回答したことが、その後どうなったかを残す。"""
    with office_here() as office:
        again = handling.follow_up(office, credential(office, by), number, response_of(response), words)
    told = f"次は {again} に戻ります。" if again else "もう戻りません。"
    done(f"{number} を確かめました。{told}", {"receipt_no": number, "again_on": again}, as_json=as_json)


def response_of(written: str) -> Response:
    """Read a 対応区分.

    Raises:
        BadInput: there is none of this name.

    """
    if written not in set(Response):
        raise BadInput(f"A response is one of {', '.join(Response)}.")
    return Response(written)


def complete(number: Number, *, by: As, as_json: Json = False) -> None:
    """回答した案件を完結とする。「検討」は、確かめてから。"""
    with office_here() as office:
        handling.close(office, credential(office, by), number)
    done(f"{number} は完結しました。", {"receipt_no": number}, as_json=as_json)


def hand_over(
    leaving: Annotated[str, typer.Argument(metavar="HANDLER", help="離れる取扱者の ID")],
    *,
    to: Annotated[str, typer.Option(help="引き継ぐ取扱者の ID")],
    by: As,
    as_json: Json = False,
) -> None:
    """人事異動: 担当する案件をすべて引き継ぎ、職を終える。引継書になる一覧を示す。"""
    with office_here() as office:
        files = handling.hand_over(office, credential(office, by), leaving, to)
    rows = [
        {name: getattr(one, name) for name in HANDED_OVER if name != "file"} | {"file": _file(one)} for one in files
    ]
    told = [row | {"state": CASE_TERMS[row["state"]]} for row in rows]
    table(rows if as_json else told, HANDED_OVER, as_json=as_json)


def _file(one: CaseFile) -> str:
    return f"{fiscal_years(one.fiscal_year)} 第{one.file_no}号"


def appoint(
    handler_id: Annotated[str, typer.Argument(metavar="HANDLER", help="取扱者の ID")],
    *,
    post: Annotated[
        str,
        typer.Option(help="職: " + "、".join(f"{name} {one.term}" for name, one in decision_routes().posts.items())),
    ],
    department: Annotated[str, typer.Option(help="課（係長・課長）、部（部長）、区（副区長・区長）")],
    by: As,
    starts: Annotated[str, typer.Option(help="開始日 YYYY-MM-DD（省略: 今日）")] = "",
    as_json: Json = False,
) -> None:
    """決裁に加わる職を、取扱責任者が定める。"""
    with office_here() as office:
        row = PostRow(handler_id, post, department, day(starts) if starts else office.today())
        handling.appoint(office, credential(office, by), row)
    done(f"{handler_id} は {department} の {post} です。", {"handler_id": handler_id, "post": post}, as_json=as_json)


def posts_held(*, as_json: Json = False) -> None:
    """決裁に加わる職の一覧。"""
    with office_here() as office, reading(office.warehouse) as people:
        rows = posts.everyone(people)
    table(rows, POSTS, as_json=as_json)


def summary(
    number: Number,
    wish: Annotated[Literal["yes", "no"], typer.Argument(help="yes 公表してよい、no 公表してほしくない")],
    *,
    by: As,
    words: Annotated[str, typer.Option(help="どう伝え、どう答えたか（封緘して案件に残す。yes のときは必ず）")] = "",
    as_json: Json = False,
) -> None:
    """要旨の公表について差出人が述べたことを記録する（広聴の担当）。後から述べたものが優先する。"""
    with office_here() as office:
        record_wish(office, credential(office, by), number, may=wish == "yes", words=words or None)
    done(f"{number} の要旨の公表について記録しました。", {"receipt_no": number, "summary": wish}, as_json=as_json)


VERBS: Final[dict[str, Any]] = {
    "summary": summary,
    "assign": assign,
    "give-back": give_back,
    "comment": comment,
    "classify": classify,
    "arrived": arrived,
    "recount": recount,
    "wait": wait,
    "resume": resume,
    "flag": flag,
    "not-ours": not_ours,
    "end": end,
    "follow-up": follow_up,
    "complete": complete,
    "hand-over": hand_over,
    "appoint": appoint,
    "posts": posts_held,
}
