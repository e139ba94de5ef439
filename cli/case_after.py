"""`tayori case`, what is said of a case afterwards: why its answer was late, and its field where none was found."""

from typing import Annotated, Any, Final

import typer

from cli.desk import As, credential, office_here
from cli.show import Json, done, table
from tayori.desk import fields, lateness
from tayori.domain.answering import LATENESS_TERMS, Lateness
from tayori.domain.ward import ward
from tayori.errors import BadInput

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="受付番号")]
LATE = {"receipt_no": "受付番号", "target_on": "目安", "done_on": "回答", "in_charge": "担当者"}
UNDECIDED = {"receipt_no": "受付番号", "received_on": "受付日", "channel": "媒体", "department": "部"}


def late(*, as_json: Json = False) -> None:
    """目安を過ぎて回答し、理由の記録がない案件。内容は開かない。"""
    with office_here() as office:
        rows = lateness.unexplained(office)
    table([{name: getattr(row, name) for name in LATE} for row in rows], LATE, as_json=as_json)


def late_reason(
    number: Number,
    *,
    reason: Annotated[str, typer.Option(help="、".join(f"{code} {term}" for code, term in LATENESS_TERMS.items()))],
    by: As,
    as_json: Json = False,
) -> None:
    """目安を過ぎた理由を選ぶ。回答はこれを待たず、後からでもよい。もう一度選ぶと、後のものが残る。"""
    if reason not in set(Lateness):
        raise BadInput(f"A reason is one of {', '.join(Lateness)}.")
    with office_here() as office:
        lateness.explain(office, credential(office, by), number, Lateness(reason))
    told = f"{number} の遅れた理由: {LATENESS_TERMS[Lateness(reason)]}"
    done(told, {"receipt_no": number, "reason": reason}, as_json=as_json)


def themes(*, as_json: Json = False) -> None:
    """機械が分野を一つに決められなかった意見等。内容は開かない。"""
    with office_here() as office:
        rows = fields.waiting(office)
    shown = [{name: getattr(row, name) for name in UNDECIDED} for row in rows]
    if not as_json:
        shown = [row | {"channel": ward().channels.get(row["channel"], row["channel"])} for row in shown]
    table(shown, UNDECIDED, as_json=as_json)


def theme(
    number: Number,
    field: Annotated[str, typer.Argument(metavar="FIELD", help="分野（例 公園・みどり）")],
    *,
    by: As,
    as_json: Json = False,
) -> None:
    """Themes が示す意見等の分野を、読んで定める（広聴の担当）。一度だけ。後の集計でも変わらない。"""
    with office_here() as office:
        fields.decide_field(office, credential(office, by), number, field)
    done(f"{number} の分野: {field}", {"receipt_no": number, "theme": field}, as_json=as_json)


VERBS: Final[dict[str, Any]] = {"late": late, "late-reason": late_reason, "themes": themes, "theme": theme}
