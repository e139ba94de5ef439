"""Targets by kind, told in time and without a person in them; what passed its target is 目安超過, never 違反 (O2)."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sandbox.letters.material_files import topics
from tayori.desk import handling, reminders, taking_up
from tayori.desk.dispatching import issue
from tayori.desk.hand import in_hand
from tayori.desk.handling import Moved
from tayori.desk.reminders import Due
from tayori.domain.organisation import Division, organisation
from tayori.domain.states import CaseState
from tayori.errors import BadInput, Refused, Unavailable
from tayori.office import Office
from tayori.warehouse import desk
from tayori.warehouse.engines import reading
from tests.desk.builders import SECTION, Staff, Written, a_letter, assigned, decided, put, sent, the_staff
from tests.support.builders import TestClock, an_office
from tests.support.mail_desk import MailDesk, running_desk


def target_of(office: Office, receipt_no: str) -> date | None:
    with reading(office.warehouse) as people:
        return desk.find(people, receipt_no).target_on


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({}, date(2026, 10, 22)),
        ({"kind": None}, date(2026, 10, 22)),
        ({"kind": "inquiry"}, date(2026, 10, 8)),
        ({"addressee": "department"}, date(2026, 10, 8)),
        ({"answer_wanted": "unknown"}, date(2026, 10, 22)),
        ({"answer_wanted": "no"}, None),
        ({"name": None}, None),
        ({"address": None, "telephone": None, "email": None, "fax": None}, None),
        ({"address": None, "telephone": None, "fax": None}, date(2026, 10, 22)),
    ],
    ids=["letter", "kind unknown", "inquiry", "department", "perhaps", "no answer", "no name", "nowhere", "mail only"],
)
def test_a_letter_has_the_clock_of_its_kind(office: Office, changes: dict[str, Any], target: date | None) -> None:
    """Fourteen open days, five for an inquiry, none for who gave no name or nowhere to answer to."""
    assert target_of(office, a_letter(office, **changes)) == target


def test_closing_days_of_the_ward_move_the_target_and_stand_in_its_explanation(office: Office) -> None:
    """A file with day, reason and authority; the version stored with a case tells by which days it was counted."""
    before = a_letter(office)
    said = "2026-10-07: {reason: 庁舎停電, authority: 8総総第12号}\n"
    (office.settings.home / "closing_days.yaml").write_text(said, "utf-8")
    after = a_letter(office)
    assert (target_of(office, before), target_of(office, after)) == (date(2026, 10, 22), date(2026, 10, 23))
    told = reminders.explained(office, after)
    assert "休庁日（庁舎停電、8総総第12号）" in [step.reason for step in told.days]
    assert (told.changed, reminders.explained(office, before).changed) == (False, True)
    assert told.version != reminders.explained(office, before).version


@pytest.mark.parametrize("said", ["- 2026-10-07", "2026-10-07: 停電", "2026-10-07: {reason: 停電}", "{", "\x00"])
def test_a_file_of_closing_days_that_cannot_be_read_stops_the_counting(sqlite_office: Office, said: str) -> None:
    """No target is counted by a file that nobody understands; nothing is taken up."""
    (sqlite_office.settings.home / "closing_days.yaml").write_text(said, "utf-8")
    put(sqlite_office, Written())
    with pytest.raises(BadInput):
        taking_up.take_up(sqlite_office)


def test_counting_begins_with_the_first_arrival_anywhere_in_the_ward(office: Office, staff: Staff) -> None:
    """A letter that lay in another office counts from there; never from a day after the desk had it."""
    receipt_no = a_letter(office)
    with pytest.raises(BadInput):
        handling.correct_arrival(office, staff["sakura"], receipt_no, date(2026, 10, 2), "誤り")
    handling.correct_arrival(office, staff["sakura"], receipt_no, date(2026, 9, 28), "出張所に届いていた")
    assert target_of(office, receipt_no) == date(2026, 10, 19)


def test_a_letter_found_to_be_an_inquiry_gets_the_shorter_clock(office: Office, staff: Staff) -> None:
    """The clock follows the kind; an anonymous letter gets none whatever its kind."""
    letter, anonymous = a_letter(office), a_letter(office, name=None)
    for one in (letter, anonymous):
        handling.classify(office, staff["sakura"], one, [{"kind": "inquiry"}])
    assert (target_of(office, letter), target_of(office, anonymous)) == (date(2026, 10, 8), None)


def test_the_list_tells_what_is_near_and_what_is_beyond(office: Office, staff: Staff, clock: TestClock) -> None:
    """From three open days before the target; then 目安超過 with its days; the section stands beside it."""
    far = a_letter(office, received_on=date(2026, 10, 30))
    near = assigned(office, staff, a_letter(office, received_on=date(2026, 10, 16)))
    beyond = a_letter(office, received_on=date(2026, 10, 1))
    listed = {one.receipt_no: one for one in reminders.due(office)}
    assert far not in listed
    assert (listed[near].department, listed[near].left, listed[near].note) == (SECTION, 3, "あと 3 開庁日")
    assert listed[beyond].note == "目安超過 7 開庁日"
    assert "違反" not in "".join(one.told for one in listed.values())
    assert {one.receipt_no for one in reminders.due(office, everything=True)} == {far, near, beyond}
    clock.forward(days=4)
    assert {one.receipt_no: one.note for one in reminders.due(office)}[near] == "本日"


def test_waiting_for_the_writer_is_shown_and_stops_no_clock(office: Office, staff: Staff) -> None:
    """差出人の返事待ち stands beside the case, the target stays; a case waits once at a time."""
    receipt_no = assigned(office, staff, a_letter(office))
    before = target_of(office, receipt_no)
    handling.wait_for_resident(office, staff["clerk"], receipt_no, "場所を尋ねた")
    with pytest.raises(Refused, match="waits"):
        handling.wait_for_resident(office, staff["clerk"], receipt_no, "もう一度")
    (one,) = reminders.due(office)
    assert one.note == "目安超過 7 開庁日、差出人の返事待ち"
    assert target_of(office, receipt_no) == before
    handling.resume(office, staff["clerk"], receipt_no)
    with pytest.raises(Refused, match="does not wait"):
        handling.resume(office, staff["clerk"], receipt_no)
    assert reminders.due(office)[0].note == "目安超過 7 開庁日"


@pytest.mark.pdf
@pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
    "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
)
def test_the_share_in_time_counts_unpaused(office: Office, staff: Staff) -> None:
    """Two answers, one in time; that the late one waited for its writer changes nothing."""
    in_time = decided(office, staff, written=Written(received_on=date(2026, 10, 20)))
    late = decided(office, staff, written=Written(received_on=date(2026, 10, 1)))
    handling.wait_for_resident(office, staff["clerk"], late, "場所を尋ねた")
    for one in (in_time, late):
        issue(office, staff["sakura"], one)
        assert sent(office, staff, one) is CaseState.ANSWERED
    share = reminders.share_in_time(office, date(2026, 11, 1), date(2026, 11, 30))
    assert (share.answered, share.in_time, share.percent) == (2, 1, 50.0)
    assert reminders.share_in_time(office, date(2025, 1, 1), date(2025, 1, 2)).percent is None


def test_a_reminder_holds_numbers_and_days_and_nobody(mailing: Office, mail_desk: MailDesk) -> None:
    """One mail to the desk with number, section, state and target; neither name nor matter."""
    staff = the_staff(mailing)
    receipt_no = assigned(mailing, staff, a_letter(mailing))
    assert reminders.remind(mailing) == 1
    (text,) = mail_desk.texts()
    assert f"{receipt_no}　{SECTION}　回付　目安 2026-10-22　目安超過 7 開庁日" in text
    for hidden in ("花子", "遊具", "hanako", "模擬"):
        assert hidden not in text


def test_an_address_that_is_refused_keeps_back_no_other_divisions_list(tmp_path: Path, clock: TestClock) -> None:
    """The first division's mailbox is gone: the second has its list, and the error names the first."""
    with running_desk(refuses="gone@example.jp") as server:
        office = an_office(tmp_path / "home", clock, smtp_url=server.url, alarm_mail_to="desk@example.jp")
        due = [Due("R2026-0000001", SECTION, None, "回付", date(2026, 11, 4), 2, "あと 2 開庁日")]
        gone, there = (Division(name, "", f"{name}@example.jp", ()) for name in ("gone", "there"))
        with pytest.raises(Unavailable, match="did not go out to gone; to 1 other"):
            reminders.remind_divisions(office, {gone: due, there: due, None: due})
        assert [mail["To"] for mail in server.received] == ["there@example.jp"]
        office.close()


def test_targets_are_counted_anew_when_the_ward_closes_on_another_day(office: Office, staff: Staff) -> None:
    """Shown first and moved only when told to; cases that are done, and those without a target, stay."""
    moved, done, anonymous = a_letter(office), a_letter(office), a_letter(office, name=None)
    handling.end_without_answer(office, staff["sakura"], done, CaseState.CIRCULATED, "供覧")
    said = "2026-10-07: {reason: 庁舎停電, authority: 8総総第12号}\n"
    (office.settings.home / "closing_days.yaml").write_text(said, "utf-8")
    for rehearse in (True, False):
        assert target_of(office, moved) == date(2026, 10, 22)
        shown = handling.count_all_anew(office, staff["sakura"], rehearse=rehearse)
        assert shown == [Moved(moved, date(2026, 10, 22), date(2026, 10, 23))]
    assert [target_of(office, one) for one in (moved, done, anonymous)] == [
        date(2026, 10, 23),
        date(2026, 10, 22),
        None,
    ]
    assert not reminders.explained(office, moved).changed
    assert handling.count_all_anew(office, staff["sakura"], rehearse=False) == []
    with pytest.raises(Refused, match="desk"):
        handling.count_all_anew(office, staff["clerk"])


def test_a_case_that_is_answered_meanwhile_keeps_its_target(office: Office, staff: Staff) -> None:
    """What was done in time stays in time: who counts anew waits for the hand that has the case, and looks again."""
    mine, other = a_letter(office), a_letter(office)
    said = "2026-10-07: {reason: 庁舎停電, authority: 8総総第12号}\n"
    (office.settings.home / "closing_days.yaml").write_text(said, "utf-8")
    with ThreadPoolExecutor(1) as beside:
        with in_hand(office, staff["momo"], mine) as hand:
            counting = beside.submit(handling.count_all_anew, office, staff["sakura"], rehearse=False)
            wait([counting], timeout=1)
            hand.move(CaseState.ANSWERED)
        assert [one.receipt_no for one in counting.result()] == [other]
    assert target_of(office, mine) == date(2026, 10, 22)


def test_nobody_is_reminded_on_a_day_on_which_the_ward_is_closed(
    mailing: Office, mail_desk: MailDesk, clock: TestClock
) -> None:
    """3 November is a holiday; the day after, the mail goes out."""
    a_letter(mailing)
    clock.forward(days=1)
    assert reminders.remind(mailing) == 0
    clock.forward(days=1)
    assert reminders.remind(mailing) == 1
    assert len(mail_desk.received) == 1


def test_the_list_is_told_apart_by_division(office: Office, staff: Staff) -> None:
    """What is assigned stands with its division, the rest with the desk."""
    mine, nobodys = assigned(office, staff, a_letter(office)), a_letter(office)
    parts = reminders.by_division(reminders.due(office))
    shown = {division.name if division else None: [one.receipt_no for one in part] for division, part in parts.items()}
    assert shown == {"みどり土木部": [mine], None: [nobodys]}


def test_every_division_of_the_rehearsals_letters_is_known() -> None:
    """The desk can assign whatever the sandbox's letters are about."""
    assert {topic.department for topic in topics()} <= set(organisation().divisions)
