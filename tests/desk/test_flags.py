"""Flags go to people at once, without content; whom a complaint is about has no access from then on."""

import pytest

from tayori.desk import deciding, finding, flagging, handling
from tayori.desk.deciding import NewReply
from tayori.desk.flagging import NewFlag
from tayori.domain.answering import Flag, Response
from tayori.errors import BadInput, NotFound, Refused
from tayori.office import Office
from tayori.warehouse import desk
from tayori.warehouse.engines import reading
from tests.desk.builders import Staff, a_letter, assigned, the_staff
from tests.support.mail_desk import MailDesk


def test_a_flag_is_mailed_at_once_without_content(mailing: Office, mail_desk: MailDesk) -> None:
    """Danger to life: number and kind go out at the same moment; a second run tells nothing again."""
    staff = the_staff(mailing)
    receipt_no = a_letter(mailing, opinion="もう生きていたくありません。")
    assert flagging.raise_flag(mailing, staff["sakura"], receipt_no, NewFlag(Flag.DANGER), "警察と保健所へ連絡")
    (text,) = mail_desk.texts()
    assert receipt_no in text
    assert "生命・身体の危険" in text
    assert "生きて" not in text
    assert "花子" not in text
    assert flagging.tell(mailing) == 0


def test_a_flag_that_could_not_be_mailed_goes_out_with_the_next_run(office: Office, staff: Staff) -> None:
    """Without a mail server the flag stands, untold, and waits."""
    receipt_no = a_letter(office)
    assert not flagging.raise_flag(office, staff["sakura"], receipt_no, NewFlag(Flag.DANGER))
    with reading(office.warehouse) as people:
        assert [number for _, number in desk.untold(people)] == [receipt_no]


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
