"""A letter whose field nothing could tell gets it from the desk, once: no later run changes it."""

import pytest

from tayori.analysis.facts import facts_of
from tayori.analysis.mart import mask_done_cases
from tayori.analysis.settle import settle
from tayori.desk import fields, finding, handling
from tayori.desk.flagging import NewFlag, raise_flag
from tayori.domain.answering import Flag
from tayori.domain.states import CaseState
from tayori.errors import BadInput, NotFound, Refused
from tayori.office import Office
from tayori.opinions.themes import theme_rules
from tests.desk.builders import Staff, a_letter, assigned, logged

FIELD, MONTH = "公園・みどり", "2026-10"
NOTHING = "前に書いたことの続きです。よろしくお願いします。"


def done(office: Office, opinion: str) -> str:
    """A letter that is done and in the mart."""
    receipt_no = a_letter(office, opinion=opinion, state=CaseState.CIRCULATED)
    mask_done_cases(office)
    return receipt_no


def waiting(office: Office) -> list[str]:
    return [one.receipt_no for one in fields.waiting(office)]


def test_a_letter_without_a_field_waits_until_the_desk_gives_one(office: Office, staff: Staff) -> None:
    """What the dictionary decides waits for nobody; what is given counts, and trail and log say who gave it."""
    done(office, "公園の遊具が壊れています。")
    receipt_no = done(office, NOTHING)
    settle(office)
    assert waiting(office) == [receipt_no]
    fields.decide_field(office, staff["momo"], receipt_no, FIELD)
    assert waiting(office) == []
    assert facts_of(office, MONTH, MONTH)["theme"].tolist() == [FIELD, FIELD]
    trail = finding.open_letter(office, staff["sakura"], receipt_no).trail
    assert (trail[-1]["by"], trail[-1]["what"], trail[-1]["target"]) == ("momo", fields.DECIDED, FIELD)
    assert any(line.startswith("momo") and "field" in line for line in logged(office))


def test_what_was_given_stays_in_later_runs_and_is_given_once(office: Office, staff: Staff) -> None:
    """A later analysis settles what came since and leaves it alone; a second hand is told that it does not wait."""
    receipt_no = done(office, NOTHING)
    settle(office)
    fields.decide_field(office, staff["sakura"], receipt_no, FIELD)
    done(office, "家庭のごみの集積所について。")
    settle(office)
    assert sorted(facts_of(office, MONTH, MONTH)["theme"]) == sorted([FIELD, "ごみ・リサイクル"])
    with pytest.raises(NotFound, match="does not wait"):
        fields.decide_field(office, staff["momo"], receipt_no, "動物")


def test_nobody_decides_before_the_machine_has_looked(office: Office, staff: Staff) -> None:
    """A letter that no run has settled is on no list: the classifier may still find its field."""
    receipt_no = done(office, NOTHING)
    assert waiting(office) == []
    with pytest.raises(NotFound):
        fields.decide_field(office, staff["sakura"], receipt_no, FIELD)


def test_only_a_field_of_the_ward_and_only_by_the_desk(office: Office, staff: Staff) -> None:
    """A misspelt field is told, who is in charge and whom a complaint is about are refused; the letter waits on."""
    receipt_no = assigned(office, staff, a_letter(office, opinion=NOTHING))
    handling.end_without_answer(office, staff["sakura"], receipt_no, CaseState.CIRCULATED, "部内で供覧")
    mask_done_cases(office)
    settle(office)
    with pytest.raises(BadInput, match=f"is {FIELD} meant"):
        fields.decide_field(office, staff["sakura"], receipt_no, "公園")
    with pytest.raises(BadInput, match=theme_rules().fields[0]):
        fields.decide_field(office, staff["sakura"], receipt_no, "xyz")
    with pytest.raises(Refused):
        fields.decide_field(office, staff["clerk"], receipt_no, FIELD)
    raise_flag(office, staff["sakura"], receipt_no, NewFlag(Flag.OFFICIAL, official="momo"))
    with pytest.raises(NotFound):
        fields.decide_field(office, staff["momo"], receipt_no, FIELD)
    assert waiting(office) == [receipt_no]
