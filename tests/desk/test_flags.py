"""Flags go to people at once, without content; whom a complaint is about has no access from then on."""

from pathlib import Path

import pytest

from tayori.analysis.mart import mask_done_cases
from tayori.desk import attention, cases, deciding, finding, flagging, handling
from tayori.desk.deciding import NewReply
from tayori.desk.flagging import NewFlag
from tayori.domain.answering import Flag, Response
from tayori.domain.flag_words import candidates
from tayori.domain.identifiers import CaseNo
from tayori.domain.states import CaseState
from tayori.errors import BadInput, NotFound, Refused
from tayori.office import Office
from tayori.warehouse import desk
from tayori.warehouse.engines import reading
from tests.desk.builders import Staff, a_letter, assigned, state_of, the_staff
from tests.support.builders import TestClock, an_office
from tests.support.mail_desk import MailDesk, running_desk


def test_a_flag_is_mailed_at_once_without_content(mailing: Office, mail_desk: MailDesk) -> None:
    """Danger to life: number and kind go out at the same moment; a second run tells nothing again."""
    staff = the_staff(mailing)
    receipt_no = a_letter(mailing, opinion="もう、何もかも、つらいです。")
    assert flagging.raise_flag(mailing, staff["sakura"], receipt_no, NewFlag(Flag.DANGER), "警察と保健所へ連絡")
    (text,) = mail_desk.texts()
    assert receipt_no in text
    assert "生命・身体の危険" in text
    assert "つらい" not in text
    assert "花子" not in text
    assert flagging.tell(mailing) == 0


CALLING = {
    "もう死にたいです。": "danger",
    "このままでは生 き て\nいけません。": "danger",
    "隣の家の子どもが虐待されているようです。": "danger",
    "区長を殺してやる。": "danger",
    "この処分について審査請求をします。": "review",
    "地方自治法に基づき住民監査請求をします。": "audit_request",
    "職員の不正について公益通報をします。": "whistleblowing",
}
NOT_CALLING = [
    "自殺対策の講演会はいつですか。",
    "児童虐待防止の取組に感謝します。",
    "殺虫剤を公園にまかないでください。",
    "駅前が殺風景です。",
    "公園の遊具を直してください。",
]


@pytest.mark.parametrize(("text", "called"), CALLING.items())
def test_a_letters_own_words_call_people_when_it_is_taken_up(
    mailing: Office, mail_desk: MailDesk, text: str, called: str
) -> None:
    """Nobody has read it yet: taken up, it is flagged, and the next run tells people, with the number alone."""
    receipt_no = a_letter(mailing, opinion=text)
    with reading(mailing.warehouse) as people:
        (row,) = desk.flags(people, desk.find(people, receipt_no).case_no)
    assert (row.procedure or row.flag, row.raised_by) == (called, "flow:desk")
    assert flagging.tell(mailing) == 1
    assert receipt_no in mail_desk.texts()[0]


def test_what_was_done_long_ago_calls_nobody(office: Office, staff: Staff) -> None:
    """A migrated case that is done gets its number and look-ups, and no flag: its text is not opened."""
    receipt_no = a_letter(office, opinion="もう死にたいです。", state=CaseState.ANSWERED)
    with reading(office.warehouse) as people:
        assert desk.flags(people, desk.find(people, receipt_no).case_no) == []
    assert finding.find(office, staff["sakura"], "name", "模擬花子") == [receipt_no]


@pytest.mark.parametrize("text", NOT_CALLING)
def test_names_of_services_call_nobody(text: str) -> None:
    """自殺対策, 虐待防止 and the like are what the ward does, not a danger."""
    assert candidates(text) == []


def test_a_flag_that_could_not_be_mailed_goes_out_with_the_next_run(office: Office, staff: Staff) -> None:
    """Without a mail server the flag stands, untold, and waits."""
    receipt_no = a_letter(office)
    assert not flagging.raise_flag(office, staff["sakura"], receipt_no, NewFlag(Flag.DANGER))
    with reading(office.warehouse) as people:
        assert [number for _, number in desk.untold(people)] == [receipt_no]


def test_a_server_that_takes_no_mail_leaves_the_flag_untold(tmp_path: Path, clock: TestClock) -> None:
    """The flag stands, who raised it is told that no mail went out, and it is not raised a second time for that."""
    with running_desk(refuses=True) as server:
        opened = an_office(tmp_path / "home", clock, smtp_url=server.url, alarm_mail_to="desk@example.jp")
        staff = the_staff(opened)
        receipt_no = a_letter(opened)
        assert not flagging.raise_flag(opened, staff["sakura"], receipt_no, NewFlag(Flag.DANGER))
        with reading(opened.warehouse) as people:
            assert [number for _, number in desk.untold(people)] == [receipt_no]
        opened.close()


def test_the_official_of_a_complaint_has_no_access(office: Office, staff: Staff) -> None:
    """They are off the case, cannot open, stamp, comment, find or be given it, and are not told that it exists."""
    receipt_no = assigned(office, staff, a_letter(office))
    flagging.raise_flag(office, staff["sakura"], receipt_no, NewFlag(Flag.OFFICIAL, official="clerk"), "窓口での対応")
    with reading(office.warehouse) as people:
        assert desk.find(people, receipt_no).in_charge is None
    for act in (
        lambda: finding.open_letter(office, staff["clerk"], receipt_no),
        lambda: handling.comment(office, staff["clerk"], receipt_no, "一言"),
        lambda: deciding.draft(office, staff["clerk"], receipt_no, NewReply("回答", Response.OTHER)),
        lambda: deciding.standing(office, staff["clerk"], receipt_no),
    ):
        with pytest.raises(NotFound, match="has no case"):
            act()
    other = assigned(office, staff, a_letter(office))
    flagging.raise_flag(office, staff["sakura"], other, NewFlag(Flag.OFFICIAL, official="kakari"))
    with pytest.raises(Refused, match="cannot take"):
        handling.hand_over(office, staff["sakura"], "clerk", "kakari")


def test_a_barred_hand_at_the_desk_does_not_find_the_letter(office: Office, staff: Staff) -> None:
    """Also the desk's own people: the letter is not among what they find."""
    receipt_no = a_letter(office)
    assert finding.find(office, staff["momo"], "name", "模擬花子") == [receipt_no]
    flagging.raise_flag(office, staff["sakura"], receipt_no, NewFlag(Flag.OFFICIAL, official="momo"))
    assert finding.find(office, staff["momo"], "name", "模擬花子") == []
    assert finding.find(office, staff["sakura"], "name", "模擬花子") == [receipt_no]
    with pytest.raises(NotFound):
        handling.close(office, staff["momo"], receipt_no)


def test_nobody_ends_or_hands_over_a_complaint_about_themselves(office: Office, staff: Staff) -> None:
    """In bulk neither: the number is none for them, and of the cases that go over, it is not one."""
    about, other = (assigned(office, staff, a_letter(office)) for _ in range(2))
    flagging.raise_flag(office, staff["sakura"], about, NewFlag(Flag.OFFICIAL, official="momo"))
    with pytest.raises(NotFound, match="No case has the number"):
        cases.close_by_receipt(office, staff["momo"], [other, about], CaseState.CIRCULATED, office.today())
    with reading(office.warehouse) as people:
        numbers = [CaseNo(desk.find(people, one).case_no) for one in (about, other)]
    assert [one.receipt_no for one in handling.hand_over(office, staff["momo"], "clerk", "kakari")] == [other]
    assert cases.close_cases(office, staff["momo"], numbers, CaseState.CIRCULATED, office.today()) == 1
    assert [state_of(office, one) for one in (about, other)] == [CaseState.ASSIGNED, CaseState.CIRCULATED]


def test_nobody_takes_a_complaint_about_themselves_off_the_queue(office: Office, staff: Staff) -> None:
    """What waits to be looked at is looked at by somebody else."""
    receipt_no = a_letter(office, opinion="私はうつ病で通院しています。窓口の職員の対応がつらいです。")
    handling.end_without_answer(office, staff["sakura"], receipt_no, CaseState.CIRCULATED, "供覧とする")
    mask_done_cases(office)
    flagging.raise_flag(office, staff["sakura"], receipt_no, NewFlag(Flag.OFFICIAL, official="momo"))
    with pytest.raises(NotFound, match="not on the queue"):
        attention.attend(office, staff["momo"], [receipt_no])
    assert attention.attend(office, staff["sakura"], [receipt_no]) == 1


@pytest.mark.parametrize(
    "new",
    [
        NewFlag(Flag.PROCEDURE),
        NewFlag(Flag.PROCEDURE, procedure="lawsuit"),
        NewFlag(Flag.DANGER, procedure="review"),
        NewFlag(Flag.DANGER, official="clerk"),
    ],
)
def test_a_flag_says_what_it_is(office: Office, staff: Staff, new: NewFlag) -> None:
    """A procedure is one of three with a law of its own; an official belongs to a complaint only."""
    with pytest.raises(BadInput):
        flagging.raise_flag(office, staff["sakura"], a_letter(office), new)


def test_a_procedure_with_its_own_law_is_named(mailing: Office, mail_desk: MailDesk) -> None:
    """審査請求 and the like: the mail says which, since other time limits run."""
    staff = the_staff(mailing)
    flagging.raise_flag(mailing, staff["sakura"], a_letter(mailing), NewFlag(Flag.PROCEDURE, procedure="review"))
    assert "審査請求" in mail_desk.texts()[0]
