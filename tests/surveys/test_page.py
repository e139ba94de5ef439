"""The page on which residents answer a survey: purpose first, every question voluntary, one tap less is no answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tayori.office import Office
from tests.ingest.builders import rows, take_in
from tests.resident.builders import Door, running_pages
from tests.support.builders import TestClock, an_office
from tests.surveys.builders import answer, published
from web.limits import ALLOWED, Limits


@pytest.fixture
def asking(tmp_path: Path, clock: TestClock) -> Iterator[tuple[Office, Door]]:
    """Give pages on SQLite, of an office that has published nothing yet."""
    office = an_office(tmp_path / "home", clock)
    with running_pages(office, clock) as door:
        yield office, door
    office.close()


def test_the_whole_path(asking: tuple[Office, Door]) -> None:
    """L6: from the settings to the survey, an answer, and word that it came in."""
    office, door = asking
    published(office)
    door.follow(1)
    browser, _ = door.enter(1)
    listed = browser.click("/surveys")
    assert "図書館の使いかた（記名、12月31日まで）" in listed.text
    page = browser.click("/surveys/library")
    done = browser.submit(page.form("/surveys/library"), **{"q-often": "a", "q-books": "7", "q-wish": "料理"})
    assert "回答を受け付けました" in done.text
    assert take_in(office).answers.applied == 1
    assert rows(office, "SELECT COUNT(*) FROM survey_answer") == [(1,)]


@pytest.mark.parametrize("anonymous", [False, True])
def test_what_is_held_of_somebody_names_their_answers(asking: tuple[Office, Door], *, anonymous: bool) -> None:
    """L5: a kept answer is held of them, and the page of what is held says so; of an anonymous one nobody can."""
    office, door = asking
    survey, _ = published(office, anonymous=anonymous)
    door.follow(1)
    browser, _ = door.enter(1)
    answer(office, survey, 1, often="a")
    take_in(office)
    for path in ("/me", "/me/download", "/me/download.json"):
        assert ("図書館の使いかた" in browser.get(path).content.decode()) is not anonymous


@pytest.mark.parametrize("anonymous", [False, True])
def test_the_page_says_what_becomes_of_an_answer(asking: tuple[Office, Door], *, anonymous: bool) -> None:
    """P4: the purpose, and that an anonymous answer cannot be taken back, before anything is chosen."""
    office, door = asking
    published(office, anonymous=anonymous)
    browser, _ = door.enter(1)
    page = browser.get("/surveys/library")
    said = (
        "送ったあとは、取り消しも変更もできません" if anonymous else "締切のあとに数だけを集計し、個々の回答は消します"
    )
    assert "図書館をよくするための集計に使います。" in page.text
    assert said in page.text
    named = {given.get("name") for tag, given in page.reader.tags if tag == "input"}
    asked = {"q-often", "q-likes", "q-books", "q-last"} | (set() if anonymous else {"q-wish"})
    assert named == {"token"} | asked
    assert not [given for tag, given in page.reader.tags if tag == "input" and "required" in given]


def test_a_mistake_is_told_and_nothing_is_lost(asking: tuple[Office, Door]) -> None:
    """A number that is none, or nothing at all: told beside the question; the rest stands there still."""
    office, door = asking
    published(office)
    browser, _ = door.enter(1)
    page = browser.get("/surveys/library")
    again = browser.submit(page.form("/surveys/library"), **{"q-books": "many", "q-wish": "料理"})
    assert again.status == 422
    assert "0以上の数字で書いてください" in again.text
    assert again.form("/surveys/library").value("q-wish") == "料理"
    nothing = browser.submit(again.form("/surveys/library"), **{"q-books": "", "q-wish": ""})
    assert (nothing.status, "まだ何も答えていません" in nothing.text) == (422, True)
    assert take_in(office).rows == 0


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ({"low": "不満", "high": "満足"}, "小さい数ほど「不満」、大きい数ほど「満足」です。"),
        ({"low": "不満"}, "小さい数ほど「不満」です。"),
        ({"high": "満足"}, "大きい数ほど「満足」です。"),
    ],
)
def test_a_scale_says_what_its_ends_mean(asking: tuple[Office, Door], words: dict[str, str], hint: str) -> None:
    """Both ends may have words, or one; the page names no end that has none."""
    office, door = asking
    published(office, questions=[{"id": "likes", "ask": "満足ですか", "kind": "scale", "from": 1, "to": 5, **words}])
    browser, _ = door.enter(1)
    assert hint in browser.get("/surveys/library").text


def test_a_survey_that_is_not_open_is_no_page(asking: tuple[Office, Door], clock: TestClock) -> None:
    """Before it is published, after its last day, and by another name: not here; without a session: log in."""
    office, door = asking
    browser, _ = door.enter(1)
    assert "いま受け付けているアンケートはありません" in browser.get("/surveys").text
    assert browser.get("/surveys/library").status == 404
    published(office, closes_on="2026-11-02")
    page = browser.get("/surveys/library")
    assert page.status == 200
    assert door.browser().get("/surveys/library").status == 401
    clock.forward(hours=15)
    browser, _ = door.enter(1)
    assert browser.get("/surveys/library").status == 404


def test_the_token_is_of_one_survey(asking: tuple[Office, Door]) -> None:
    """O6: the token of one form counts for no other, and once."""
    office, door = asking
    published(office)
    browser, settings = door.enter(1)
    page = browser.get("/surveys/library")
    form = page.form("/surveys/library")
    other = settings.form("/settings").value("token")
    assert browser.submit(form, **{"q-often": "a", "token": other}).status == 403
    assert browser.submit(form, **{"q-often": "a"}).status == 200
    assert browser.submit(form, **{"q-often": "a"}).status == 409


def test_one_answer_counts_once_against_the_pace(asking: tuple[Office, Door]) -> None:
    """Page, answer and the page after it are three requests of a session, not four."""
    office, door = asking
    published(office)
    browser, _ = door.enter(1)
    door.context.limits = Limits(door.clock, dict(ALLOWED) | {("session", "ask"): 3})
    page = browser.get("/surveys/library")
    assert browser.submit(page.form("/surveys/library"), **{"q-often": "a"}).status == 200
    assert browser.get("/surveys").status == 429
