"""A survey from its file to its end: checked, published, closed (L6, P5).

Closing counts: answers by person become counts and are deleted, tokens of an anonymous survey go with their key. From
then on nobody's answer is anywhere, and results are made of the counts alone.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, HandlerId
from tayori.domain.surveys import Kind, Question, Survey, read_survey, survey_of
from tayori.errors import BadInput, NotFound, Refused
from tayori.ingest.inbox import ingest_inbox
from tayori.ingest.verdict import Gate
from tayori.office import Office
from tayori.opinions.asking import Asked, prohibited_asked
from tayori.opinions.text import normalise
from tayori.opinions.themes import Classifier
from tayori.opinions.tokens import Tokeniser
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.envelope import place, unseal
from tayori.vault.roster import Credential
from tayori.warehouse import closing, surveys
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.surveys import Published

ROLE: Final = "approver"
OFFENCE: Final = "特記事項5"
Codes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Checked:
    """A survey as it was read, and what it may not ask."""

    survey: Survey
    asked: Sequence[Asked]


def check(definition: object) -> Checked:
    """Read a definition, and look for what may not be asked.

    Raises:
        BadInput: it is no survey; naming the place and the rule.

    """
    survey = read_survey(definition)
    return Checked(survey, prohibited_asked(survey.texts()))


def publish(office: Office, by: Credential, definition: object) -> Survey:
    """Publish a survey: from now on followers may answer.

    Raises:
        BadInput: it is no survey, is over already, or there is one of its name.
        Refused: it asks for what may not be asked, or the handler may not publish today.

    """
    checked = check(definition)
    survey = checked.survey
    if checked.asked:
        first = checked.asked[0]
        raise Refused(
            f"{first.place} asks for {first.term} ({first.word}), which may not be asked: {first.basis}. "
            f"{len(checked.asked)} places in all; see `tayori survey check`. Nothing was published."
        )
    if survey.closes_on < office.today():
        raise BadInput("closes_on lies in the past; nobody could answer.")
    stored = Published(survey.name, survey.anonymous, _plain(definition), surveys.OPEN, survey.closes_on)
    with writing(office.warehouse) as warehouse:
        roster.require_role(warehouse, HandlerId(by.handler_id), ROLE, office.today())
        # the log's line first: no contract ends, and no night looks for keys without a survey, in between
        evidence = Evidence(by.handler_id, Purpose.SURVEY)
        record(warehouse, evidence, Action.DECIDE, f"survey {survey.name} published", count=0, now=office.now())
        closing.require_open(warehouse, Contract.LINE)
        if not surveys.publish(warehouse, stored, office.now()):
            raise BadInput(f"There is a survey {survey.name} already; give this one another name.")
        if survey.anonymous:
            office.survey_keys.make(survey.name)
            surveys.set_ballot_key(warehouse, survey.name, office.survey_keys.public(survey.name))
    return survey


def close(office: Office, by: Credential, name: str, gate: Gate) -> int:
    """Close a survey: take in what waits, count, delete answers and tokens, destroy the key; give how many answered.

    Raises:
        NotFound: there is no such survey.
        Refused: it is closed already, or the handler may not close it today.

    """
    evidence = Evidence(by.handler_id, Purpose.SURVEY)
    with writing(office.warehouse) as warehouse:
        roster.require_role(warehouse, HandlerId(by.handler_id), ROLE, office.today())
        survey = _standing(surveys.find(warehouse, name), name)
        surveys.set_state(warehouse, name, surveys.CLOSING)
    while ingest_inbox(office, gate).rows:
        pass
    with office.writing_people() as (people, vault):
        record(people, evidence, Action.DECIDE, f"survey {name} closed", count=0, now=office.now())
        _standing(surveys.find(people, name), name)
        if not survey.anonymous:
            answers = surveys.answers_of(people, name)
            record(people, evidence, Action.OPEN, f"answers to survey {name}", count=len(answers), now=office.now())
            keys = office.person_keys.open(vault, [number for number, _ in answers])
            opened = [_opened(keys[number], number, sealed) for number, sealed in answers if number in keys]
            surveys.add_to_tally(people, name, counted(survey, opened))
            surveys.forget_answers(people, name)
        surveys.forget_spent(people, name)
        surveys.set_state(people, name, surveys.CLOSED, office.now())
        total = surveys.tally(people, name)[surveys.RESPONDENTS, ""]
    office.survey_keys.destroy(name)
    return total


def counted(survey: Survey, answers: Sequence[Codes]) -> Counter[tuple[str, str]]:
    """Count answers by question and code; a text counts under its field (分野), and is read by nobody."""
    tokeniser = Tokeniser()
    classifier = Classifier(tokeniser)
    told = Counter({(surveys.RESPONDENTS, ""): len(answers)})
    for one in survey.questions:
        given = [codes[one.id] for codes in answers if one.id in codes]
        if one.kind is Kind.TEXT:
            given = [classifier.field(tokeniser.read(normalise(text))) for text in given]
        told += Counter((one.id, code) for code in given)
    return told


def labels_of(question: Question) -> dict[str, str]:
    """Give the codes under which a question is counted, with their words."""
    if question.kind is not Kind.TEXT:
        return dict(question.labels)
    rules = Classifier(Tokeniser()).rules
    return {name: name for name in (*rules.fields, rules.undecided)}


def title_of(published: Published) -> str:
    """Give the title of a survey that was published."""
    return survey_of(published.definition).title


def answering(office: Office) -> list[tuple[Published, int | None]]:
    """Give every survey with the number of its answers; of an anonymous one that is open it is nobody's to know."""
    with reading(office.warehouse) as warehouse:
        return [
            (one, None if one.anonymous and one.state != surveys.CLOSED else _count(warehouse, one))
            for one in surveys.stored(warehouse)
        ]


def _count(warehouse: Any, one: Published) -> int:  # noqa: ANN401 - a connection, which only the warehouse names
    if one.state == surveys.CLOSED:
        return surveys.tally(warehouse, one.name)[surveys.RESPONDENTS, ""]
    return surveys.count_answers(warehouse, one.name)


def _standing(published: Published | None, name: str) -> Survey:
    if published is None:
        raise NotFound(f"There is no survey {name}; see `tayori survey list`.")
    if published.state == surveys.CLOSED:
        raise Refused(f"The survey {name} is closed already; see `tayori survey results {name}`.")
    return survey_of(published.definition)


def _opened(key: bytes, number: int, sealed: bytes) -> Codes:
    codes: dict[str, str] = orjson.loads(unseal(key, sealed, place("survey_answer", "answers", number)))
    return codes


def _plain(definition: object) -> str:
    return orjson.dumps(definition).decode()
