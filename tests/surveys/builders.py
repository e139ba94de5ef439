"""Surveys that a test asks, and dummy people who answer."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from tayori.desk.surveys import publish
from tayori.domain.surveys import Survey
from tayori.domain.surveys import survey_of as stored_survey
from tayori.ingest.submissions import ANSWER, answer_of, ballot_of, sealed_answer_of
from tayori.office import Office
from tayori.vault.roster import Credential
from tayori.vault.survey_keys import seal_ballot
from tayori.warehouse import inbox, surveys
from tayori.warehouse.engines import reading, writing
from tests.ingest.builders import an_event, deliver, take_in
from tests.support.builders import a_line_id
from tests.support.handlers import a_handler

OFTEN = {"a": "週に1回", "b": "月に1回", "c": "使わない"}
LIBRARY: dict[str, Any] = {
    "name": "library",
    "title": "図書館の使いかた",
    "purpose": "図書館をよくするための集計に使います。",
    "anonymous": False,
    "closes_on": "2026-12-31",
    "questions": [
        {
            "id": "often",
            "ask": "どのくらい使いますか",
            "kind": "choice",
            "choices": {"a": "週に1回", "b": "月に1回", "c": "使わない"},
        },
        {"id": "likes", "ask": "満足していますか", "kind": "scale", "from": 1, "to": 5, "low": "不満", "high": "満足"},
        {"id": "books", "ask": "何冊借りましたか", "kind": "number", "bands": [0, 1, 5, 10], "unit": "冊"},
        {"id": "last", "ask": "最後に使った日", "kind": "date", "first": "2026-09-01", "last": "2026-11-30"},
        {"id": "wish", "ask": "ほしい本の分野", "kind": "text", "longest": 100},
    ],
}


def a_survey(**changes: object) -> dict[str, Any]:
    """Give a definition; an anonymous one without its text."""
    made = LIBRARY | changes
    if made["anonymous"] and "questions" not in changes:
        made["questions"] = LIBRARY["questions"][:4]
    return made


def published(office: Office, **changes: object) -> tuple[Survey, Credential]:
    """Publish a survey; give it and the handler who did."""
    by = a_handler(office, "approver", "approver")
    return publish(office, by, a_survey(**changes)), by


def survey_of(office: Office, name: str) -> Survey:
    """Give a survey that was published."""
    with reading(office.warehouse) as connection:
        found = surveys.find(connection, name)
    assert found is not None
    return stored_survey(found.definition)


def follow(office: Office, people: Iterable[int]) -> None:
    """Let dummy people add the account."""
    deliver(office, *(an_event("follow", person) for person in people))
    take_in(office)


def answer(office: Office, survey: Survey, person: int, **answers: str) -> None:
    """Let a dummy person answer, as the page hands it in."""
    if not survey.anonymous:
        put(office, ANSWER, answer_of(survey.name, a_line_id(person), answers))
        return
    with reading(office.warehouse) as connection:
        found = surveys.find(connection, survey.name)
    assert found is not None
    assert found.ballot_key is not None
    ballot = seal_ballot(found.ballot_key, survey.name, orjson.dumps(answers))
    put(office, ballot_of(survey.name), sealed_answer_of(survey.name, a_line_id(person), ballot))


def put(office: Office, kind: str, content: Mapping[str, Any] | bytes) -> None:
    """Put anything into the inbox as a door would."""
    box = office.sealer.seal(kind, content if isinstance(content, bytes) else orjson.dumps(content))
    with writing(office.inbox) as connection:
        inbox.put(connection, kind, box.epoch, box.box, office.now())
