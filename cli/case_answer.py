"""`tayori case`, the answer: drafted, decided, issued, checked by two, dispatched."""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from cli.case_work import are_over, response_of
from cli.desk import As, credential, day, office_here
from cli.show import Json, done, facts, print_json, table
from tayori.desk import deciding, dispatching, lateness, reviewing
from tayori.desk.deciding import NewReply
from tayori.domain.answering import RESPONSE_TERMS, Form, Way, leading
from tayori.domain.decision_routes import STAMP_TERMS, Stamp, decision_routes
from tayori.errors import BadInput, NotFound
from tayori.retention import outgoing

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="受付番号")]
TextFile = Annotated[Path, typer.Option("--file", help="本文のファイル（UTF-8 のテキスト）")]
SHOWN_MARK: Final = 12
RESPONSES_HELP: Final = (
    "対応区分: "
    + "、".join(f"{one} {term}" for one, term in RESPONSE_TERMS.items())
    + "。件ごとに違うときは、件の順に繰り返す"
)
STEPS = {"post": "職", "department": "課・部", "stamp": "印", "by": "取扱者", "at": "時刻"}
TO_REVIEW = {"receipt_no": "受付番号", "post": "職", "department": "課・部", "by": "代決した取扱者", "at": "時刻"}
DRAFT = {"version": "版", "mark": "照合の印", "form": "様式", "way": "送り方", "words": "本文"}


def share_text(
    name: Annotated[str, typer.Argument(help="共通の回答文の名前")], *, file: TextFile, by: As, as_json: Json = False
) -> None:
    """同趣旨の意見への共通の回答文を書く（新しい版になる）。何人から届いたかは書けない。"""
    with office_here() as office:
        version = deciding.share(office, credential(office, by), name, _text(file))
    done(f"{name} の第 {version} 版です。", {"shared": name, "version": version}, as_json=as_json)


def draft(  # noqa: PLR0913 - each is an option of the command
    number: Number,
    *,
    file: TextFile,
    response: Annotated[list[str], typer.Option(help=RESPONSES_HELP)],
    by: As,
    form: Annotated[
        Literal["usual", "large", "plain"], typer.Option(help="通常、大きな文字、やさしい日本語")
    ] = "usual",
    way: Annotated[
        Literal["letter", "email", "fax"] | None,
        typer.Option(help="文書、メール、ファクス（省略: 差出人の希望のとおり、希望がなければ文書）"),
    ] = None,
    shared: Annotated[str, typer.Option(help="もとにした共通の回答文")] = "",
    as_json: Json = False,
) -> None:
    """回答を起案する。直すときは、もう一度行うと次の版になる。"""
    with office_here() as office:
        words, responses = _text(file), [response_of(one) for one in response]
        each = tuple(responses) if len(responses) > 1 else ()
        new = NewReply(words, leading(responses), Form(form), Way(way) if way else None, shared or None, each)
        advice = deciding.draft(office, credential(office, by), number, new)
    told = "".join(f"\n・{line}" for line in advice)
    done(f"{number} の回答を起案しました。{told}", {"receipt_no": number, "advice": advice}, as_json=as_json)


def draft_show(number: Number, *, by: As, as_json: Json = False) -> None:
    """起案された回答を読む。照合の印は、印を押すときに要る。"""
    with office_here() as office:
        standing = deciding.standing(office, credential(office, by), number)
    row = standing.reply
    shown = {
        "version": row.seq,
        "mark": row.mark.hex()[:SHOWN_MARK],
        "form": row.form,
        "way": row.way,
        "words": standing.words,
    }
    steps = [
        {
            "post": decision_routes().posts[step.post].term,
            "department": step.department,
            "stamp": STAMP_TERMS[Stamp(standing.stamps[at].stamp)] if at < len(standing.stamps) else None,
            "by": standing.stamps[at].by if at < len(standing.stamps) else None,
            "at": standing.stamps[at].at if at < len(standing.stamps) else None,
        }
        for at, step in enumerate(standing.steps)
    ]
    if as_json:
        print_json(shown | {"steps": steps})
        return
    facts(shown, DRAFT, as_json=False)
    table(steps, STEPS, as_json=False)


def submit(number: Number, *, by: As, as_json: Json = False) -> None:
    """起案を決裁に回す。"""
    with office_here() as office:
        first = deciding.submit(office, credential(office, by), number)
    term = decision_routes().posts[first.post].term
    done(
        f"{number} を決裁に回しました。次は {first.department} の{term}です。", {"receipt_no": number}, as_json=as_json
    )


def stamp(
    number: Number,
    *,
    seen: Annotated[str, typer.Option(help="読んだ起案の照合の印（draft-show が示すもの）")],
    by: As,
    as_json: Json = False,
) -> None:
    """読んだ起案に印を押す（承認・合議・専決・代決・決裁）。署名になる。"""
    with office_here() as office:
        put = deciding.stamp(office, credential(office, by), number, seen)
    done(f"{number}: {STAMP_TERMS[put]}", {"receipt_no": number, "stamp": put}, as_json=as_json)


def to_review(*, as_json: Json = False) -> None:
    """代決された回答で、本来の決裁者の後閲を待つもの。内容は開かない。"""
    with office_here() as office:
        rows = reviewing.awaiting_review(office)
    if not as_json:
        rows = [row | {"post": decision_routes().posts[row["post"]].term} for row in rows]
    table(rows, TO_REVIEW, as_json=as_json)


def review_after(number: Number, *, by: As, as_json: Json = False) -> None:
    """不在の間に代決された回答を、本来の決裁者が読んだことを記録する（後閲）。"""
    with office_here() as office:
        post = reviewing.review_after(office, credential(office, by), number)
    term = decision_routes().posts[post].term
    done(f"{number}: {term}の後閲", {"receipt_no": number, "post": post}, as_json=as_json)


def send_back(
    number: Number, *, reason: Annotated[str, typer.Option(help="理由（封緘する）")], by: As, as_json: Json = False
) -> None:
    """起案を差し戻す、又は発送の前に取り戻す。"""
    with office_here() as office:
        deciding.send_back(office, credential(office, by), number, reason)
    done(f"{number} を差し戻しました。", {"receipt_no": number}, as_json=as_json)


def issue(
    number: Number,
    *,
    by: As,
    fax: Annotated[list[str] | None, typer.Option(help="ファクスの番号。二度入力する")] = None,
    as_json: Json = False,
) -> None:
    """決裁の済んだ回答に文書番号を付け、印刷する PDF を HOME/outgoing に置く。発送すると、又は 7 日後の夜に消える。"""
    if fax is not None and len(fax) != len(("first", "second")):
        raise BadInput("The fax number is entered twice: --fax N --fax N.")
    with office_here() as office:
        twice = (fax[0], fax[1]) if fax else None
        issued = dispatching.issue(office, credential(office, by), number, twice)
        path = outgoing.put(office, number, ".pdf", issued.pdf) if issued.pdf is not None else None
    where = f"{path} を印刷し、二人で封筒と照らしてください（case check）。" if path else "case dispatch で送ります。"
    made = {"receipt_no": number, "document_no": issued.document_no, "path": path}
    done(f"{issued.document_no}: {where}", made, as_json=as_json)


def check(number: Number, *, by: As, as_json: Json = False) -> None:
    """封筒の宛名と書面を照らしたことを記録する。別の二人が行う。"""
    with office_here() as office:
        checked = dispatching.check(office, credential(office, by), number)
    told = "もう一人が照らしてください。" if checked == 1 else "発送できます。"
    done(f"{number}: {checked} 人目。{told}", {"receipt_no": number, "checked": checked}, as_json=as_json)


def dispatch(
    number: Number,
    *,
    by: As,
    on: Annotated[str, typer.Option("--on", help="発送の日 YYYY-MM-DD（省略: 今日）")] = "",
    as_json: Json = False,
) -> None:
    """発送を記録する（メールは送る）。送った本文は封緘し、案件はマスキングして集計に渡す。"""
    with office_here() as office:
        state = dispatching.dispatch(office, credential(office, by), number, day(on) if on else None)
        are_over(office, [number])
        late = lateness.waits_for_reason(office, number)
    told = "目安を過ぎています。理由を case late-reason で選んでください。" if late else ""
    done(
        f"{number} の回答を発送しました。{told}", {"receipt_no": number, "state": state, "late": late}, as_json=as_json
    )


def settle(
    number: Number,
    *,
    went_out: Annotated[bool, typer.Option("--sent/--not-sent", help="メールサーバの記録で確かめた結果")],
    by: As,
    as_json: Json = False,
) -> None:
    """送信の途中で止まったメールが、出たかどうかを記録する。"""
    with office_here() as office:
        state = dispatching.settle(office, credential(office, by), number, went_out=went_out)
        are_over(office, [number])
    done(f"{number} を記録しました。", {"receipt_no": number, "state": state}, as_json=as_json)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig").strip()
    except OSError:
        raise NotFound(f"There is no file {path.name} that can be read.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not a text in UTF-8; save it as UTF-8.") from None


VERBS: Final[dict[str, Any]] = {
    "share-text": share_text,
    "draft": draft,
    "draft-show": draft_show,
    "submit": submit,
    "stamp": stamp,
    "to-review": to_review,
    "review-after": review_after,
    "send-back": send_back,
    "issue": issue,
    "check": check,
    "dispatch": dispatch,
    "settle": settle,
}
