"""A decided answer leaves once, to one person, after two people looked; what was said is sealed with the case."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import update

from tayori.certificates.pdf import pdf_available
from tayori.desk import deciding, dispatching, finding, handling
from tayori.desk.cases import close_by_receipt
from tayori.desk.letterhead import REHEARSAL
from tayori.domain.answering import NotOurs, Response, Way
from tayori.domain.states import CaseState
from tayori.errors import BadInput, NotFound, Refused, Unavailable
from tayori.mail import InDoubt
from tayori.office import Office
from tayori.reports.address_window import lettering
from tayori.warehouse import desk, replies
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.desk import case_trail
from tests.desk.builders import (
    ON_THE_ROUTE,
    WORDS,
    Staff,
    Written,
    a_letter,
    assigned,
    decided,
    drafted,
    sent,
    stamped,
    state_of,
    the_staff,
)
from tests.support.builders import TestClock, an_office
from tests.support.mail_desk import MailDesk, running_desk

C = CaseState
pytestmark = [
    pytest.mark.pdf,
    pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
        "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture(autouse=True)
def _pango() -> None:
    if not pdf_available():
        pytest.skip("Pango is not installed")


@pytest.fixture
def refusing(tmp_path: Path, clock: TestClock) -> Iterator[Office]:
    """Give an office whose mail server takes no mail."""
    with running_desk(refuses=True) as server:
        opened = an_office(tmp_path / "refusing", clock, smtp_url=server.url)
        yield opened
        opened.close()


def test_a_letter_leaves_after_two_people_checked_it(office: Office, staff: Staff) -> None:
    """Number, print, two checks by two hands, dispatch: then the case is answered and the text sealed with it."""
    receipt_no = decided(office, staff)
    issued = dispatching.issue(office, staff["sakura"], receipt_no)
    assert issued.document_no == "8稽区広第1号"
    assert issued.pdf is not None
    assert issued.pdf.startswith(b"%PDF-")
    with pytest.raises(Refused, match="Two people"):
        dispatching.dispatch(office, staff["sakura"], receipt_no)
    assert dispatching.check(office, staff["sakura"], receipt_no) == 1
    with pytest.raises(Refused, match="another person"):
        dispatching.check(office, staff["sakura"], receipt_no)
    assert dispatching.check(office, staff["momo"], receipt_no) == 2
    assert dispatching.dispatch(office, staff["sakura"], receipt_no) is C.ANSWERED
    opened = finding.open_letter(office, staff["sakura"], receipt_no)
    assert opened.items["answer"] == issued.text
    assert WORDS.split("\n")[0] in issued.text
    with reading(office.warehouse) as people:
        file = desk.find(people, receipt_no)
        out = replies.issued(people, file.case_no)
    assert (file.done_on, file.response) == (office.today(), Response.PLANNED)
    assert out is not None
    assert (out.decided_on, out.sent_on, out.sent_by) == (office.today(), office.today(), "sakura")


def test_a_number_is_given_once_and_counts_within_the_fiscal_year(
    office: Office, staff: Staff, clock: TestClock
) -> None:
    """Issued again, a document keeps its number; the next one has the next; in April they begin anew."""
    first, second, third = (decided(office, staff) for _ in range(3))
    numbers = [dispatching.issue(office, staff["sakura"], one).document_no for one in (first, first, second)]
    clock.forward(days=160)
    numbers.append(dispatching.issue(office, staff["sakura"], third).document_no)
    assert numbers == ["8稽区広第1号", "8稽区広第1号", "8稽区広第2号", "9稽区広第1号"]


def test_issuing_anew_needs_both_checks_anew(office: Office, staff: Staff) -> None:
    """A letter that was printed again is another sheet: who checked the first one did not see it."""
    receipt_no = decided(office, staff)
    dispatching.issue(office, staff["sakura"], receipt_no)
    dispatching.check(office, staff["momo"], receipt_no)
    dispatching.issue(office, staff["sakura"], receipt_no)
    assert dispatching.check(office, staff["momo"], receipt_no) == 1


@pytest.mark.parametrize("sent_on", [date(2026, 11, 3), date(2026, 11, 1)], ids=["tomorrow", "before the decision"])
def test_an_answer_leaves_on_a_day_that_can_be(office: Office, staff: Staff, sent_on: date) -> None:
    """Not in the future, not before its decision."""
    receipt_no = decided(office, staff)
    dispatching.issue(office, staff["sakura"], receipt_no)
    for name in ("sakura", "momo"):
        dispatching.check(office, staff[name], receipt_no)
    with pytest.raises(BadInput):
        dispatching.dispatch(office, staff["sakura"], receipt_no, sent_on)


def test_nothing_leaves_undecided_or_twice(office: Office, staff: Staff) -> None:
    """An undecided answer has no number; one that left does not leave again."""
    waiting = drafted(office, staff, assigned(office, staff, a_letter(office)))
    with pytest.raises(Refused, match="only a decided"):
        dispatching.issue(office, staff["sakura"], waiting)
    receipt_no = decided(office, staff)
    with pytest.raises(NotFound, match="issue"):
        dispatching.check(office, staff["sakura"], receipt_no)
    dispatching.issue(office, staff["sakura"], receipt_no)
    assert sent(office, staff, receipt_no) is C.ANSWERED
    with pytest.raises(Refused):
        dispatching.dispatch(office, staff["sakura"], receipt_no)
    with pytest.raises(Refused):
        deciding.send_back(office, staff["bucho"], receipt_no, "遅い")


def test_a_decision_taken_back_needs_a_new_one(office: Office, staff: Staff) -> None:
    """Before it leaves an answer may be taken back; the number stays with the case for the next version."""
    receipt_no = decided(office, staff)
    number = dispatching.issue(office, staff["sakura"], receipt_no).document_no
    deciding.send_back(office, staff["bucho"], receipt_no, "誤記")
    stamped(office, staff, drafted(office, staff, receipt_no, WORDS + "追記。"), *ON_THE_ROUTE)
    assert dispatching.issue(office, staff["sakura"], receipt_no).document_no == number


def test_what_was_printed_before_it_was_taken_back_does_not_leave(office: Office, staff: Staff) -> None:
    """The sheet in the envelope is the first version: neither do its checks hold for the second, nor is it checked."""
    receipt_no = decided(office, staff)
    dispatching.issue(office, staff["sakura"], receipt_no)
    dispatching.check(office, staff["sakura"], receipt_no)
    dispatching.check(office, staff["momo"], receipt_no)
    deciding.send_back(office, staff["bucho"], receipt_no, "誤記")
    with pytest.raises(Refused, match="only a decided"):
        dispatching.check(office, staff["sakura"], receipt_no)
    stamped(office, staff, drafted(office, staff, receipt_no, "別の回答です。"), *ON_THE_ROUTE)
    for leave in (dispatching.check, dispatching.dispatch):
        with pytest.raises(NotFound, match="as it stands"):
            leave(office, staff["sakura"], receipt_no)
    dispatching.issue(office, staff["sakura"], receipt_no)
    assert sent(office, staff, receipt_no) is C.ANSWERED


def test_what_is_sealed_as_sent_is_what_was_printed(office: Office, staff: Staff) -> None:
    """A new mayor, telephone or symbol between printing and leaving: it is printed and checked anew."""
    receipt_no = decided(office, staff)
    dispatching.issue(office, staff["sakura"], receipt_no)
    another_mayor(office)
    with pytest.raises(Refused, match="letterhead changed"):
        sent(office, staff, receipt_no)
    dispatching.issue(office, staff["sakura"], receipt_no)
    assert sent(office, staff, receipt_no) is C.ANSWERED


def another_mayor(office: Office) -> Path:
    """Write a letterhead that names another mayor."""
    lines = "".join(f'{name}: "{value}"\n' for name, value in (REHEARSAL | {"mayor": "模擬区長　模擬 次郎"}).items())
    path = office.settings.home / "answer_letterhead.yaml"
    path.write_text(lines, "utf-8")
    return path


def test_what_is_sealed_as_sent_is_the_mail_that_may_have_gone(office: Office, staff: Staff) -> None:
    """The letterhead that changed while a mail was in doubt is not the one of that mail: it is put back first."""
    receipt_no = decided(office, staff, way=Way.EMAIL)
    issued = dispatching.issue(office, staff["sakura"], receipt_no)
    with writing(office.warehouse) as people:
        replies.alter_dispatch(people, desk.find(people, receipt_no).case_no, sent_by="sakura")
    letterhead = another_mayor(office)
    with pytest.raises(Refused, match="back as it was"):
        dispatching.settle(office, staff["sakura"], receipt_no, went_out=True)
    letterhead.unlink()
    assert dispatching.settle(office, staff["sakura"], receipt_no, went_out=True) is C.ANSWERED
    assert finding.open_letter(office, staff["sakura"], receipt_no).items["answer"] == issued.text


def test_what_an_older_version_issued_still_leaves(office: Office, staff: Staff) -> None:
    """Its line in the trail is the number alone; the letter is in its envelope, and is not dated anew."""
    receipt_no = decided(office, staff)
    number = dispatching.issue(office, staff["sakura"], receipt_no).document_no
    with writing(office.warehouse) as people:
        people.execute(update(case_trail).where(case_trail.c.what == "issued").values(target=number))
    assert sent(office, staff, receipt_no) is C.ANSWERED


def test_telling_the_right_office_ends_as_not_ours(office: Office, staff: Staff) -> None:
    """所管外, told: an answer goes out, and the case counts as 所管外."""
    receipt_no = a_letter(office)
    handling.not_ours(office, staff["sakura"], receipt_no, NotOurs.TOLD, "都の交通局")
    drafted(office, staff, assigned(office, staff, receipt_no), "都の交通局が担当です。", response=Response.OTHER)
    stamped(office, staff, receipt_no, *ON_THE_ROUTE)
    dispatching.issue(office, staff["sakura"], receipt_no)
    assert sent(office, staff, receipt_no) is C.NOT_OURS


def test_a_mail_has_one_recipient_and_no_copies(mailing: Office, mail_desk: MailDesk) -> None:
    """The letter's own address in To, nothing in Cc or Bcc, and neither name nor matter in the subject."""
    staff = the_staff(mailing)
    receipt_no = decided(mailing, staff, way=Way.EMAIL)
    assert dispatching.issue(mailing, staff["sakura"], receipt_no).pdf is None
    assert dispatching.dispatch(mailing, staff["sakura"], receipt_no) is C.ANSWERED
    (mail,) = mail_desk.received
    assert mail.get_all("To") == ["hanako@example.jp"]
    assert mail.get_all("Cc") is None
    assert mail.get_all("Bcc") is None
    assert receipt_no in mail["Subject"]
    assert "花子" not in mail["Subject"]
    assert WORDS.split("\n")[0] in mail.get_content()
    with pytest.raises(Refused):
        dispatching.dispatch(mailing, staff["sakura"], receipt_no)


@pytest.mark.parametrize(
    "address",
    [
        "a@example.jp, b@example.jp",
        "a@example.jp\nBcc: b@example.jp",
        "模擬",
        "a@real-town.jp",
        "a@example.jp;b@example.jp",
    ],
    ids=["two", "a header", "none", "a real domain in a rehearsal", "two with a semicolon"],
)
def test_a_mail_to_anything_but_one_address_is_not_sent(mailing: Office, mail_desk: MailDesk, address: str) -> None:
    """Two addresses, a header within, no address at all: refused, nothing sent, and the answer stays decided."""
    staff = the_staff(mailing)
    receipt_no = decided(mailing, staff, written=Written(email=address), way=Way.EMAIL)
    dispatching.issue(mailing, staff["sakura"], receipt_no)
    with pytest.raises(BadInput):
        dispatching.dispatch(mailing, staff["sakura"], receipt_no)
    assert mail_desk.received == []
    assert state_of(mailing, receipt_no) is C.DECIDED
    dispatching.issue(mailing, staff["sakura"], receipt_no)


def test_a_mail_without_a_server_leaves_no_doubt(office: Office, staff: Staff) -> None:
    """Nobody was reached: the answer stays decided, and can be sent once a server is set."""
    receipt_no = decided(office, staff, way=Way.EMAIL)
    dispatching.issue(office, staff["sakura"], receipt_no)
    with pytest.raises(Unavailable):
        dispatching.dispatch(office, staff["sakura"], receipt_no)
    assert dispatching.issue(office, staff["sakura"], receipt_no).document_no == "8稽区広第1号"


def test_a_mail_that_the_server_refused_can_be_sent_again(refusing: Office) -> None:
    """Refused mail leaves no doubt: the answer is decided and unsent."""
    staff = the_staff(refusing)
    receipt_no = decided(refusing, staff, way=Way.EMAIL)
    dispatching.issue(refusing, staff["sakura"], receipt_no)
    for _ in range(2):
        with pytest.raises(Refused, match="takes no mail"):
            dispatching.dispatch(refusing, staff["sakura"], receipt_no)
    assert state_of(refusing, receipt_no) is C.DECIDED


def test_a_mail_that_was_taken_is_sent_however_the_server_takes_its_leave(tmp_path: Path, clock: TestClock) -> None:
    """250 is its word; a rude goodbye after it would send the same answer a second time."""
    with running_desk(curt=True) as server:
        opened = an_office(tmp_path / "curt", clock, smtp_url=server.url)
        staff = the_staff(opened)
        receipt_no = decided(opened, staff, way=Way.EMAIL)
        dispatching.issue(opened, staff["sakura"], receipt_no)
        assert dispatching.dispatch(opened, staff["sakura"], receipt_no) is C.ANSWERED
        assert len(server.received) == 1
        opened.close()


def test_a_server_that_falls_silent_leaves_the_mail_in_doubt(tmp_path: Path, clock: TestClock) -> None:
    """It had the whole mail and never said so: not sent again until somebody looked, and then not twice."""
    with running_desk(hangs_up=True) as server:
        opened = an_office(tmp_path / "silent", clock, smtp_url=server.url)
        staff = the_staff(opened)
        receipt_no = decided(opened, staff, way=Way.EMAIL)
        dispatching.issue(opened, staff["sakura"], receipt_no)
        with pytest.raises(InDoubt):
            dispatching.dispatch(opened, staff["sakura"], receipt_no)
        with pytest.raises(Refused, match="may have gone out"):
            dispatching.dispatch(opened, staff["sakura"], receipt_no)
        assert len(server.received) == 1
        assert dispatching.settle(opened, staff["sakura"], receipt_no, went_out=True) is C.ANSWERED
        opened.close()


@pytest.mark.parametrize(("went_out", "state"), [(True, C.ANSWERED), (False, C.DECIDED)])
def test_a_mail_in_doubt_waits_for_a_person(office: Office, staff: Staff, state: CaseState, *, went_out: bool) -> None:
    """A program that died while sending leaves a mark: nothing is sent again until somebody looked."""
    receipt_no = decided(office, staff, way=Way.EMAIL)
    dispatching.issue(office, staff["sakura"], receipt_no)
    with writing(office.warehouse) as people:
        replies.alter_dispatch(people, desk.find(people, receipt_no).case_no, sent_by="sakura")
    for act in (dispatching.dispatch, dispatching.issue):
        with pytest.raises(Refused, match="may have gone out"):
            act(office, staff["sakura"], receipt_no)
    with pytest.raises(Refused, match="may have gone out"):
        handling.end_without_answer(office, staff["sakura"], receipt_no, C.WITHDRAWN, "取下げの電話")
    with pytest.raises(Refused, match="may have gone out"):
        close_by_receipt(office, staff["sakura"], [receipt_no], C.WITHDRAWN, office.today())
    assert dispatching.settle(office, staff["sakura"], receipt_no, went_out=went_out) is state
    with pytest.raises(Refused, match="in doubt"):
        dispatching.settle(office, staff["sakura"], receipt_no, went_out=went_out)


def test_a_fax_number_is_entered_twice(office: Office, staff: Staff) -> None:
    """Both entries and the letter agree, however they are written; and the cover says nothing of the matter."""
    receipt_no = decided(office, staff, way=Way.FAX)
    for wrong in (None, ("03-0000-0055", "03-0000-0056"), ("03-0000-0056", "03-0000-0056"), ("", "")):
        with pytest.raises(BadInput, match="twice"):
            dispatching.issue(office, staff["sakura"], receipt_no, wrong)
    issued = dispatching.issue(office, staff["sakura"], receipt_no, ("０３（００００）００５５", "0300000055"))
    assert issued.pdf is not None
    assert sent(office, staff, receipt_no) is C.ANSWERED


def test_a_long_address_is_written_smaller_and_one_that_would_be_cut_off_is_refused(
    office: Office, staff: Staff
) -> None:
    """Whoever gives many lines is still addressed whole; nothing leaves with half a name in its window."""
    short, long = ["〒000-0000", "模擬区模擬町二丁目３番４号"], ["模擬" * 11] * 4
    sizes = [lettering(lines, "模擬 花子").address for lines in (short, long, [*long, *long[:3]])]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3
    receipt_no = decided(office, staff, written=Written(address="模擬町　" * 20))
    with pytest.raises(BadInput, match="too long for the window"):
        dispatching.issue(office, staff["sakura"], receipt_no)
    with reading(office.warehouse) as people:
        assert replies.issued(people, desk.find(people, receipt_no).case_no) is None


def test_an_address_that_cannot_be_printed_is_told_by_its_code_alone(office: Office, staff: Staff) -> None:
    """The sentence names the code point, never the name; nothing is issued."""
    receipt_no = decided(office, staff, written=Written(name="模擬 简"))
    with pytest.raises(BadInput, match=r"U\+7B80") as refusal:
        dispatching.issue(office, staff["sakura"], receipt_no)
    assert "模擬" not in str(refusal.value)
    with reading(office.warehouse) as people:
        assert replies.issued(people, desk.find(people, receipt_no).case_no) is None
