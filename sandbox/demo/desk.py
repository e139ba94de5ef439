"""The desk's part of the rehearsal: letters are taken up, two stay past their target, one is answered with its PDF."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from tayori.certificates.pdf import pdf_available
from tayori.desk import deciding, dispatching, finding, handling, reminders
from tayori.desk.deciding import NewReply
from tayori.desk.handling import Assignment
from tayori.domain.answering import Response
from tayori.domain.decision_routes import WARD_WIDE
from tayori.domain.identifiers import HandlerId
from tayori.domain.organisation import Division, organisation
from tayori.office import Office
from tayori.staffing import appoint
from tayori.vault.roster import Credential, NewHandler
from tayori.warehouse import desk
from tayori.warehouse.desk import CaseFile
from tayori.warehouse.engines import reading
from tayori.warehouse.posts import PostRow

PASSPHRASE: Final = "a rehearsal passphrase"  # noqa: S105 - opens nothing but a rehearsal
PAST: Final = 2
ON_PAPER: Final = frozenset({"letter", "postcard"})
TO_THE_MAYOR: Final = frozenset({"opinion", "request", "complaint"})
ANSWER: Final = (
    "お寄せいただいた件につきましては、担当の課で現地を確認しました。\n\n"
    "必要な修繕を来月中に行い、そのほかの箇所もあわせて点検します。\n\n"
    "ご不便をおかけし、申し訳ありません。お知らせいただき、ありがとうございました。"
)
POSTS: Final = ("subsection", "section", "division", "mayor")


@dataclass(frozen=True, slots=True)
class Kept:
    """The cases that the desk does not end in bulk: those past their target, and the one that it answers in writing."""

    past: tuple[CaseFile, ...]
    answered: CaseFile | None

    @property
    def numbers(self) -> frozenset[int]:
        """Their numbers."""
        return frozenset(one.case_no for one in (*self.past, *([self.answered] if self.answered else [])))


def keep(office: Office, by: Credential) -> Kept:
    """Choose, among the open cases, two whose target passed last, and the newest paper letter that can be answered."""
    with reading(office.warehouse) as people:
        files = [file for file in desk.open_files(people) if file.target_on is not None]
    past = [file for file in files if file.target_on is not None and file.target_on < office.today()][-PAST:]
    to_the_mayor = [file for file in files if file.channel in ON_PAPER and file.kind in TO_THE_MAYOR]
    rest = [file for file in reversed(to_the_mayor) if file not in past and file.addressee == "mayor"]
    return Kept(tuple(past), next((file for file in rest if _has_address(office, by, file)), None))


def _has_address(office: Office, by: Credential, file: CaseFile) -> bool:
    return finding.open_letter(office, by, file.receipt_no).items["address"] is not None


def answer(office: Office, staff: Mapping[str, Credential], kept: Kept, out: Path) -> dict[str, int]:
    """Answer the one in writing, on its whole way, into a PDF; give what stands at the desk, in counts."""
    hands = dict(staff) | _appointed(office, staff["responsible"], _division())
    answered = 0
    if kept.answered is not None:
        answered = 1
        _answer(office, hands, kept.answered.receipt_no, out)
    for file in kept.past:
        handling.assign(office, hands["desk"], file.receipt_no, Assignment(_section()))
    listed = reminders.due(office)
    return {"answered": answered, "past_target": sum(one.left < 0 for one in listed)}


def _answer(office: Office, hands: Mapping[str, Credential], receipt_no: str, out: Path) -> None:
    clerk = hands["section"]
    handling.assign(office, hands["desk"], receipt_no, Assignment(_section(), in_charge=clerk.handler_id))
    deciding.draft(office, clerk, receipt_no, NewReply(ANSWER, Response.PLANNED))
    deciding.submit(office, clerk, receipt_no)
    for post in POSTS:
        by = hands[f"{post}-head"]
        deciding.stamp(office, by, receipt_no, deciding.standing(office, by, receipt_no).reply.mark.hex())
    if pdf_available():
        issued = dispatching.issue(office, hands["desk"], receipt_no)
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{receipt_no}.pdf").write_bytes(issued.pdf or b"")
        for name in ("desk", "desk-second"):
            dispatching.check(office, hands[name], receipt_no)
        dispatching.dispatch(office, hands["desk"], receipt_no)


def _appointed(office: Office, responsible: Credential, division: Division) -> dict[str, Credential]:
    """Appoint the hands of the route: a clerk, the heads up to the mayor, and a second hand at the desk."""
    since = office.today() - timedelta(days=30)
    offices = {"subsection": _section(), "section": _section(), "division": division.name, "mayor": WARD_WIDE}
    made = {"section": _hand(office, responsible, "section-1", "section", since)}
    made["desk-second"] = _hand(office, responsible, "desk-2", "desk", since)
    for post, department in offices.items():
        made[f"{post}-head"] = _hand(office, responsible, f"{post}-head", "section", since)
        handling.appoint(office, responsible, PostRow(f"{post}-head", post, department, since))
    return made


def _hand(office: Office, responsible: Credential, handler_id: str, role: str, since: date) -> Credential:
    new = NewHandler(HandlerId(handler_id), f"模擬 {handler_id}", (role,), "甲", since)
    return appoint(office, responsible, new, PASSPHRASE)


def _division() -> Division:
    return next(iter(organisation().divisions.values()))


def _section() -> str:
    return _division().sections[0]
