"""O6, both halves, on the screen that the paper names: route of access checked, 照合情報 embedded and bound.

None of the forged requests leaves a letter; each is counted and explained; the genuine one is taken every time.
"""

import pytest

from tests.opinion.builders import CONFIRM, EASY, FORM, SEND, Desk, receipt_of
from tests.opinion.forgeries import FORGERIES, send
from tests.resident.browser import Headers
from tests.support.forgeries import GENUINE
from web.limits import ALLOWED
from web.opinion.screen import PACKAGE, WRITING_FOR
from web.pages import words_of
from web.tokens import GOOD_FOR

UNCOUNTED = {"a used token", "by HEAD", "the webhook's path", "a path with two strokes"}


@pytest.fixture(autouse=True)
def _limits(one_desk: Desk) -> None:
    one_desk.screen.limits.allowed = dict(ALLOWED)


def test_there_are_enough_of_them() -> None:
    """The suite asks for at least sixty."""
    assert len(FORGERIES) >= 60


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_letter_is_never_taken(one_desk: Desk, name: str) -> None:
    """Nothing is in the inbox; the refusal is counted, and its page says in Japanese what to do."""
    forged = FORGERIES[name]
    before, page = send(one_desk, forged)
    assert one_desk.waiting() == before
    if name in UNCOUNTED:
        return
    assert 400 <= page.status < 500
    assert one_desk.screen.refused.total() >= 1
    told = words_of(PACKAGE)["refusals"].values()
    assert any(one["head"] in page.text and one["next"] in page.text for one in told)


@pytest.mark.parametrize("headers", GENUINE.values(), ids=GENUINE)
@pytest.mark.parametrize("path", [FORM, EASY])
def test_the_genuine_letter_is_always_taken(one_desk: Desk, headers: Headers, path: str) -> None:
    """Every browser that says where the form was is believed, whatever else it keeps to itself."""
    said = {name: value and value.format(base=one_desk.base) for name, value in headers.items()}
    browser, before = one_desk.browser(), one_desk.waiting()
    start = browser.get(path)
    fields = start.form(CONFIRM).with_fields(addressee="mayor", opinion="模擬", answer="no")
    page = browser.post(CONFIRM, fields, headers=said)
    done = browser.post(SEND, page.form(SEND).with_fields(), headers=said)
    assert done.status == 200
    assert one_desk.waiting() == before + 1


def test_two_open_pages_both_count(one_desk: Desk) -> None:
    """Each page has a token of its own: who writes two letters at once sends both."""
    before = one_desk.waiting()
    browser, first = one_desk.ready()
    _, second = one_desk.ready(browser, opinion="模擬の二つ目です。")
    assert receipt_of(browser.submit(second.form(SEND))) != receipt_of(browser.submit(first.form(SEND)))
    assert one_desk.waiting() == before + 2


def test_who_writes_slowly_loses_nothing(one_desk: Desk) -> None:
    """The form is good for half a day; who looks it over for longer than half an hour is asked once more."""
    browser = one_desk.browser()
    start = browser.get(FORM)
    one_desk.clock.moment += WRITING_FOR
    page = browser.submit(start.form(CONFIRM), addressee="mayor", opinion="模擬の長い意見", answer="no")
    assert page.status == 200
    one_desk.clock.moment += GOOD_FOR * 1.1
    before = one_desk.waiting()
    late = browser.submit(page.form(SEND))
    assert (late.status, one_desk.waiting()) == (403, before)
    assert "画面を開いてから時間がたちました" in late.text
    assert receipt_of(browser.submit(late.form(SEND)))
    assert one_desk.waiting() == before + 1


def test_who_taps_again_late_gets_their_number_and_no_second_letter(one_desk: Desk) -> None:
    """What was kept is never said not to be: the answer was lost, the phone lay in a pocket, the form comes again."""
    browser, page = one_desk.ready()
    first = browser.submit(page.form(SEND))
    before = one_desk.waiting()
    one_desk.clock.moment += GOOD_FOR * 1.1
    again = browser.submit(page.form(SEND))
    assert (again.status, one_desk.waiting()) == (200, before)
    assert receipt_of(again) == receipt_of(first)
    assert "二重には受け付けていません" in again.text


def test_a_form_whose_token_does_not_count_comes_back_filled(one_desk: Desk) -> None:
    """By the regular route and with a wrong token: refused, counted, and what was written is there still."""
    browser, page = one_desk.ready()
    before = one_desk.waiting()
    again = browser.submit(page.form(SEND), token="AAAA.1793581200." + "0" * 64)
    assert (again.status, one_desk.waiting()) == (403, before)
    assert "公園の水飲み場" in again.form(CONFIRM).value("opinion")
    sent = browser.submit(browser.submit(again.form(CONFIRM)).form(SEND))
    assert (sent.status, one_desk.waiting()) == (200, before + 1)


def test_a_browser_that_lost_its_cookie_loses_no_text(one_desk: Desk) -> None:
    """A phone that closed its browser meanwhile: refused, and what was written is there still, under a fresh token."""
    browser, page = one_desk.ready()
    before = one_desk.waiting()
    browser.cookies.clear()
    again = browser.submit(page.form(SEND))
    assert (again.status, one_desk.waiting()) == (403, before)
    assert "公園の水飲み場" in again.form(CONFIRM).value("opinion")
    sent = browser.submit(browser.submit(again.form(CONFIRM)).form(SEND))
    assert (sent.status, one_desk.waiting()) == (200, before + 1)


def test_by_another_route_nothing_that_was_sent_comes_back(one_desk: Desk) -> None:
    """A page elsewhere can not make us show its text as ours."""
    browser, page = one_desk.ready()
    fields = page.form(SEND).with_fields()
    answer = browser.post(CONFIRM, fields, headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"})
    assert answer.status == 403
    assert "公園の水飲み場" not in answer.text
