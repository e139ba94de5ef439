"""Bad rows among good ones: all are accounted for; the good ones go in, the bad ones are kept, sealed, by rule."""

import json
from typing import Any

import pytest

from tayori.domain.evidence import Evidence, Purpose
from tayori.ingest.quarantine import open_content
from tayori.ingest.submissions import submit_reception
from tests.bad_input.cases import HEADER
from tests.bad_input.conftest import Tayori
from tests.bad_input.office import VALUE, Desk, a_submission, an_event

EVENTS = {
    "not_json": f'{{"type": "follow", "{VALUE}',
    "event_has_no_type": json.dumps({"source": {"type": "user", "userId": VALUE}}),
    "old_format_without_event_id": an_event(2, webhookEventId=None),
    "old_format_without_mode": an_event(3, mode=None),
    "event_id_is_no_ulid": an_event(4, webhookEventId=VALUE),
    "mode_is_unknown": an_event(5, mode="sleeping"),
    "event_time_is_impossible": an_event(6, timestamp=VALUE),
    "source_is_unknown": an_event(7, source={"type": VALUE, "userId": VALUE}),
    "line_user_id_has_wrong_form": an_event(8, source={"type": "user", "userId": VALUE}),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "birth_year_is_no_year": {"birth_year": "1980-05"},
    "field_is_not_in_the_register": {"religion": VALUE},
    "purpose_was_not_confirmed": {"purpose_version": None},
    "purpose_version_is_unknown": {"purpose_version": VALUE},
    "confirmed_at_is_no_moment": {"confirmed_at": "2026-11-02T10:00:00"},
    "confirmed_at_is_in_the_future": {"confirmed_at": "2099-11-02T10:00:00+09:00"},
    "sex_is_unknown": {"sex": 3},
    "area_is_unknown": {"area": VALUE},
    "genre_is_unknown": {"genres": [1, 99]},
    "line_user_id_is_missing": {"line_user_id": None},
    "line_user_id_has_wrong_form": {"line_user_id": VALUE},
    "person_does_not_follow": {"line_user_id": "Udddddddd" + "e" * 24},
}
LETTERS = {
    "source_key_is_missing": {"受付番号": ""},
    "received_on_is_missing": {"受付日": ""},
    "received_on_is_no_date": {"受付日": VALUE},
    "received_on_is_impossible_or_in_the_future": {"受付日": "2099/01/01"},
    "channel_is_unknown": {"媒体": VALUE},
    "addressee_is_unknown": {"宛先": VALUE},
    "answer_wanted_is_unknown": {"回答希望": VALUE},
    "kind_is_unknown": {"種別": VALUE},
    "opinion_is_missing": {"意見等の内容": ""},
    "opinion_is_blank": {"意見等の内容": "　"},
    "telephone_is_too_long": {"電話番号": "9" * 65},
    "department_is_too_long": {"主管部": VALUE * 9},
}
GOOD = {
    "受付番号": "T-1",
    "受付日": "2026/10/01",
    "媒体": "メール",
    "宛先": "区長への意見",
    "回答希望": "希望する",
    "主管部": "福祉部",
    "種別": "要望",
    "氏名": VALUE,
    "意見等の内容": f"{VALUE}です。街灯が暗い。",
}


@pytest.mark.parametrize("rule", EVENTS)
def test_a_bad_event_keeps_its_siblings(rule: str, desk: Desk, tayori: Tayori) -> None:
    """A broken line among two good ones: two followers, one sealed row under its rule; read again, nothing changes."""
    (desk.folder / "events.jsonl").write_text(f"{an_event(1)}{EVENTS[rule].strip()}\n{an_event(9)}", "utf-8")
    told = read(tayori, "ingest events --file events.jsonl --json")
    assert (told["received"], told["applied"], told["quarantined"], told["rules"]) == (3, 2, 1, {rule: 1})
    assert_set_aside(desk, tayori, rule)
    again = read(tayori, "ingest events --file events.jsonl --json")
    assert (again["applied"], again["duplicate"]) == (0, 2)
    assert len(read(tayori, "quarantine list --json")) == 1


@pytest.mark.parametrize("rule", SETTINGS)
def test_bad_settings_change_nothing_of_the_person(rule: str, desk: Desk, tayori: Tayori) -> None:
    """Of two submissions the good one counts, the other one is kept, sealed: a birth month is not made a year."""
    with desk.open() as office:
        bad = a_submission(2, **SETTINGS[rule])
        submit_reception(office.inbox, office.sealer, bad, office.now())
    told = read(tayori, "ingest events --json")["receptions"]
    assert (told["received"], told["applied"], told["rules"]) == (2, 1, {rule: 1})
    assert_set_aside(desk, tayori, rule)
    assert read(tayori, "ingest events --json")["receptions"]["received"] == 0


@pytest.mark.parametrize("rule", LETTERS)
def test_a_bad_letter_keeps_the_others(rule: str, desk: Desk, tayori: Tayori) -> None:
    """Of three letters two are cases, one is kept, sealed, with its row and rule: none is lost, none is guessed at."""
    rows = [GOOD, GOOD | {"受付番号": "T-2"} | LETTERS[rule], GOOD | {"受付番号": "T-3"}]
    names = HEADER.split(",")
    lines = [HEADER, *(",".join(row.get(name, "") for name in names) for row in rows)]
    (desk.folder / "letters.csv").write_text("\n".join(lines) + "\n", "utf-8")
    line = "ingest opinions --file letters.csv --mapping desk_list.yaml --json"
    told = read(tayori, line)
    assert (told["read"], told["recorded"], told["quarantined"], told["rules"]) == (3, 2, 1, {rule: 1})
    (row,) = assert_set_aside(desk, tayori, rule)
    assert row["row_no"] == 3
    again = read(tayori, line)
    assert (again["recorded"], again["duplicate"]) == (0, 2)
    assert len(read(tayori, "quarantine list --json")) == 1


def read(tayori: Tayori, line: str) -> Any:  # noqa: ANN401 - any JSON
    """Run a command that has to succeed, and shows no value."""
    said = tayori.run(line)
    assert (said.code, said.err) == (0, "")
    assert VALUE not in said.out
    return json.loads(said.out)


def assert_set_aside(desk: Desk, tayori: Tayori, rule: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read(tayori, "quarantine list --json")
    assert [row["rule"] for row in rows] == [rule]
    with desk.open() as office:
        assert open_content(office, rows[0]["quarantine_no"], Evidence("test", Purpose.INTAKE))
    return rows
