"""A case walks one table of steps; who has no part in it does not touch it; nothing is done without a trace."""

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import delete

from tayori.analysis.mart import mask_block, mask_done_cases
from tayori.desk import cases, finding, handling
from tayori.desk.dispatching import issue
from tayori.desk.handling import Assignment
from tayori.desk.taking_up import take_up
from tayori.domain.answering import NotOurs, Response
from tayori.domain.evidence import Purpose
from tayori.domain.identifiers import CaseNo
from tayori.domain.states import ANALYSED, CASE_STEPS, DONE, WITHOUT_ANSWER, CaseState
from tayori.errors import BadInput, NotFound, Refused
from tayori.office import Office
from tayori.opinions.facts import Analyst, Fact, Letter
from tayori.warehouse import desk, opinions, posts
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.posts import PostRow
from tayori.warehouse.schema.opinions import opinion_case
from tests.desk.builders import (
    OTHER,
    SECTION,
    Staff,
    Written,
    a_letter,
    assigned,
    decided,
    drafted,
    logged,
    put,
    sent,
    state_of,
)
from tests.support.builders import TestClock
from tests.support.handlers import a_handler

C = CaseState


def test_a_case_is_assigned_with_responsible_and_related_sections(office: Office, staff: Staff) -> None:
    """主管 and 関係 are kept, the letter counts for the division, and the trail says who did it."""
    receipt_no = assigned(office, staff, a_letter(office), OTHER)
    with reading(office.warehouse) as people:
        file = desk.find(people, receipt_no)
        assert desk.departments(people, file.case_no) == {"responsible": [SECTION], "related": [OTHER]}
        assert (file.state, file.in_charge) == (C.ASSIGNED, "clerk")
        assert [(line.what, line.by) for line in desk.trail(people, file.case_no)][-1] == ("assigned", "sakura")
        assert opinions.sealed_letters(people, [file.case_no])


def test_assigning_anew_needs_a_reason_that_is_kept_sealed(office: Office, staff: Staff) -> None:
    """The reason opens with the trail, and stands in no column in plain."""
    receipt_no = assigned(office, staff, a_letter(office))
    with pytest.raises(BadInput, match="reason"):
        handling.assign(office, staff["sakura"], receipt_no, Assignment(OTHER))
    handling.assign(office, staff["sakura"], receipt_no, Assignment(OTHER), "道路の照明の件のため")
    with reading(office.warehouse) as people:
        words = [line.words for line in desk.trail(people, desk.find(people, receipt_no).case_no) if line.words]
    assert len(words) == 1
    assert "道路".encode() not in bytes(words[0])
    assert [line["words"] for line in finding.open_letter(office, staff["sakura"], receipt_no).trail][
        -1
    ] == "道路の照明の件のため"


@pytest.mark.parametrize("name", ["みどり土木部", "緑公園課", ""])
def test_a_case_is_assigned_to_a_section_that_exists(office: Office, staff: Staff, name: str) -> None:
    """A division, a misspelt section and nothing are refused; the case stays where it was."""
    receipt_no = a_letter(office)
    with pytest.raises(BadInput):
        handling.assign(office, staff["sakura"], receipt_no, Assignment(name))
    assert state_of(office, receipt_no) is C.RECEIVED


def test_only_who_has_part_in_a_case_opens_it(office: Office, staff: Staff) -> None:
    """The desk, the section in charge and its division do; another section and a writer of broadcasts do not."""
    receipt_no = assigned(office, staff, a_letter(office))
    for name in ("sakura", "clerk", "kakari", "kacho", "bucho"):
        assert finding.open_letter(office, staff[name], receipt_no).items["name"] == "模擬 花子"
    with pytest.raises(Refused, match="no post"):
        finding.open_letter(office, staff["other-kacho"], receipt_no)
    with pytest.raises(Refused):
        finding.open_letter(office, a_handler(office, "writer-1", "writer"), receipt_no)
    handling.assign(office, staff["sakura"], receipt_no, Assignment(SECTION, [OTHER]), "関係課を加える")
    assert finding.open_letter(office, staff["other-kacho"], receipt_no).items["name"] == "模擬 花子"


def test_every_opening_names_handler_and_purpose(office: Office, staff: Staff) -> None:
    """P7: the access log holds who and what for; a letter is opened for three purposes and no other."""
    receipt_no = a_letter(office)
    finding.open_letter(office, staff["sakura"], receipt_no, Purpose.INSPECTION)
    assert any(line.startswith(f"sakura open {Purpose.INSPECTION} case ") for line in logged(office))
    with pytest.raises(BadInput):
        finding.open_letter(office, staff["sakura"], receipt_no, Purpose.DELIVERY)


@pytest.mark.parametrize("state", sorted(WITHOUT_ANSWER - {C.NOT_OURS}))
def test_a_case_ends_without_an_answer_by_the_desk(office: Office, staff: Staff, state: CaseState) -> None:
    """供覧, 回答不要, 匿名 and 取下げ end a case for good, with the reason; a department does not end one."""
    receipt_no = assigned(office, staff, a_letter(office))
    with pytest.raises(Refused):
        handling.end_without_answer(office, staff["kacho"], receipt_no, state, "理由")
    handling.end_without_answer(office, staff["sakura"], receipt_no, state, "理由")
    assert state_of(office, receipt_no) is state
    with pytest.raises(Refused, match="cannot become"):
        handling.end_without_answer(office, staff["sakura"], receipt_no, state, "理由")


@pytest.mark.parametrize("before", list(CASE_STEPS))
@pytest.mark.parametrize("after", list(CASE_STEPS))
def test_a_bulk_ending_overwrites_only_what_may_go_there(
    sqlite_office: Office, before: CaseState, after: CaseState
) -> None:
    """Every pair of states: what the table of steps allows moves, and nothing else does."""
    by = a_handler(sqlite_office, "sakura", "desk", side="甲")
    receipt_no = put(sqlite_office, Written(state=before))
    with reading(sqlite_office.warehouse) as people:
        number = opinions.by_receipt(people, [receipt_no])[receipt_no][0]
    if after not in cases.ENDS:
        with pytest.raises(BadInput):
            cases.close_cases(sqlite_office, by, [CaseNo(number)], after, sqlite_office.today())
        return
    moved = cases.close_cases(sqlite_office, by, [CaseNo(number)], after, sqlite_office.today())
    assert moved == (after in CASE_STEPS[before])
    assert state_of(sqlite_office, receipt_no) is (after if moved else before)


def test_no_case_is_done_before_its_letter_came_in(office: Office, staff: Staff) -> None:
    """A slip in the year would put the record on the next list for disposal."""
    numbers = [a_letter(office), a_letter(office, received_on=date(2026, 10, 5))]
    with pytest.raises(BadInput, match="came in after"):
        cases.close_by_receipt(office, staff["sakura"], numbers, C.CIRCULATED, date(2026, 10, 4))
    assert cases.close_by_receipt(office, staff["sakura"], numbers, C.CIRCULATED, date(2026, 10, 5)) == 2


def test_what_is_done_goes_to_analysis_masked_but_for_what_was_withdrawn(office: Office, staff: Staff) -> None:
    """O3: each way of being done comes into the mart once, an answer that was closed as an answer; 取下げ does not."""
    done = {put(office, Written(state=state)): state for state in sorted(DONE)}
    put(office, Written())
    assert staff
    assert mask_done_cases(office).letters == len(ANALYSED)
    with reading(office.warehouse) as people:
        states = [row.state for row in opinions.masked_between(people, "2000-01", "2099-12")]
    assert len(done) == len(DONE)
    assert sorted(states) == sorted(C.ANSWERED if state is C.CLOSED else state for state in ANALYSED)


def test_two_who_mask_at_once_mask_each_letter_once(office: Office, staff: Staff) -> None:
    """The desk's quarter of an hour meets a command: neither fails, and a letter that ended meanwhile is left out."""
    ended, gone = (a_letter(office) for _ in range(2))
    for receipt_no in (ended, gone):
        handling.end_without_answer(office, staff["sakura"], receipt_no, C.CIRCULATED, "供覧とする")

    class Overtaken(Analyst):
        def facts(self, letters: Iterable[Letter]) -> Iterator[Fact]:
            yield from super().facts(letters)
            with writing(office.warehouse) as people:
                people.execute(delete(opinion_case).where(opinion_case.c.receipt_no == gone))
            assert mask_done_cases(office).letters == 1

    overtaken = mask_block(office, Overtaken())
    assert overtaken is not None
    assert not overtaken.facts
    with reading(office.warehouse) as people:
        assert len(opinions.masked_between(people, "2026-10", "2026-10")) == 1


def test_a_matter_of_another_office_is_told_passed_on_or_forwarded_with_consent(office: Office, staff: Staff) -> None:
    """所管外: the default goes on to an answer, a forwarded letter needs a day of consent, the others end here."""
    told, passed, forwarded = (a_letter(office) for _ in range(3))
    by = staff["sakura"]
    handling.not_ours(office, by, told, NotOurs.TOLD, "都の交通局")
    assert state_of(office, told) is C.RECEIVED
    handling.not_ours(office, by, passed, NotOurs.PASSED, "都の交通局")
    assert state_of(office, passed) is C.NOT_OURS
    for consent in (None, date(2026, 11, 3)):
        with pytest.raises(Refused, match="consent"):
            handling.not_ours(office, by, forwarded, NotOurs.FORWARDED, "電話で同意", consent)
    handling.not_ours(office, by, forwarded, NotOurs.FORWARDED, "電話で同意", date(2026, 11, 2))
    assert state_of(office, forwarded) is C.NOT_OURS
    drafted(office, staff, assigned(office, staff, told))
    text = a_letter(office, opinion="隣の佐藤さん（03-0000-7777）の件です。信号を付けてください。")
    masked = finding.masked_letter(office, by, text)
    assert "信号を付けてください" in masked
    assert not re.search("佐藤|7777", masked)


def test_letters_and_matters_are_both_counted(office: Office, staff: Staff) -> None:
    """One letter (通) may hold several matters (件); each has its kind, and the letter takes the first one's."""
    one, _ = a_letter(office), a_letter(office)
    matters = [{"kind": "request", "department": OTHER}, {"kind": "thanks"}, {"kind": "inquiry"}]
    handling.classify(office, staff["sakura"], one, matters)
    with reading(office.warehouse) as people:
        assert desk.counted(people, date(2026, 10, 1), date(2026, 10, 31)) == (2, 4)
        assert desk.find(people, one).kind == "request"
    for wrong in ([], [{"kind": "joke"}], [{"kind": "opinion", "department": "宇宙課"}]):
        with pytest.raises(BadInput):
            handling.classify(office, staff["sakura"], one, wrong)


def test_letters_are_numbered_within_the_fiscal_year(office: Office, staff: Staff) -> None:
    """The file number begins anew on 1 April; taken up again, nothing changes."""
    for day in (date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 1)):
        put(office, Written(received_on=day))
    assert (take_up(office), take_up(office)) == (4, 0)
    assert staff
    with reading(office.warehouse) as people:
        files = [desk.find(people, f"R2026-{number:07d}") for number in range(1, 5)]
    assert [(file.fiscal_year, file.file_no) for file in files] == [(2025, 1), (2025, 2), (2026, 1), (2026, 2)]


def test_two_who_take_letters_up_at_once_take_each_up_once(office: Office, staff: Staff) -> None:
    """The flow and a command, at the same moment: every letter has one file, and the numbers have no gap."""
    for _ in range(40):
        put(office, Written())
    assert staff
    with ThreadPoolExecutor(4) as hands:
        taken = list(hands.map(lambda _: take_up(office), range(4)))
    assert sum(taken) == 40
    with reading(office.warehouse) as people:
        files = [desk.find(people, f"R2026-{number:07d}").file_no for number in range(1, 41)]
    assert sorted(files) == list(range(1, 41))


@pytest.mark.pdf
@pytest.mark.filterwarnings(  # WeasyPrint leaves its colour profile open
    "ignore:Exception ignored in.*sRGB2014:pytest.PytestUnraisableExceptionWarning"
)
def test_a_considered_answer_comes_back_before_it_is_closed(office: Office, staff: Staff, clock: TestClock) -> None:
    """「検討」: half a year later it is on the list again, and closing waits for it."""
    receipt_no = decided(office, staff, response=Response.CONSIDERED)
    issue(office, staff["sakura"], receipt_no)
    assert sent(office, staff, receipt_no) is C.ANSWERED
    with pytest.raises(Refused, match="2027-05-01"):
        handling.close(office, staff["sakura"], receipt_no)
    clock.forward(days=180)
    with reading(office.warehouse) as people:
        assert [file.receipt_no for file in desk.coming_back(people, office.today())] == [receipt_no]
    words = "来年度予算に計上した。"
    assert handling.follow_up(office, staff["kacho"], receipt_no, Response.CONSIDERED, words) == date(2027, 11, 1)
    assert handling.follow_up(office, staff["kacho"], receipt_no, Response.DONE, words) is None
    handling.close(office, staff["sakura"], receipt_no)
    assert state_of(office, receipt_no) is C.CLOSED


def test_a_leaving_handler_hands_every_open_case_over(office: Office, staff: Staff) -> None:
    """人事異動: open cases change hands with a line each, done ones stay, and the posts end that day."""
    open_ones = [assigned(office, staff, a_letter(office)) for _ in range(3)]
    ended = assigned(office, staff, a_letter(office))
    handling.end_without_answer(office, staff["sakura"], ended, C.CIRCULATED, "供覧とする")
    handed = handling.hand_over(office, staff["sakura"], "clerk", "kakari")
    assert [(one.receipt_no, one.state) for one in handed] == [(one, C.ASSIGNED) for one in open_ones]
    with reading(office.warehouse) as people:
        assert {desk.find(people, one).in_charge for one in open_ones} == {"kakari"}
        assert desk.find(people, ended).in_charge == "clerk"
    handling.hand_over(office, staff["sakura"], "kacho", "kakari")
    with reading(office.warehouse) as people:
        assert posts.held(people, "kacho", date(2026, 11, 3)) == []


@pytest.mark.parametrize(
    "row",
    [
        PostRow("clerk", "emperor", "区", date(2026, 4, 1)),
        PostRow("clerk", "section", "みどり土木部", date(2026, 4, 1)),
        PostRow("clerk", "division", SECTION, date(2026, 4, 1)),
        PostRow("clerk", "mayor", SECTION, date(2026, 4, 1)),
    ],
    ids=["no post", "section in a division", "division in a section", "mayor in a section"],
)
def test_a_post_belongs_to_the_right_kind_of_office(office: Office, staff: Staff, row: PostRow) -> None:
    """課長 stand in a section, 部長 in a division, 区長 in the ward; and only the responsible handler appoints."""
    with pytest.raises(BadInput):
        handling.appoint(office, staff["chief"], row)
    with pytest.raises(Refused):
        handling.appoint(office, staff["sakura"], PostRow("clerk", "section", SECTION, date(2026, 4, 1)))


def test_a_number_that_nobody_has_is_told_so(office: Office, staff: Staff) -> None:
    """No case of this number: a sentence that says where to look."""
    with pytest.raises(NotFound, match="case list"):
        handling.comment(office, staff["sakura"], "R2026-9999999", "一言")
