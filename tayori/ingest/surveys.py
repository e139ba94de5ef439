"""Answers to surveys come in (L6): by person and sealed under their key, or anonymous, as counts alone.

Anonymous answers are ballots: the box of the inbox tells who answers, and holds what they answer sealed to the
survey's own key. They wait in the inbox until ten people's to the same survey are there (or that survey is over); then,
and not before, the answers are opened, and go in in one transaction: spent tokens in the order of their hashes, and
counts. So nothing that is written, and no order or moment in which it is written, ties an answer to a token. Who
answers ten times is one of ten all the same: what is too little goes back, without those that will never count.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import LINE_USER_ID, LineUserId
from tayori.domain.surveys import NAME, Survey, survey_of
from tayori.errors import NotFound, Tampered
from tayori.ingest.counts import Counts
from tayori.ingest.submissions import BALLOT, ballot_of, sealed_answer_of
from tayori.line.webhook import Unparsed
from tayori.office import TOKYO, Office
from tayori.vault.audit import Action, record, reserve
from tayori.vault.envelope import place, seal
from tayori.vault.sealed_box import Sealed
from tayori.warehouse import inbox, people, surveys
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.inbox import InboxRow

EVIDENCE: Final = Evidence("flow:ingest", Purpose.SURVEY)
FIELDS: Final = frozenset({"line_user_id", "survey", "answers"})
BALLOT_FIELDS: Final = frozenset({"line_user_id", "survey", "ballot"})
MOST_WAITING: Final = 100_000
TOGETHER: Final = 10
"""How many people's anonymous answers to one survey go in together, at the least, before it is over."""
NOT_ASKED, NO_ANSWER, NOT_FOLLOWING, AGAIN, KEY_GONE = (
    "survey_is_not_open",
    "no_answer_to_this",
    "nobody_known",
    "answered_before",
    "survey_key_is_gone",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a survey as it came in."""

    line_user_id: LineUserId = field(repr=False)
    survey: str
    answers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ballot:
    """An answer to an anonymous survey as it came in, sealed to the survey's key."""

    line_user_id: LineUserId = field(repr=False)
    survey: str
    sealed: bytes = field(repr=False)


Given = Answer | Ballot
Codes = Mapping[str, str]


def read_answer(content: bytes) -> Answer:
    """Read an answer out of its box.

    Raises:
        Unparsed: it is none that the page writes.

    """
    try:
        given: dict[str, Any] = orjson.loads(content)
        answer = Answer(given["line_user_id"], given["survey"], given["answers"])
        texts = all(isinstance(one, str) for pair in answer.answers.items() for one in pair)
        sound = texts and given.keys() == FIELDS and NAME.fullmatch(answer.survey)
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        raise Unparsed from None
    if not sound or not LINE_USER_ID.fullmatch(answer.line_user_id):
        raise Unparsed
    return answer


def read_ballot(content: bytes) -> Ballot:
    """Read an anonymous answer out of its box, its answers unopened.

    Raises:
        Unparsed: it is none that the page writes.

    """
    try:
        given: dict[str, Any] = orjson.loads(content)
        ballot = Ballot(given["line_user_id"], given["survey"], bytes.fromhex(given["ballot"]))
        sound = given.keys() == BALLOT_FIELDS and NAME.fullmatch(ballot.survey)
        sound = sound and LINE_USER_ID.fullmatch(ballot.line_user_id)
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
        raise Unparsed from None
    if not sound:
        raise Unparsed
    return ballot


def ready(warehouse: Connection, waiting: Mapping[str, int], today: date) -> list[str]:
    """Of the kinds of anonymous answers that wait, give those of which enough wait, or whose survey is over."""
    if not waiting:
        return []
    gathering = {ballot_of(one.name) for one in surveys.stored(warehouse) if not surveys.is_over(one, today)}
    return sorted(kind for kind, rows in waiting.items() if rows >= TOGETHER or kind not in gathering)


def apply(
    office: Office, stores: tuple[Connection, Connection], answers: Sequence[Given]
) -> tuple[Counts, list[Ballot]]:
    """Take answers in, in the caller's transactions; running it twice changes nothing. Give those that have to wait."""
    counts, waiting = Counts(), list[Ballot]()
    if answers:  # before any state is read: the log's lock keeps a close, which begins in the same way, before or after
        record(stores[0], EVIDENCE, Action.WRITE, "answers to surveys", count=len(answers), now=office.now())
    by_survey: dict[str, list[Given]] = {}
    for one in answers:
        by_survey.setdefault(one.survey, []).append(one)
    for name, given in by_survey.items():
        waiting += _take(office, stores, name, given, counts)
    counts.received = len(answers) - len(waiting)
    counts.ignored = +counts.ignored
    return counts, waiting


def put_back(office: Office, connection: Connection, waiting: Sequence[Ballot]) -> None:
    """Seal anonymous answers that have to wait, and put them into the inbox, in the caller's transaction there."""
    _put(office, connection, [(ballot_of(one.survey), _written(one)) for one in waiting])


def _take(
    office: Office, stores: tuple[Connection, Connection], name: str, given: Sequence[Given], counts: Counts
) -> list[Ballot]:
    published = surveys.find(stores[0], name)
    if published is None or published.state == surveys.CLOSED:
        counts.ignored[NOT_ASKED] += len(given)
        return []
    survey = survey_of(published.definition)
    answers = [one for one in given if isinstance(one, Answer)]
    ballots = [one for one in given if isinstance(one, Ballot)]
    counts.ignored[NO_ANSWER] += len(answers if survey.anonymous else ballots)
    if not survey.anonymous:
        _by_person(office, stores, survey, answers, counts)
        return []
    if not office.survey_keys.has(name):  # a restore brings none back; whoever answered before could not be told
        counts.ignored[KEY_GONE] += len(ballots)
        return []
    fresh = _fresh(office, stores[0], survey, ballots, counts)
    if len(fresh) < TOGETHER and not surveys.is_over(published, office.today()):
        return list(fresh.values())
    codes = _opened_ballots(office, stores[0], survey, fresh)
    counts.ignored[NO_ANSWER] += len(fresh) - len(codes)
    if len(codes) < TOGETHER and not surveys.is_over(published, office.today()):
        return [fresh[token] for token in codes]
    _count(stores[0], survey, codes)
    counts.applied += len(codes)
    return []


def _codes(survey: Survey, answers: Mapping[str, str]) -> Codes:
    """Give the codes of answers; none where they are not answers to this survey."""
    codes, wrong = survey.answers(answers)
    return {} if wrong or answers.keys() - {one.id for one in survey.questions} else codes


def _opened_ballots(
    office: Office, warehouse: Connection, survey: Survey, fresh: Mapping[bytes, Ballot]
) -> dict[bytes, Codes]:
    """Open the answers of those who count, together; give their codes by token, without those that are no answers."""
    record(warehouse, EVIDENCE, Action.OPEN, f"ballots of survey {survey.name}", count=len(fresh), now=office.now())
    opened = office.survey_keys.open(survey.name, [one.sealed for one in fresh.values()])
    read = {token: _codes(survey, _answers(content)) for token, content in zip(fresh, opened, strict=True)}
    return {token: codes for token, codes in read.items() if codes}


def _answers(content: bytes | None) -> dict[str, str]:
    """Read opened answers; nothing where they are none that the page writes."""
    try:
        given = orjson.loads(content or b"")
    except orjson.JSONDecodeError:
        return {}
    texts = isinstance(given, dict) and all(isinstance(one, str) for one in given.values())
    return given if texts else {}


def _by_person(
    office: Office,
    stores: tuple[Connection, Connection],
    survey: Survey,
    given: Sequence[Answer],
    counts: Counts,
) -> None:
    """Seal each answer under its person's key; a later one stands instead of an earlier one."""
    good = [(one, codes) for one in given if (codes := _codes(survey, one.answers))]
    counts.ignored[NO_ANSWER] += len(given) - len(good)
    known = people.find_people(stores[0], [office.index.of_line_id(one.line_user_id) for one, _ in good], lock=True)
    latest: dict[int, Codes] = {}
    for one, codes in good:
        person = known.get(office.index.of_line_id(one.line_user_id))
        if person is None or person.left:
            counts.ignored[NOT_FOLLOWING] += 1
            continue
        counts.applied += 1
        latest[person.person_no] = codes
    if not latest:
        return
    keys = office.person_keys.open(stores[1], list(latest))
    for number, codes in latest.items():
        sealed = seal(keys[number], orjson.dumps(codes), place("survey_answer", "answers", number))
        surveys.put_answer(stores[0], survey.name, number, sealed)


def _fresh(
    office: Office, warehouse: Connection, survey: Survey, given: Sequence[Ballot], counts: Counts
) -> dict[bytes, Ballot]:
    """Give those that count, by token, unopened; who answered before is counted once, by the first answer."""
    indexes = [office.index.of_line_id(one.line_user_id) for one in given]
    known = people.find_people(warehouse, indexes)
    first: dict[bytes, Ballot] = {}
    strangers = 0
    for index, one in zip(indexes, given, strict=True):
        if index in known and not known[index].left:
            first.setdefault(office.survey_keys.token(survey.name, index), one)
        else:
            strangers += 1
    before = surveys.spent(warehouse, survey.name, first)
    fresh = {token: one for token, one in first.items() if token not in before}
    counts.ignored += Counter({NOT_FOLLOWING: strangers, AGAIN: len(given) - strangers - len(fresh)})
    return fresh


def _count(warehouse: Connection, survey: Survey, fresh: Mapping[bytes, Codes]) -> None:
    """Spend the tokens and add to the counts."""
    surveys.spend(warehouse, survey.name, list(fresh), ends_at(survey))
    counted = Counter((question, code) for codes in fresh.values() for question, code in codes.items())
    counted += Counter({(surveys.RESPONDENTS, ""): len(fresh)})
    surveys.add_to_tally(warehouse, survey.name, counted)


def ends_at(survey: Survey) -> datetime:
    """Give the moment after which the tokens of a survey end by themselves, closed or not; the same for each."""
    return datetime.combine(survey.closes_on, datetime.min.time(), TOKYO) + timedelta(days=30)


def destroy_ended_keys(office: Office) -> int:
    """Destroy keys that tell nothing any more, whatever kept their survey's close from it; give how many."""
    with writing(office.warehouse) as warehouse:
        reserve(warehouse)  # nobody publishes meanwhile: whoever does holds the log's line from the beginning
        stored = [one for one in surveys.stored(warehouse) if one.anonymous and one.state != surveys.CLOSED]
        going_on = {one.name for one in stored if office.now() < ends_at(survey_of(one.definition))}
        ended = [name for name in office.survey_keys.standing() if name not in going_on]
        for name in ended:
            office.survey_keys.destroy(name)
    return len(ended)


def keep_waiting(office: Office) -> int:
    """Seal the anonymous answers that wait for others under the present key of the box; give how many there are.

    Those of people who have left go (L14). So a waiting answer holds no old key back, and outlives nobody's erasure.
    """
    with reading(office.inbox) as connection:
        rows = inbox.oldest(connection, sorted(inbox.counts(connection, BALLOT)), MOST_WAITING)
    if not rows:
        return 0
    with writing(office.warehouse) as warehouse:
        record(warehouse, EVIDENCE, Action.OPEN, "anonymous answers that wait", count=len(rows), now=office.now())
        opened = {row.inbox_no: _opened(office, row) for row in rows}
        indexes = {number: _index(office, content) for number, content in opened.items() if content is not None}
        known = people.find_people(warehouse, [index for index in indexes.values() if index is not None])
    following = {index for index, person in known.items() if not person.left}
    kinds = {row.inbox_no: row.kind for row in rows}
    staying = [
        (kinds[number], opened[number] or b"")
        for number, index in indexes.items()
        if index is None or index in following  # what is no answer is set aside when its turn comes
    ]
    with writing(office.inbox) as connection:
        inbox.remove(connection, list(indexes))
        _put(office, connection, staying)
    return len(staying)


def _put(office: Office, connection: Connection, answers: Sequence[tuple[str, bytes]]) -> None:
    """Seal answers by kind; their rows stand in an order that says nothing."""
    for kind in sorted({kind for kind, _ in answers}):
        boxes = [office.sealer.seal(kind, content) for mine, content in answers if mine == kind]
        inbox.put_many(connection, kind, sorted((box.epoch, box.box) for box in boxes), office.now())


def _written(ballot: Ballot) -> bytes:
    return orjson.dumps(sealed_answer_of(ballot.survey, ballot.line_user_id, ballot.sealed))


def _opened(office: Office, row: InboxRow) -> bytes | None:
    """Open a waiting answer; one that does not open stays as it is, and is set aside when its turn comes."""
    try:
        return office.box_keys.open(row.kind, Sealed(row.epoch, row.sealed))
    except (NotFound, Tampered):
        return None


def _index(office: Office, content: bytes) -> bytes | None:
    try:
        return office.index.of_line_id(read_ballot(content).line_user_id)
    except Unparsed:
        return None
