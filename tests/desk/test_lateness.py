"""Why an answer was late is one word of a list, given when it is known; no answer waits for it."""

from datetime import date

import pytest

from tayori.analysis.facts import facts_of
from tayori.analysis.mart import mask_done_cases
from tayori.analysis.settle import settle
from tayori.desk import finding, lateness
from tayori.desk.cases import close_by_receipt
from tayori.domain.answering import LATENESS_TERMS, Lateness
from tayori.domain.states import CaseState
from tayori.errors import NotFound, Refused
from tayori.office import Office
from tayori.opinions.report_tables import UNSET
from tests.desk.builders import Staff, a_letter, assigned, logged, state_of
from tests.support.handlers import a_handler

LATE, IN_TIME = date(2026, 10, 30), date(2026, 10, 20)


def answered(office: Office, staff: Staff, on: date) -> str:
    """A letter of 1 October, due on 22 October, that was answered by telephone."""
    receipt_no = assigned(office, staff, a_letter(office))
    close_by_receipt(office, staff["sakura"], [receipt_no], CaseState.ANSWERED, on)
    return receipt_no


def test_a_late_answer_stands_on_the_list_until_its_reason_is_given(office: Office, staff: Staff) -> None:
    """By whoever has part in the case, after it was answered; the trail and the access log say who."""
    answered(office, staff, IN_TIME)
    receipt_no = answered(office, staff, LATE)
    assert [one.receipt_no for one in lateness.unexplained(office)] == [receipt_no]
    assert lateness.waits_for_reason(office, receipt_no)
    lateness.explain(office, staff["clerk"], receipt_no, Lateness.COORDINATION)
    assert lateness.unexplained(office) == []
    assert not lateness.waits_for_reason(office, receipt_no)
    trail = finding.open_letter(office, staff["sakura"], receipt_no).trail
    assert [(line["by"], line["what"], line["target"]) for line in trail][-1] == (
        "clerk",
        lateness.SAID,
        "coordination",
    )
    assert any("late because" in line and line.startswith("clerk") for line in logged(office))


def test_the_last_reason_counts_and_may_be_given_before_the_answer(office: Office, staff: Staff) -> None:
    """Once the target has passed the reason is known; said again, the last word stays; no answer waits for one."""
    receipt_no = assigned(office, staff, a_letter(office))
    lateness.explain(office, staff["clerk"], receipt_no, Lateness.WRITER)
    close_by_receipt(office, staff["sakura"], [receipt_no], CaseState.ANSWERED, LATE)
    assert lateness.unexplained(office) == []
    lateness.explain(office, staff["sakura"], receipt_no, Lateness.WORKLOAD)
    mask_done_cases(office)
    settle(office)
    assert facts_of(office, "2026-10", "2026-10")["lateness"].tolist() == ["workload"]
    assert state_of(office, receipt_no) is CaseState.ANSWERED


def test_what_is_not_late_needs_no_reason(office: Office, staff: Staff) -> None:
    """In time, without a target, not due yet, or ended without an answer: there is nothing to explain."""
    in_time = answered(office, staff, IN_TIME)
    without = a_letter(office, name=None)
    not_due = a_letter(office, received_on=date(2026, 10, 30))
    ended = a_letter(office)
    close_by_receipt(office, staff["sakura"], [ended], CaseState.CIRCULATED, LATE)
    for receipt_no in (in_time, without, not_due, ended):
        with pytest.raises(Refused, match="not answered past its target"):
            lateness.explain(office, staff["sakura"], receipt_no, Lateness.OTHER)


def test_the_report_counts_late_answers_only_and_what_nobody_explained(office: Office, staff: Staff) -> None:
    """An answer in time has no reason, a late one of which nobody said why is told as such."""
    for on in (IN_TIME, LATE, LATE):
        receipt_no = answered(office, staff, on)
    lateness.explain(office, staff["sakura"], receipt_no, Lateness.INQUIRY)
    mask_done_cases(office)
    settle(office)
    facts = facts_of(office, "2026-10", "2026-10")
    assert sorted(facts["lateness"].dropna()) == sorted(["inquiry", UNSET])
    assert facts["pace"].tolist().count("over") == 2


def test_who_has_no_part_says_nothing(office: Office, staff: Staff) -> None:
    """Neither a section that the case is not assigned to, nor anybody of a case that does not exist."""
    receipt_no = answered(office, staff, LATE)
    with pytest.raises(Refused):
        lateness.explain(office, a_handler(office, "stranger", "section"), receipt_no, Lateness.OTHER)
    with pytest.raises(NotFound):
        lateness.explain(office, staff["sakura"], "R2026-9999999", Lateness.OTHER)


def test_every_reason_has_its_words() -> None:
    """Few and coarse; each is printed in words."""
    assert set(LATENESS_TERMS) == set(Lateness)
    assert len(Lateness) < 8
