"""Answers by person, sealed and erased with them; anonymous ones as counts that lead to nobody; results (L6, L14)."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import orjson
import pytest

from expectations.gate import gate
from tayori.analysis.surveys import as_csv, results
from tayori.desk.surveys import close, publish
from tayori.errors import BadInput, NotFound, Refused, Unavailable
from tayori.ingest import surveys
from tayori.ingest.submissions import answer_of
from tayori.ingest.surveys import AGAIN, NO_ANSWER, NOT_ASKED, NOT_FOLLOWING, read_answer
from tayori.office import Office
from tayori.reports.survey_results import survey_page
from tayori.retention import run as retention
from tayori.warehouse import inbox
from tayori.warehouse.engines import writing
from tayori.warehouse.erasure import EXPIRIES
from tests.ingest.builders import an_event, deliver, rows, take_in
from tests.support.builders import TestClock, a_line_id
from tests.support.handlers import a_handler
from tests.surveys.builders import a_survey, answer, follow, published, put


def test_an_answer_is_kept_sealed_under_its_person(office: Office) -> None:
    """L5, P8: one answer each; a later one stands instead of an earlier one."""
    survey, _ = published(office)
    follow(office, [1, 2])
    answer(office, survey, 1, often="a", wish="料理の本")
    answer(office, survey, 2, often="b")
    answer(office, survey, 1, often="c")
    assert take_in(office).answers.applied == 3
    kept = rows(office, "SELECT survey, answers FROM survey_answer")
    assert [name for name, _ in kept] == ["library", "library"]
    assert not [sealed for _, sealed in kept if b"often" in bytes(sealed)]


def test_what_is_no_answer_is_counted_and_not_kept(office: Office) -> None:
    """A stranger, a survey that nobody asked, a code that is none, a question of another survey."""
    survey, _ = published(office)
    follow(office, [1])
    answer(office, survey, 9, often="a")
    answer(office, survey, 1, often="z")
    answer(office, survey, 1, religion="x")
    put(office, "answer", {"survey": "other", "line_user_id": "U" + "0" * 32, "answers": {"a": "b"}})
    put(office, "answer", b"{}")
    put(office, "answer", {"survey": "library", "line_user_id": "x", "answers": {}})
    counts = take_in(office)
    assert counts.answers.ignored == {NOT_FOLLOWING: 1, NO_ANSWER: 2, NOT_ASKED: 1}
    assert counts.events.quarantined.total() == 2
    assert rows(office, "SELECT COUNT(*) FROM survey_answer") == [(0,)]


def test_erasing_a_person_erases_their_answer(office: Office) -> None:
    """L14: the eraser walks the schema, and survey_answer is on its way."""
    survey, _ = published(office)
    follow(office, [1, 2])
    answer(office, survey, 1, often="a")
    answer(office, survey, 2, often="b")
    take_in(office)
    deliver(office, an_event("unfollow", 1, at=10_000))
    take_in(office)
    assert retention.erase_leavers(office, retention.begin(office))
    assert rows(office, "SELECT COUNT(*) FROM survey_answer") == [(1,)]


def test_a_leavers_spent_token_goes_with_them(office: Office) -> None:
    """L14: with the keys that are still here and a true LINE id nobody learns that a leaver ever answered."""
    survey, by = published(office, anonymous=True)
    follow(office, range(1, 13))
    for person in range(1, 13):
        answer(office, survey, person, often="a")
    take_in(office)
    deliver(office, an_event("unfollow", 5, at=10_000))
    take_in(office)
    retention.erase_leavers(office, retention.begin(office))
    kept = {bytes(token) for (token,) in rows(office, "SELECT token FROM survey_spent")}
    told = {
        person
        for person in range(1, 13)
        if office.survey_keys.token("library", office.index.of_line_id(a_line_id(person))) in kept
    }
    assert told == set(range(1, 13)) - {5}
    assert close(office, by, "library", gate) == 12


def test_a_key_that_does_not_open_stops_the_erasure(office: Office) -> None:
    """L14: nobody may certify that a leaver's token is gone while a key is there that could tell it, once mended."""
    survey, _ = published(office, anonymous=True)
    follow(office, [1])
    deliver(office, an_event("unfollow", 1, at=10_000))
    take_in(office)
    (kept,) = office.keys_folder.glob(f"survey-{survey.name}.key")
    kept.write_bytes(b"damaged")
    with pytest.raises(Unavailable):
        retention.erase_leavers(office, retention.begin(office))


def test_a_key_ends_with_its_survey_even_if_the_close_was_killed(office: Office, clock: TestClock) -> None:
    """L6: of a closed survey, of none, or of one that nobody closed; that of one that goes on stays."""
    survey, by = published(office, anonymous=True)
    publish(office, by, a_survey(anonymous=True, name="going"))
    with pytest.raises(BadInput):
        publish(office, by, a_survey(anonymous=True, name="early", closes_on="2026-11-01"))
    with pytest.raises(Refused):
        publish(office, a_handler(office, "writer", "writer"), a_survey(anonymous=True, name="refused"))
    close(office, by, survey.name, gate)
    office.survey_keys.make(survey.name)  # as a kill between the two stores leaves it
    assert office.survey_keys.standing() == ["going", "library"]
    assert retention.expire(office)["survey_keys_destroyed"] == 1
    assert office.survey_keys.standing() == ["going"]
    clock.forward(days=100)
    retention.expire(office)
    assert office.survey_keys.standing() == []


def test_nothing_that_is_kept_ties_an_anonymous_answer_to_anybody(office: Office) -> None:
    """No row by person, no time, no order; tokens that the index key alone does not tell."""
    survey, _ = published(office, anonymous=True)
    follow(office, range(1, 13))
    for person in range(1, 13):
        answer(office, survey, person, often="abc"[person % 3])
    take_in(office)
    assert rows(office, "SELECT COUNT(*) FROM survey_answer") == [(0,)]
    tokens = [bytes(token) for (token,) in rows(office, "SELECT token FROM survey_spent")]
    indexes = {bytes(index) for (index,) in rows(office, "SELECT line_index FROM person")}
    assert len(tokens) == 12
    assert not set(tokens) & indexes
    assert len(rows(office, "SELECT DISTINCT ends_at FROM survey_spent")) == 1
    assert tokens == sorted(tokens) or office.settings.warehouse_address.startswith("postgres")


def test_who_answers_twice_is_counted_once(office: Office) -> None:
    """The first anonymous answer counts; in one block or in another, and whatever comes twice."""
    survey, by = published(office, anonymous=True)
    follow(office, range(1, 12))
    for person in [*range(1, 12), 1, 2]:
        answer(office, survey, person, often="a" if person < 12 else "b")
    counts = take_in(office).answers
    assert (counts.applied, counts.ignored[AGAIN]) == (11, 2)
    answer(office, survey, 3, often="b")
    assert close(office, by, "library", gate) == 11
    assert rows(office, "SELECT answers FROM survey_tally WHERE question = 'often'") == [(11,)]


@pytest.mark.parametrize("anonymous", [False, True], ids=["by person", "anonymous"])
def test_closing_leaves_counts_and_nothing_else(office: Office, *, anonymous: bool) -> None:
    """What waits is taken in; answers, tokens and key are gone; nothing comes in any more."""
    survey, by = published(office, anonymous=anonymous)
    follow(office, range(1, 6))
    for person in range(1, 6):
        answer(office, survey, person, often="a", likes="3")
    assert close(office, by, "library", gate) == 5
    assert rows(office, "SELECT (SELECT COUNT(*) FROM survey_answer), (SELECT COUNT(*) FROM survey_spent)") == [(0, 0)]
    assert office.survey_keys.standing() == []
    answer(office, survey, 1, often="b")
    assert take_in(office).answers.ignored == {NOT_ASKED: 1}
    with pytest.raises(Refused, match="closed already"):
        close(office, by, "library", gate)
    with pytest.raises(NotFound):
        close(office, by, "other", gate)


def test_what_comes_in_during_the_close_is_counted_or_refused(office: Office) -> None:
    """Neither left behind in a closed survey nor deleted uncounted: close waits for what was being taken in."""
    survey, by = published(office)
    follow(office, [1])
    answer(office, survey, 1, often="a")
    with ThreadPoolExecutor(1) as beside:
        with office.writing_people() as stores:
            given = read_answer(orjson.dumps(answer_of(survey.name, a_line_id(1), {"often": "a"})))
            assert surveys.apply(office, stores, [given])[0].applied == 1
            with writing(office.inbox) as connection:
                inbox.remove(connection, [row.inbox_no for row in inbox.oldest(connection, ("answer",), 9)])
            closing = beside.submit(close, office, by, survey.name, gate)
            time.sleep(0.5)
        assert closing.result() == 1
    assert rows(office, "SELECT COUNT(*) FROM survey_answer") == [(0,)]


def test_only_who_may_publishes_and_closes(sqlite_office: Office) -> None:
    """Roles stand in the roster."""
    published(sqlite_office)
    writer = a_handler(sqlite_office, "writer", "writer")
    with pytest.raises(Refused):
        close(sqlite_office, writer, "library", gate)


def test_texts_are_counted_by_field_and_then_gone(sqlite_office: Office) -> None:
    """P3: what is written freely is tabulated by 分野, and is read by nobody."""
    survey, by = published(sqlite_office)
    follow(sqlite_office, range(1, 12))
    for person in range(1, 12):
        answer(sqlite_office, survey, person, wish="保育園の空きを増やしてほしい")
    close(sqlite_office, by, "library", gate)
    counted = rows(sqlite_office, "SELECT code, answers FROM survey_tally WHERE question = 'wish'")
    assert sum(answers for _, answers in counted) == 11
    assert "保育園" not in json.dumps(rows(sqlite_office, "SELECT * FROM survey_tally"), ensure_ascii=False)


def answered(office: Office, *, anonymous: bool = True) -> None:
    """Let forty people answer: a small cell in one question, and some who leave questions out."""
    survey, by = published(office, anonymous=anonymous)
    follow(office, range(1, 41))
    for person in range(1, 41):
        often = "a" if person <= 25 else "b" if person <= 37 else "c"
        likes = {"likes": str(person % 5 + 1)} if person % 4 else {}
        answer(office, survey, person, often=often, **likes)
    close(office, by, "library", gate)


def test_results_hide_small_counts_and_what_would_give_them_away(sqlite_office: Office) -> None:
    """L6, P6: three people who chose one answer are hidden, and no sum gives them back."""
    answered(sqlite_office)
    told = results(sqlite_office, "library")
    often = next(table for table in told.tables if table.name == "often")
    by_row = dict(zip(often.rows, often.cells, strict=True))
    assert by_row["使わない"] == (None,)
    assert sum(cells == (None,) for cells in often.cells) >= 2
    for table in told.tables:
        for cells in table.cells:
            assert cells[0] is None or cells[0] == 0 or cells[0] >= told.k
    written = as_csv(told)
    assert written.startswith("\ufeff設問,回答,人数")
    assert "使わない,秘" in written
    page = survey_page(told.survey, told.tables, told.k, sqlite_office.today())
    assert "回答した人は40人です。" in page
    assert page == survey_page(told.survey, told.tables, told.k, sqlite_office.today())


def test_a_choice_runs_in_no_spreadsheet(sqlite_office: Office) -> None:
    """A choice that begins like a formula stands as text."""
    question = {"id": "often", "ask": "=何回", "kind": "choice", "choices": {"a": "+1回", "b": "週に1回"}}
    survey, by = published(sqlite_office, questions=[question])
    follow(sqlite_office, range(1, 22))
    for person in range(1, 22):
        answer(sqlite_office, survey, person, often="a" if person % 2 else "b")
    close(sqlite_office, by, "library", gate)
    assert "'=何回,'+1回," in as_csv(results(sqlite_office, "library"))


def test_results_are_made_of_closed_surveys_of_enough_people(sqlite_office: Office) -> None:
    """Before the end there is no table; of fewer than ten there never is."""
    survey, by = published(sqlite_office)
    with pytest.raises(Refused, match="not closed"):
        results(sqlite_office, "library")
    follow(sqlite_office, range(1, 10))
    for person in range(1, 10):
        answer(sqlite_office, survey, person, often="a")
    close(sqlite_office, by, "library", gate)
    with pytest.raises(Refused, match="Fewer than 10"):
        results(sqlite_office, "library")
    with pytest.raises(NotFound):
        results(sqlite_office, "other")


def test_tokens_end_by_themselves_where_nobody_closes() -> None:
    """A survey that was forgotten keeps nobody's token for ever."""
    (expiry,) = [one for one in EXPIRIES if one.table.name == "survey_spent"]
    assert (expiry.kept, expiry.moment.name) == (timedelta(0), "ends_at")
