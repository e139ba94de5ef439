"""A desk with its staff and letters, as a test needs them: a test says what matters. Every person is a dummy."""

from dataclasses import dataclass, replace
from datetime import date

from tayori.desk import deciding, dispatching, handling, taking_up
from tayori.desk.deciding import NewReply
from tayori.desk.handling import Assignment
from tayori.domain.answering import Response
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.states import CaseState
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.envelope import place, seal
from tayori.vault.roster import Credential
from tayori.warehouse import audit, opinions
from tayori.warehouse.engines import reading
from tayori.warehouse.posts import PostRow
from tayori.warehouse.schema.opinions import SEALED_ITEMS
from tests.support.handlers import a_handler

SECTION, OTHER = "みどり公園課", "道路課"
WORDS = "ご指摘の公園の遊具は、来月中に修理します。\n\nご不便をおかけし、申し訳ありません。"
POSTS = {
    "clerk": (),
    "kakari": (("subsection", SECTION),),
    "kacho": (("section", SECTION),),
    "other-kacho": (("section", OTHER),),
    "bucho": (("division", "みどり土木部"),),
    "fuku": (("deputy_mayor", "区"),),
    "kucho": (("mayor", "区"),),
}
ON_THE_ROUTE = ("kakari", "kacho", "bucho", "kucho")
Staff = dict[str, Credential]


@dataclass(frozen=True)
class Written:
    """A letter as a test writes it; the rest is filled in."""

    name: str | None = "模擬 花子"
    postal_code: str | None = "000-0000"
    address: str | None = "模擬区模擬町二丁目３番４号　模擬荘２０１"
    telephone: str | None = "０９０－００００－１２３４"
    email: str | None = "hanako@example.jp"
    fax: str | None = "03-0000-0055"
    opinion: str = "公園の遊具が壊れています。直してください。"
    answer: str | None = None
    addressee: str = "mayor"
    kind: str | None = "opinion"
    answer_wanted: str = "yes"
    channel: str = "letter"
    department: str | None = None
    received_on: date = date(2026, 10, 1)
    state: CaseState = CaseState.RECEIVED


def the_staff(office: Office) -> Staff:
    """Give credentials of the desk, its second hand, the responsible handler, and everybody on the routes."""
    staff = {
        "chief": a_handler(office, "chief", "responsible", side="甲"),
        "sakura": a_handler(office, "sakura", "desk", side="甲"),
        "momo": a_handler(office, "momo", "desk", side="甲"),
    }
    for name, held in POSTS.items():
        staff[name] = a_handler(office, name, "section", side="甲")
        for post, department in held:
            handling.appoint(office, staff["chief"], PostRow(name, post, department, date(2026, 4, 1)))
    return staff


def a_letter(office: Office, written: Written | None = None, **changes: object) -> str:
    """Put a letter into the stores as the intake leaves it, and let the desk take it up; give its receipt number."""
    receipt_no = put(office, replace(written or Written(), **changes))  # type: ignore[arg-type]
    taking_up.take_up(office)
    return receipt_no


def put(office: Office, letter: Written) -> str:
    """Put a letter into the stores as the intake leaves it; give its receipt number."""
    with office.writing_people() as (people, vault):
        record(people, Evidence("test", Purpose.INTAKE), Action.WRITE, "a dummy letter", count=1, now=office.now())
        (number,) = opinions.reserve_cases(people, 1)
        (key,) = office.case_keys.create(vault, [number])
        sealed = {item: getattr(letter, item) for item in SEALED_ITEMS}
        row = {
            item: seal(key, text.encode(), place("opinion_case", item, number)) if text is not None else None
            for item, text in sealed.items()
        }
        plain = ("channel", "addressee", "answer_wanted", "received_on", "department", "kind", "state")
        given = {name: getattr(letter, name) for name in plain}
        done = letter.received_on if letter.state is not CaseState.RECEIVED else None
        rest = dict.fromkeys(("target_on", "calendar_version", "theme", "content_mark")) | {"done_on": done}
        receipt_no = f"R{letter.received_on.year}-{number:07d}"
        key_of_source = office.index.of_source_key("dummy", str(number))
        own = {"case_no": number, "receipt_no": receipt_no, "source": "dummy", "source_key": key_of_source}
        opinions.add_cases(people, [row | given | rest | own])
    return receipt_no


def assigned(office: Office, staff: Staff, receipt_no: str, *related: str) -> str:
    """Assign a case to the section of the parks."""
    handling.assign(office, staff["sakura"], receipt_no, Assignment(SECTION, related, "clerk"))
    return receipt_no


def drafted(office: Office, staff: Staff, receipt_no: str, words: str = WORDS, **changes: object) -> str:
    """Draft an answer by the clerk, and submit it."""
    changes.setdefault("response", Response.PLANNED)
    deciding.draft(office, staff["clerk"], receipt_no, NewReply(words=words, **changes))  # type: ignore[arg-type]
    deciding.submit(office, staff["clerk"], receipt_no)
    return receipt_no


def stamped(office: Office, staff: Staff, receipt_no: str, *names: str) -> str:
    """Let these handlers stamp in turn, each having read the draft."""
    for name in names:
        seen = deciding.standing(office, staff[name], receipt_no).reply.mark.hex()
        deciding.stamp(office, staff[name], receipt_no, seen)
    return receipt_no


def decided(office: Office, staff: Staff, words: str = WORDS, written: Written | None = None, **changes: object) -> str:
    """Bring a new letter to a decided answer by the mayor's route."""
    receipt_no = assigned(office, staff, a_letter(office, written))
    drafted(office, staff, receipt_no, words, **changes)
    return stamped(office, staff, receipt_no, *ON_THE_ROUTE)


def sent(office: Office, staff: Staff, receipt_no: str) -> CaseState:
    """Check a letter by two and let it leave."""
    for name in ("sakura", "momo"):
        dispatching.check(office, staff[name], receipt_no)
    return dispatching.dispatch(office, staff["sakura"], receipt_no)


def state_of(office: Office, receipt_no: str) -> CaseState:
    """Give the state of a case."""
    with reading(office.warehouse) as people:
        return opinions.by_receipt(people, [receipt_no])[receipt_no][1]


def logged(office: Office) -> list[str]:
    """Give the access log's lines as text: actor, action, purpose, object."""
    with reading(office.warehouse) as people:
        return [f"{row.actor} {row.action} {row.purpose} {row.object}" for row in audit.lines(people)]
