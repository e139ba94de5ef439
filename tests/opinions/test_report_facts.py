"""What letters are counted by: closed cases were answered, waits are open days, 対応区分 is the desk's."""

from datetime import date

from sqlalchemy import insert, update

from tayori.analysis.facts import facts_of
from tayori.analysis.mart import mask_done_cases
from tayori.analysis.settle import settle
from tayori.desk.taking_up import CLOSING_DAYS
from tayori.domain.states import CaseState
from tayori.office import Office
from tayori.opinions.report_tables import UNSET
from tayori.warehouse.engines import writing
from tayori.warehouse.schema.desk import desk_case
from tayori.warehouse.schema.opinions import opinion_case
from tests.support.letters import ALetter, receive

MONTH = "2020-04"


def counted(office: Office, **case: object) -> dict[str, object]:
    """What one letter of which the desk says this is counted by."""
    (number,) = receive(office, ALetter(said="公園の遊具について。", masked=False))
    with writing(office.warehouse) as people:
        people.execute(update(opinion_case).where(opinion_case.c.case_no == number).values(**case))
    mask_done_cases(office)
    settle(office)
    (row,) = facts_of(office, MONTH, MONTH).to_dict("records")
    return {str(name): value for name, value in row.items()}


def test_an_answer_by_its_target_is_within_and_took_open_days(office: Office) -> None:
    """From Thursday 2 April to Friday 10 April 2020: six open days, the weekend not counted."""
    found = counted(office, target_on=date(2020, 4, 22), done_on=date(2020, 4, 10), state=CaseState.ANSWERED)
    assert (found["pace"], found["days"], found["state"]) == ("within", 6, "answered")


def test_a_closed_case_counts_as_answered_and_late_is_late(office: Office) -> None:
    """Closed comes after answered; the day after the target is over it."""
    found = counted(office, target_on=date(2020, 4, 22), done_on=date(2020, 4, 23), state=CaseState.CLOSED)
    assert (found["pace"], found["state"]) == ("over", "answered")


def test_days_are_those_of_the_desk(office: Office) -> None:
    """Counted from the first arrival in the ward, and not on days on which the ward was closed (O2)."""
    (office.settings.home / CLOSING_DAYS).write_text("2020-04-06: {reason: 停電, authority: 8第1号}\n", "utf-8")
    (number,) = receive(office, ALetter(said="公園の遊具について。", masked=False))
    changes = {"target_on": date(2020, 4, 22), "done_on": date(2020, 4, 10), "state": CaseState.ANSWERED}
    file = {"case_no": number, "fiscal_year": 2019, "file_no": 1, "arrived_on": date(2020, 3, 31)}
    with writing(office.warehouse) as people:
        people.execute(update(opinion_case).where(opinion_case.c.case_no == number).values(**changes))
        people.execute(insert(desk_case).values(**file))
    mask_done_cases(office)
    settle(office)
    assert facts_of(office, MONTH, MONTH)["days"].tolist() == [7]


def test_what_has_no_target_is_in_no_share(office: Office) -> None:
    """Circulated, or answered without a target: neither within nor over, and no days."""
    found = counted(office, target_on=None, done_on=date(2020, 4, 10), state=CaseState.CIRCULATED)
    assert (found["pace"], found["days"]) == ("unanswered", -1)


def test_an_answer_without_a_target_is_told_apart_from_none(office: Office) -> None:
    """What is answered is the sum of three paces: readers hold that against the table of states."""
    found = counted(office, target_on=None, done_on=date(2020, 4, 10), state=CaseState.ANSWERED)
    assert (found["pace"], found["days"]) == ("none", -1)


def test_a_letter_without_a_name_is_anonymous(office: Office) -> None:
    """Told by whether there is a name, which stays sealed."""
    assert counted(office, name=None)["sender"] == "anonymous"


def test_the_measure_is_what_the_desk_gave(office: Office) -> None:
    """Its column is there where nobody gave one: that a report has the table says nothing of a single letter."""
    assert counted(office, kind="request")["measure"] == UNSET
    (number,) = receive(office, ALetter(said="道路の段差について。", masked=False), source="second")
    file = {"case_no": number, "fiscal_year": 2020, "file_no": 1, "arrived_on": date(2020, 4, 2), "response": "planned"}
    with writing(office.warehouse) as people:
        people.execute(insert(desk_case).values(**file))
    mask_done_cases(office)
    settle(office)
    facts = facts_of(office, MONTH, MONTH)
    assert sorted(facts["measure"]) == ["planned", UNSET]
