"""When a store is away or locked, or somebody sends rubbish: a page that says so, nothing lost, nothing half done."""

import threading

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tayori.office import Office
from tests.ingest.builders import rows, take_in
from tests.resident.browser import Browser, Page
from tests.resident.builders import Door, running_pages
from tests.support.builders import TestClock
from tests.support.locks import locked
from web.resident.context import SESSION, VISIT, wording
from web.resident.sessions import FULL, MOST_LOGINS, Underway
from web.route import Refusal

BUSY = wording()["refusals"]["unavailable"]["head"]


def test_a_locked_inbox_is_told_and_the_same_form_may_be_sent_again(sqlite_office: Office, clock: TestClock) -> None:
    """What could not be kept is not said to be kept: the form's token counts again, and then once."""
    with running_pages(sqlite_office, clock) as door:
        door.follow(1)
        browser, page = door.enter(1)
        form = page.form("/settings")
        with locked(sqlite_office.settings.home / "inbox.db"):
            told = browser.submit(form, genre=[1])
            assert (told.status, BUSY in told.text) == (503, True)
            wish = browser.get("/erase").form("/erase")
            assert browser.submit(wish).status == 503
            assert browser.submit(browser.get("/staff").form("/staff"), code="ABCD1234").status == 503
        assert "符号を受け付けました" not in browser.get("/staff").text
        assert "反映しているところです" not in browser.get("/settings").text
        assert "受け付けました" in browser.submit(form, genre=[1]).text
        assert browser.submit(form, genre=[1]).status == 409
        assert take_in(sqlite_office).receptions.applied == 1
        assert "消去を受け付けました" in browser.submit(wish).text
        assert take_in(sqlite_office).wishes.applied == 1


def test_a_locked_warehouse_opens_nobody(sqlite_office: Office, clock: TestClock) -> None:
    """Without its line in the log nothing is opened: the page waits no longer than the door does, and says so."""
    with running_pages(sqlite_office, clock) as door:
        door.follow(1)
        browser, _ = door.enter(1)
        with locked(sqlite_office.settings.home / "warehouse.db"):
            for path in ("/settings", "/me", "/me/download"):
                told = browser.get(path)
                assert (told.status, BUSY in told.text) == (503, True)
        assert browser.get("/settings").status == 200


def test_health_tells_what_is_missing(sqlite_office: Office, clock: TestClock) -> None:
    """Ready only with both stores and the public key; whoever asks needs no Host of ours."""
    home = sqlite_office.settings.home
    absent: list[dict[str, object]] = [
        {"inbox_url": f"sqlite:///{home / 'none.db'}"},
        {"database_url": f"sqlite:///{home / 'none.db'}"},
        {"inbox_public_key_file": home / "none.json"},
    ]
    for changes in absent:
        with running_pages(sqlite_office, clock, **changes) as door:
            assert door.browser().get("/healthz").status == 503
    with running_pages(sqlite_office, clock) as door:
        assert door.browser().get("/healthz", {"host": "monitor"}).status == 200


def test_a_form_sent_at_the_same_moment_counts_once(door: Door) -> None:
    """Two threads, one token: one is taken, whichever, and the other is told so."""
    door.follow(1)
    browser, page = door.enter(1)
    fields = page.form("/settings").with_fields(genre=[1])
    answers: list[Page] = []

    def tap(twin: Browser) -> None:
        answers.append(twin.post("/settings", fields, follow=False))

    twins = [Browser(door.base, cookies={host: dict(jar) for host, jar in browser.cookies.items()}) for _ in range(6)]
    threads = [threading.Thread(target=tap, args=(twin,)) for twin in twins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answer.status for answer in answers) == [303] + [409] * 5
    assert take_in(door.office).receptions.received == 1


def test_too_many_logins_at_once_are_told(one_door: Door) -> None:
    """Memory has an end: beyond it a login is told to wait, and those underway go on."""
    browser = one_door.browser()
    start = browser.get("/")
    attempt = one_door.context.login.begin(one_door.clock())
    held = {number.to_bytes(8, "big"): Underway(attempt, "v", "2026-11") for number in range(MOST_LOGINS)}
    one_door.context.sessions._underway.update(held)  # noqa: SLF001 - as if so many had begun
    told = browser.submit(start.form("/login"), confirmed="yes")
    assert (told.status, BUSY in told.text) == (503, True)
    assert FULL not in told.text
    one_door.clock.forward(minutes=11)
    assert one_door.enter(1)[1].status == 200


PATHS = ["/settings", "/settings/area", "/settings/clear", "/stop", "/erase", "/staff", "/login", "/logout"]
NAMES = ["token", "genre", "area", "town", "item", "code", "x"]
words = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=40)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(
        ["/settings", "/settings/area", "/settings/clear", "/stop", "/erase", "/staff", "/login", "/logout"]
    ),
    body=st.one_of(
        st.binary(max_size=300),
        st.lists(st.tuples(st.sampled_from(NAMES), words), max_size=8),
    ),
    cookie=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=";,"), max_size=60),
    query=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#?"), max_size=30),
)
def test_no_rubbish_makes_an_error_of_ours(
    one_door: Door, path: str, body: bytes | list[tuple[str, str]], cookie: str, query: str
) -> None:
    """Whatever is sent, with whatever cookie: refused as what it is, never a fault of the pages, nothing handed in."""
    browser = one_door.browser()
    sent = {"cookie": f"{SESSION}={cookie}; {VISIT}={cookie}"}
    page = browser.post(f"{path}?{query}", body, headers={**sent}, follow=False)
    assert 400 <= page.status < 500
    assert browser.get(f"/login/callback?{query}", headers={**sent}).status < 500
    assert one_door.context.refused[Refusal.UNAVAILABLE] == 0


def test_rubbish_left_nothing(one_door: Door) -> None:
    """After all of it nobody is there, and nothing waits."""
    assert take_in(one_door.office).rows == 0
    assert rows(one_door.office, "SELECT count(*) FROM person") == [(0,)]
