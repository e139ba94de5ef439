"""Anonymous answers on their way: who answers under the inbox's key, what under the survey's; ten together (L6)."""

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from expectations.gate import gate
from tayori import watch
from tayori.desk.surveys import close, publish
from tayori.domain.surveys import MOST_QUESTIONS, read_survey
from tayori.errors import Unavailable
from tayori.ingest import surveys
from tayori.ingest.submissions import answer_of, ballot_of, sealed_answer_of
from tayori.ingest.surveys import AGAIN, KEY_GONE, NO_ANSWER, NOT_FOLLOWING, TOGETHER
from tayori.office import Office
from tayori.retention import run as retention
from tayori.vault.sealed_box import Sealed
from tayori.vault.survey_keys import seal_ballot
from tayori.warehouse import inbox
from tayori.warehouse.engines import reading, writing
from tests.ingest.builders import an_event, deliver, rows, take_in
from tests.support.builders import TestClock, a_line_id
from tests.surveys.builders import a_survey, answer, follow, published, put


def test_few_anonymous_answers_wait_for_others(office: Office) -> None:
    """Not one is opened before ten are there; then all go in at once."""
    survey, _ = published(office, anonymous=True)
    follow(office, range(1, TOGETHER + 1))
    for person in range(1, TOGETHER):
        answer(office, survey, person, often="a")
    assert take_in(office).rows == 0
    answer(office, survey, TOGETHER, often="b")
    assert take_in(office).answers.applied == TOGETHER
    assert rows(office, "SELECT answers FROM survey_tally WHERE question = 'often' ORDER BY code") == [(9,), (1,)]


def test_the_inbox_tells_who_answers_and_never_what(office: Office) -> None:
    """P8: who can open every box of the inbox finds people, and answers of one length that another key opens.

    Before ten are there nobody opens them; when the survey is closed nobody can, whatever copies there are.
    """
    survey, by = published(office, anonymous=True)
    follow(office, range(1, TOGETHER))
    for person in range(1, TOGETHER):
        answer(office, survey, person, often="a", **({"last": "2026-11-03"} if person % 2 else {}))
    with reading(office.inbox) as connection:
        waiting = inbox.oldest(connection, (ballot_of(survey.name),), 100)
    opened = [office.box_keys.open(row.kind, Sealed(row.epoch, row.sealed)) for row in waiting]
    assert len({len(row.sealed) for row in waiting}) == 1
    assert not [box for box in opened if b"often" in box or b"2026-11-03" in box]
    ballots = [surveys.read_ballot(box).sealed for box in opened]
    assert None not in office.survey_keys.open(survey.name, ballots)
    assert office.survey_keys.open(survey.name, [b"", b"x" * 100, ballots[0][:-1]]) == [None] * 3
    take_in(office)
    assert openings(office) == []
    assert close(office, by, survey.name, gate) == TOGETHER - 1
    assert openings(office) == [TOGETHER - 1]
    with pytest.raises(Unavailable):
        office.survey_keys.open(survey.name, ballots)
    office.survey_keys.make(survey.name)
    assert office.survey_keys.open(survey.name, ballots) == [None] * len(ballots)


def test_an_answer_to_everything_is_as_long_as_one_to_nothing_else() -> None:
    """P8: of the widest survey that can be asked, every question answered in the longest code shows no other length."""
    ids = [f"q{at:02}".ljust(31, "q") for at in range(MOST_QUESTIONS)]
    codes = {"a" * 31: "一", "b": "二"}
    asked = [{"id": one, "ask": "選ぶ", "kind": "choice", "choices": codes} for one in ids]
    survey = read_survey(a_survey(anonymous=True, questions=asked))
    public = X25519PrivateKey.generate().public_key().public_bytes_raw()
    short, everything = {ids[0]: "b"}, dict.fromkeys(ids, "a" * 31)
    for given in (short, everything):
        assert survey.answers(given) == (given, [])
    assert len({len(seal_ballot(public, survey.name, orjson.dumps(given))) for given in (short, everything)}) == 1


def openings(office: Office) -> list[int]:
    """Give how many ballots each line of the access log says were opened."""
    found = rows(office, "SELECT count FROM audit_entry WHERE object = 'ballots of survey library' ORDER BY seq")
    return [int(count) for (count,) in found]


def test_a_ballot_that_is_no_answer_counts_for_nobody(office: Office) -> None:
    """Opened among ten: sealed to another key, no JSON, a code that is none. The nine others wait for a tenth."""
    survey, by = published(office, anonymous=True)
    follow(office, range(1, 14))
    for person in range(1, TOGETHER):
        answer(office, survey, person, often="a")
    answer(office, survey, 10, often="z")
    put(office, "answer", answer_of(survey.name, a_line_id(11), {"often": "a"}))
    assert take_in(office).answers.ignored == {NO_ANSWER: 2}
    assert rows(office, "SELECT COUNT(*) FROM survey_spent") == [(0,)]
    for person, ballot in (
        (12, b"x" * 90),
        (13, seal_ballot(office.survey_keys.public(survey.name), survey.name, b"[]")),
    ):
        put(office, ballot_of(survey.name), sealed_answer_of(survey.name, a_line_id(person), ballot))
    assert take_in(office).answers.ignored == {NO_ANSWER: 2}
    assert close(office, by, survey.name, gate) == TOGETHER - 1


def test_a_kill_before_the_inbox_is_emptied_counts_nobody_twice(office: Office) -> None:
    """What was counted is known by its token, and comes again as answered before; what waits is there once."""
    survey, by = published(office, anonymous=True)
    follow(office, range(1, TOGETHER + 1))
    for person in range(1, TOGETHER + 1):
        answer(office, survey, person, often="a")
    with reading(office.inbox) as connection:
        left = inbox.oldest(connection, (ballot_of(survey.name),), 100)
    assert take_in(office).answers.applied == TOGETHER
    with writing(office.inbox) as connection:  # the rows are there again, as if they had never been removed
        inbox.put_many(connection, left[0].kind, ((row.epoch, row.sealed) for row in left), office.now())
    assert take_in(office).answers.ignored == {AGAIN: TOGETHER}
    assert close(office, by, survey.name, gate) == TOGETHER


def test_ten_answers_of_one_person_are_no_ten_people(office: Office) -> None:
    """Whoever sends nine of their own beside another's learns nothing: those wait on, and no token is spent."""
    survey, by = published(office, anonymous=True)
    follow(office, range(1, 12))
    for person in [1] * TOGETHER + [2, 99]:
        answer(office, survey, person, often="a")
    counts = take_in(office).answers
    assert (counts.applied, counts.received) == (0, 10)
    assert counts.ignored == {AGAIN: 9, NOT_FOLLOWING: 1}
    assert openings(office) == [], "answers were opened that do not count yet"
    assert rows(office, "SELECT (SELECT COUNT(*) FROM survey_spent), (SELECT COUNT(*) FROM survey_tally)") == [(0, 0)]
    assert take_in(office).rows == 0
    for person in range(3, 11):
        answer(office, survey, person, often="b")
    assert take_in(office).answers.applied == TOGETHER
    answer(office, survey, 11, often="c")
    assert close(office, by, "library", gate) == 11


def test_each_survey_waits_for_ten_of_its_own(office: Office, clock: TestClock) -> None:
    """Neither another survey's answers nor its end open the few of one that goes on."""
    ending, by = published(office, anonymous=True, name="ending", closes_on="2026-11-30")
    going = publish(office, by, a_survey(anonymous=True, name="going"))
    follow(office, range(1, 10))
    for person in range(1, 6):
        answer(office, ending, person, often="a")
        answer(office, going, person + 4, often="b")
    assert take_in(office).rows == 0
    clock.forward(days=30)
    assert take_in(office).answers.applied == 5
    answer(office, ending, 9, often="a")
    close(office, by, "ending", gate)
    assert rows(office, "SELECT DISTINCT survey FROM survey_tally") == [("ending",)]
    assert rows(office, "SELECT COUNT(*) FROM survey_spent") == [(0,)]
    assert close(office, by, "going", gate) == 5


def test_a_survey_whose_key_is_gone_stops_nothing(office: Office) -> None:
    """After a restore no answer can be told from a second one: they do not count, and all else goes on."""
    survey, by = published(office, anonymous=True)
    follow(office, range(1, TOGETHER + 1))
    office.survey_keys.destroy(survey.name)
    for person in range(1, TOGETHER + 1):
        answer(office, survey, person, often="a")
    deliver(office, an_event("unfollow", 1, at=10_000))
    counts = take_in(office)
    assert (counts.answers.ignored, counts.events.applied) == ({KEY_GONE: TOGETHER}, 1)
    assert close(office, by, "library", gate) == 0


def test_a_waiting_answer_holds_no_old_key_and_outlives_no_erasure(office: Office, clock: TestClock) -> None:
    """L14: each night what waits is sealed anew, and what a leaver answered goes; the old box keys end in time.

    What is no answer is kept, too: it is set aside when its turn comes.
    """
    survey, _ = published(office, anonymous=True)
    follow(office, range(1, 4))
    for person in range(1, 4):
        answer(office, survey, person, often="a")
    put(office, ballot_of(survey.name), b"no answer")
    deliver(office, an_event("unfollow", 3, at=10_000))
    take_in(office)
    with writing(office.inbox) as connection:
        inbox.put(connection, ballot_of(survey.name), 1, b"no box", office.now())
    for _ in range(5):
        clock.forward(days=1)
        retention.renew_box_keys(office)
    with reading(office.inbox) as connection:
        waiting = inbox.oldest(connection, (ballot_of(survey.name),), 10)
    newest = office.box_keys.epochs()[-1]
    assert [row.epoch for row in waiting] == [1, newest, newest, newest]
    assert not [alarm for alarm in watch.look(office) if alarm.code == "inbox_lag"]
