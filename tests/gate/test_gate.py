"""The gate: what breaks a rule is refused by its row and the rule's name, its neighbours go on."""

import json
import logging
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from expectations.gate import gate
from tayori.domain.identifiers import CANARY_PREFIX
from tayori.errors import BadInput, NotFound
from tayori.ingest.event_frame import EventColumns
from tayori.ingest.receptions import reception_frame
from tayori.ingest.sources.frame import opinion_frame
from tayori.line.webhook import reduce_event
from tests.ingest.builders import a_submission, an_event
from tests.support.builders import START, a_line_id

TOMORROW_MS = int((START + timedelta(days=1, minutes=1)).timestamp() * 1000)
LETTER: dict[str, str | None] = {
    "source_key": "1",
    "received_on": "2026-11-02",
    "channel": "letter",
    "addressee": "mayor",
    "answer_wanted": "yes",
    "department": "福祉部",
    "kind": "request",
    "name": "架空 太郎",
    "opinion": "公園のベンチを直してください。",
}

BROKEN_EVENTS: dict[str, tuple[object, str]] = {
    "no object": ("text", "event_has_no_type"),
    "no type": (an_event(type=7), "event_has_no_type"),
    "old format": (an_event(webhookEventId=None), "old_format_without_event_id"),
    "no mode": (an_event(mode=None), "old_format_without_mode"),
    "id of another shape": (an_event(webhookEventId="testwebhookeventid"), "event_id_is_no_ulid"),
    "id too long": (an_event(webhookEventId="0" * 27), "event_id_is_no_ulid"),
    "id with a line end": (an_event(webhookEventId="0" * 26 + "\n"), "event_id_is_no_ulid"),
    "mode": (an_event(mode="silent"), "mode_is_unknown"),
    "no time": (an_event(timestamp="today"), "event_time_is_impossible"),
    "before LINE": (an_event(timestamp=1), "event_time_is_impossible"),
    "in the future": (an_event(timestamp=TOMORROW_MS), "event_time_is_impossible"),
    "source": (an_event(source={"type": "square"}), "source_is_unknown"),
    "truncated id": (an_event(source={"type": "user", "userId": "U4af4980629..."}), "line_user_id_has_wrong_form"),
    "capital": (an_event(source={"type": "user", "userId": "U" + "A" * 32}), "line_user_id_has_wrong_form"),
    "small u": (an_event(source={"type": "user", "userId": "u" + "a" * 32}), "line_user_id_has_wrong_form"),
    "no id": (an_event(source={"type": "user"}), "line_user_id_has_wrong_form"),
    "id and line end": (
        an_event(source={"type": "user", "userId": a_line_id(1) + "\n"}),
        "line_user_id_has_wrong_form",
    ),
}

BROKEN_SUBMISSIONS: dict[str, tuple[dict[str, Any], str]] = {
    "religion": ({"religion": "ダミー"}, "field_is_not_in_the_register"),
    "display name": ({"displayName": "ダミー"}, "field_is_not_in_the_register"),
    "no id": ({"submission_id": None}, "submission_id_is_missing"),
    "wrong id": ({"submission_id": "1"}, "submission_id_has_wrong_form"),
    "nobody": ({"line_user_id": None}, "line_user_id_is_missing"),
    "truncated": ({"line_user_id": "Udddd"}, "line_user_id_has_wrong_form"),
    "not confirmed": ({"purpose_version": None}, "purpose_was_not_confirmed"),
    "another wording": ({"purpose_version": "1999-01"}, "purpose_version_is_unknown"),
    "a list as wording": ({"purpose_version": ["2026-11"]}, "purpose_version_is_unknown"),
    "no moment": ({"confirmed_at": "昨日"}, "confirmed_at_is_no_moment"),
    "no time zone": ({"confirmed_at": "2026-11-02T10:00:00"}, "confirmed_at_is_no_moment"),
    "future": ({"confirmed_at": (START + timedelta(hours=1)).isoformat()}, "confirmed_at_is_in_the_future"),
    "birth month": ({"birth_year": "1980-05"}, "birth_year_is_no_year"),
    "birth month as number": ({"birth_year": 198005}, "birth_year_is_no_year"),
    "born tomorrow": ({"birth_year": 2027}, "birth_year_is_no_year"),
    "true is no sex": ({"sex": True}, "sex_is_unknown"),
    "sex": ({"sex": 3}, "sex_is_unknown"),
    "area": ({"area": 12}, "area_is_unknown"),
    "a creed as area": ({"area": "仏教"}, "area_is_unknown"),
    "genre": ({"genres": [1, 99]}, "genre_is_unknown"),
    "a creed as genre": ({"genres": ["宗教"]}, "genre_is_unknown"),
    "genre twice": ({"genres": [1, 1]}, "genre_is_unknown"),
    "genres are no list": ({"genres": "1"}, "genre_is_unknown"),
}

BROKEN_LETTERS: dict[str, tuple[dict[str, str | None], str]] = {
    "no key": ({"source_key": None}, "source_key_is_missing"),
    "no day": ({"received_on": None}, "received_on_is_missing"),
    "no date": ({"received_on": "令和八年"}, "received_on_is_no_date"),
    "no such day": ({"received_on": "2026-02-30"}, "received_on_is_no_date"),
    "tomorrow": ({"received_on": "2026-11-03"}, "received_on_is_impossible_or_in_the_future"),
    "before any ward": ({"received_on": "0026-11-02"}, "received_on_is_impossible_or_in_the_future"),
    "no channel": ({"channel": None}, "channel_is_missing"),
    "channel": ({"channel": "鳩"}, "channel_is_unknown"),
    "addressee": ({"addressee": "知事"}, "addressee_is_unknown"),
    "answer": ({"answer_wanted": "perhaps"}, "answer_wanted_is_unknown"),
    "kind": ({"kind": "poem"}, "kind_is_unknown"),
    "no body": ({"opinion": None}, "opinion_is_missing"),
    "blank body": ({"opinion": "　\n"}, "opinion_is_blank"),
    "endless body": ({"opinion": "長" * 100_001}, "opinion_is_too_long"),
    "endless name": ({"name": "名" * 201}, "name_is_too_long"),
}


def events_frame(*events: object) -> pd.DataFrame:
    columns = EventColumns()
    for row_no, event in enumerate(events):
        columns.add(row_no, reduce_event(event))
    return columns.frame()


def submissions_frame(*submissions: dict[str, Any]) -> pd.DataFrame:
    return reception_frame([json.loads(json.dumps(one)) for one in submissions])


def letters_frame(*letters: dict[str, str | None]) -> pd.DataFrame:
    items = {name: [letter.get(name) for letter in letters] for name in LETTER}
    return opinion_frame([str(row) for row in range(len(letters))], items)


@pytest.mark.parametrize("case", BROKEN_EVENTS)
def test_a_broken_event_is_refused_by_its_rule_and_its_neighbours_pass(case: str) -> None:
    """An event that breaks a rule of the suite is refused by the rule's name; the events beside it are not."""
    event, rule = BROKEN_EVENTS[case]
    verdict = gate(events_frame(an_event(), event, an_event("unfollow")), "events", START)
    assert verdict.refused == ((1, rule),)
    assert list(verdict.accepted.index) == [0, 2]


@pytest.mark.parametrize("case", BROKEN_SUBMISSIONS)
def test_a_broken_submission_is_refused_by_its_rule_and_its_neighbours_pass(case: str) -> None:
    """Settings outside the register, or in another form than the year, codes and moments asked for, are refused."""
    changes, rule = BROKEN_SUBMISSIONS[case]
    frame = submissions_frame(a_submission(), a_submission(**changes), a_submission(person=2))
    verdict = gate(frame, "receptions", START)
    assert verdict.refused == ((1, rule),)


@pytest.mark.parametrize("case", BROKEN_LETTERS)
def test_a_broken_letter_is_refused_by_its_rule_and_its_neighbours_pass(case: str) -> None:
    """A letter without a body or date, or with a code that the ward does not know, is refused."""
    changes, rule = BROKEN_LETTERS[case]
    verdict = gate(letters_frame(LETTER, LETTER | changes, LETTER), "opinions", START)
    assert verdict.refused == ((1, rule),)


def test_every_field_of_the_settings_is_voluntary() -> None:
    """A submission that sets nothing at all passes."""
    nothing = a_submission(birth_year=None, sex=None, area=None, genres=None)
    assert gate(submissions_frame(nothing), "receptions", START).refused == ()


def test_what_residents_write_is_not_judged() -> None:
    """A letter that volunteers a creed or an illness passes whole: what was not asked for is masked, not refused."""
    told = LETTER | {
        "opinion": "私は仏教徒で、持病があります。ベンチを直してください。",
        "kind": None,
        "department": None,
    }
    assert gate(letters_frame(told), "opinions", START).refused == ()


def test_events_without_any_person_pass() -> None:
    """A block that names nobody (account events) is judged like any other."""
    assert gate(events_frame(an_event("botResumed", source=None)), "events", START).refused == ()


@pytest.mark.parametrize("suite", ["events", "receptions", "opinions"])
@pytest.mark.parametrize("change", ["unknown", "missing"])
def test_exactly_the_columns_of_the_contract_pass(suite: str, change: str) -> None:
    """A column that the register does not know, or one that is missing, refuses the whole frame; no value is told."""
    frames = {
        "events": events_frame(an_event()),
        "receptions": submissions_frame(a_submission()),
        "opinions": letters_frame(LETTER),
    }
    frame = frames[suite]
    changed = frame.assign(信条="ダミー") if change == "unknown" else frame.drop(columns=frame.columns[-1])
    with pytest.raises(BadInput, match="register") as refusal:
        gate(changed, suite, START)
    assert "ダミー" not in str(refusal.value)
    assert "信条" not in str(refusal.value)


def test_dummy_people_do_not_pass_in_live() -> None:
    """In live, ids with the prefixes of dummies and canaries are refused."""
    real = an_event(source={"type": "user", "userId": "U" + "1" * 32})
    canary = an_event(source={"type": "user", "userId": CANARY_PREFIX + "1" * 24})
    verdict = gate(events_frame(real, an_event(), canary), "events_live", START)
    assert verdict.refused == ((1, "dummy_person_in_live"), (2, "dummy_person_in_live"))


def test_the_gate_says_no_value_to_anybody(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """A refusal holds positions and rule names; logs and both outputs hold nothing of the refused row."""
    caplog.set_level(logging.DEBUG)
    marked = an_event(source={"type": "user", "userId": "Ucccc-marked-value"})
    verdict = gate(events_frame(marked), "events", START)
    told = capfd.readouterr()
    assert "marked-value" not in repr(verdict) + caplog.text + told.out + told.err


def test_a_suite_that_does_not_exist_is_not_found() -> None:
    """A frame is never waved through because its suite's name is misspelt."""
    with pytest.raises(NotFound):
        gate(events_frame(an_event()), "event", START)


def test_a_row_is_told_by_the_first_rule_that_it_breaks() -> None:
    """A row that breaks several rules is refused once, by the first in the suite's order."""
    broken = an_event(webhookEventId=None, mode=None, timestamp=None)
    assert gate(events_frame(broken), "events", START).refused == ((0, "old_format_without_event_id"),)


def test_an_index_of_another_kind_changes_nothing() -> None:
    """Positions count rows from the top, whatever index the frame carries."""
    frame = events_frame(an_event(), an_event(mode="x")).set_index(pd.Index([7, 7]))
    assert gate(frame, "events", START).refused == ((1, "mode_is_unknown"),)
