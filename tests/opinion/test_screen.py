"""Everything else that a public form needs: headers, pace, logs, trouble, rubbish; and what the door holds (O6, P8)."""

import http.client
import logging
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest
from pydantic import ValidationError

from tayori.office import Office
from tayori.settings import Settings
from tests.ingest.builders import take_in
from tests.opinion.builders import (
    ANSWERED,
    CONFIRM,
    EASY,
    EDIT,
    FORM,
    SEND,
    Desk,
    receipt_of,
    running_screen,
    settings_of,
)
from tests.resident.browser import Browser, Page
from tests.support.builders import TestClock
from tests.support.locks import locked
from web.headers import HEADERS
from web.limits import ALLOWED, EVERYBODY
from web.metrics import refusals
from web.opinion.screen import PACKAGE, VISIT
from web.opinion.settings import OpinionSettings
from web.pages import words_of
from web.route import Refusal

ROOT = Path(__file__).resolve().parents[2]
HELD = {
    "inbox_public_key_file": "seals, and opens nothing",
    "inbox_url": "a role that may only INSERT",
    "opinion_base_url": "no secret",
    "web_base_url": "no secret",
    "web_allowed_hosts": "no secret",
}
NEVER_LOADED = (
    "tayori.office",
    "tayori.vault.keyring",
    "tayori.vault.blind_index",
    "tayori.vault.identity",
    "tayori.line.client",
    "linebot",
    "prefect",
    "great_expectations",
    "sandbox",
    "web.door",
    "web.resident",
)
SAID = {Refusal(name) for name in words_of(PACKAGE)["refusals"]}
NEVER_SAID = {Refusal.NO_SESSION, Refusal.PURPOSE, Refusal.LOGIN_STATE, Refusal.TOKEN_USED}


def every_page(desk: Desk) -> list[tuple[str, Page]]:
    browser, confirm = desk.ready(**ANSWERED)
    pages = [("confirm", confirm), ("sent", browser.submit(confirm.form(SEND)))]
    pages += [(path, browser.get(path)) for path in (FORM, EASY, "/opinion/nowhere", CONFIRM)]
    return [*pages, ("wrong", browser.submit(browser.get(FORM).form(CONFIRM)))]


def test_every_answer_has_its_headers_and_no_script(one_desk: Desk) -> None:
    """Strict CSP, HSTS, no frames, no storing; not a script, a style or a handler in the pages; titles say no value."""
    for name, page in every_page(one_desk):
        assert {header: page.headers[header] for header in HEADERS} == HEADERS, name
        assert "server" not in page.headers
        for tag, attributes in page.reader.tags:
            assert tag not in {"script", "style", "iframe", "object", "embed", "base"}
            assert not [one for one in attributes if one.startswith("on") or one == "style"]
        title = re.search(rb"<title>(.*)</title>", page.content)
        assert title is not None
        assert "模擬" not in title[1].decode()


def test_the_cookie_is_for_this_host_alone(one_desk: Desk) -> None:
    """`__Host-`, Secure, HttpOnly, SameSite=Lax, no Domain, no life beyond the browser's own session."""
    line = one_desk.browser().get(FORM).headers["set-cookie"]
    assert line.startswith(f"{VISIT}=")
    for mark in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
        assert mark in line
    assert "Domain" not in line
    assert "Max-Age" not in line


def test_no_address_holds_a_value(one_desk: Desk) -> None:
    """What is written travels in bodies only."""
    browser, page = one_desk.ready(**ANSWERED)
    number = receipt_of(browser.submit(page.form(SEND)))
    for url in browser.seen:
        assert re.fullmatch(rf"(GET|POST) {one_desk.base}/opinion/(confirm|send)?", url), url
        assert number not in url


def test_logs_hold_no_value(one_desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """What is logged of good and bad letters is reasons and counts."""
    caplog.set_level(logging.DEBUG)
    browser, page = one_desk.ready(**ANSWERED)
    number = receipt_of(browser.submit(page.form(SEND)))
    browser.get("/opinion/marked?marked=1", {"x-real-ip": "192.0.2.99"})
    browser.post(SEND, page.form(SEND).fields, headers={"origin": "https://evil.example"})
    ours = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("http"))
    assert "a request was refused: route" in ours
    for marked in ("模擬", "dummy@example.jp", "marked", "192.0.2.99", number, page.form(SEND).value("token")):
        assert marked not in ours


@pytest.mark.parametrize(("whose", "what"), [("session", "ask"), ("session", "send"), ("address", "send")])
def test_who_sends_too_often_waits(one_desk: Desk, whose: str, what: str) -> None:
    """Per session and per address: refused with a page that says to wait; six minutes later it goes on."""
    one_desk.screen.limits.allowed = dict(ALLOWED) | {(whose, what): 2}
    browser, page = one_desk.ready()
    pages = [page, *(one_desk.ready(browser, opinion=f"模擬 {at}")[1] for at in range(2 if what == "send" else 0))]
    last = browser.submit(pages[0].form(SEND))
    for one in pages[1:]:
        last = browser.submit(one.form(SEND))
    if what == "ask":
        last = browser.submit(page.form(SEND))
    assert last.status == 429
    assert words_of(PACKAGE)["refusals"]["too_many"]["next"] in last.text
    one_desk.clock.forward(minutes=6)
    assert browser.submit(pages[-1].form(SEND)).status == 200


def test_a_flood_from_many_addresses_meets_a_ceiling(one_desk: Desk) -> None:
    """Beyond what everybody together may ask: 503 and a sentence, nothing kept; six minutes later it goes on."""
    browser, page = one_desk.ready()
    before = one_desk.waiting()
    one_desk.screen.limits.allowed = dict(ALLOWED) | {(EVERYBODY, "ask"): 5}
    flood = [one_desk.browser().get(FORM, {"x-real-ip": f"192.0.2.{at}"}) for at in range(9)]
    told = browser.submit(page.form(SEND))
    assert (flood[0].status, flood[-1].status, told.status) == (200, 503, 503)
    assert words_of(PACKAGE)["refusals"]["crowded"]["what"] in told.text
    (sheet,) = [given["href"] for tag, given in told.reader.tags if tag == "link" and given["rel"] == "stylesheet"]
    assert (browser.get(str(sheet)).status, browser.get("/healthz").status) == (200, 200)
    assert browser.get(f"{sheet}x").status == 503, "a path beside the sheet is asked at any pace"
    assert one_desk.waiting() == before
    assert one_desk.screen.refused[Refusal.CROWDED] >= 5
    one_desk.clock.forward(minutes=6)
    assert browser.submit(page.form(SEND)).status == 200


def test_the_ceiling_is_wider_than_any_one_addresss_limit() -> None:
    """Nobody alone can close the screen for the others."""
    for (whose, what), many in ALLOWED.items():
        if whose == EVERYBODY:
            assert many >= 10 * ALLOWED["address", what]


def test_refusals_are_among_the_figures(one_desk: Desk) -> None:
    """Each reason has its count, those that never occurred as well; nothing of anybody is a label."""
    browser, page = one_desk.ready()
    browser.post(SEND, page.form(SEND).fields, headers={"origin": "https://evil.example"})
    told = generate_latest(refusals(one_desk.screen.refused)).decode()
    assert 'tayori_pages_refused_total{reason="route"} 1.0' in told
    assert all(f'{{reason="{reason}"}}' in told for reason in Refusal)
    assert "evil" not in told


def test_the_refusals_have_their_words_and_each_is_in_japanese() -> None:
    """Each reason has a page: what happened, that nothing was taken, what to do next."""
    assert set(Refusal) - SAID == NEVER_SAID
    for told in words_of(PACKAGE)["refusals"].values():
        assert all(re.search(r"[ぁ-ん]", told[part]) for part in ("head", "what", "next"))


def test_a_locked_inbox_is_told_and_the_same_letter_may_be_sent_again(sqlite_office: Office, clock: TestClock) -> None:
    """What could not be kept is not said to be kept; sent again it has the same receipt, and is one letter."""
    with running_screen(sqlite_office, clock) as desk:
        browser, page = desk.ready()
        with locked(sqlite_office.settings.home / "inbox.db"):
            told = browser.submit(page.form(SEND))
            assert told.status == 503
            assert "二重になることはありません" in told.text
        assert receipt_of(browser.submit(page.form(SEND)))
        assert take_in(sqlite_office).letters.recorded == 1


def test_taps_at_the_same_moment_are_one_letter(desk: Desk) -> None:
    """Six threads, one token: all are told the same receipt, one case comes of it."""
    browser, page = desk.ready()
    fields = page.form(SEND).with_fields()
    twins = [Browser(desk.base, cookies={host: dict(jar) for host, jar in browser.cookies.items()}) for _ in range(6)]
    answers: list[Page] = []
    threads = [threading.Thread(target=lambda one=one: answers.append(one.post(SEND, fields))) for one in twins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {answer.status for answer in answers} == {200}
    assert len({receipt_of(answer) for answer in answers}) == 1
    assert take_in(desk.office).letters.recorded == 1


def test_a_box_that_the_screen_did_not_write_is_set_aside(desk: Desk) -> None:
    """Whoever may INSERT can seal anything: it stops nothing, and is kept for a decision."""
    desk.write()
    for content in (b"{}", b"[]", b"\xff", b'{"letter_id": "x"}'):
        box = desk.office.sealer.seal("letter", content)
        desk.screen.store.put("letter", box.epoch, box.box, desk.clock())
    counts = take_in(desk.office)
    assert counts.letters.recorded == 1
    assert counts.events.quarantined.total() == 4


NAMES = ["token", "opinion", "addressee", "answer", "answer_by", "name", "email", "summary", "words", "homepage", "x"]
words = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from([CONFIRM, EDIT, SEND, "/opinion/x"]),
    body=st.one_of(st.binary(max_size=300), st.lists(st.tuples(st.sampled_from(NAMES), words), max_size=8)),
    cookie=st.one_of(
        st.just("A" * 43),
        st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=";,"), max_size=60),
    ),
)
def test_no_rubbish_makes_an_error_of_ours(
    one_desk: Desk, path: str, body: bytes | list[tuple[str, str]], cookie: str
) -> None:
    """Whatever is sent, with whatever cookie: refused as what it is, never a fault of the screen, nothing kept."""
    one_desk.screen.limits.allowed = dict.fromkeys(ALLOWED, 10**9)
    before = one_desk.waiting()
    page = one_desk.browser().post(path, body, headers={"cookie": f"{VISIT}={cookie}"}, follow=False)
    assert 400 <= page.status < 500
    assert one_desk.screen.refused[Refusal.UNAVAILABLE] == 0
    assert one_desk.waiting() == before


def test_the_list_of_what_it_holds_is_whole() -> None:
    """A further setting has to be written down here, with what could be done with it."""
    assert set(OpinionSettings.model_fields) == set(HELD)
    assert set(HELD) <= set(Settings.model_fields)


def test_it_loads_nothing_that_opens_or_sends() -> None:
    """The modules that hold keys, LINE's client or the sandbox are not even in its memory."""
    asked = f"import sys, web.opinion.app; print([one for one in {NEVER_LOADED!r} if one in sys.modules])"
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True, env=_bare()
    )
    assert told.stdout.strip() == "[]"


def _bare() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("TAYORI_")}


def test_the_address_without_its_last_stroke_stays_under_tls(one_desk: Desk) -> None:
    """L8: behind the proxy the door speaks plain HTTP; a redirect with a scheme would lead residents there."""
    asked = http.client.HTTPConnection(urlsplit(one_desk.base).netloc, timeout=10)
    asked.request("GET", "/opinion")
    answer = asked.getresponse()
    assert (answer.status, answer.getheader("Location")) == (308, FORM)
    assert answer.getheader("Strict-Transport-Security")
    asked.close()


@pytest.mark.parametrize(
    "address", ["", "http://opinion.example.jp", "https://opinion.example.jp/x", "opinion.example.jp"]
)
def test_an_address_that_is_not_safe_is_refused(sqlite_office: Office, address: str) -> None:
    """L8: the screen is under TLS, at an address that is an origin."""
    with pytest.raises(ValidationError):
        settings_of(sqlite_office, address)


def test_its_health_is_told_to_whoever_watches(sqlite_office: Office, clock: TestClock) -> None:
    """Whether a letter could be kept now, asked under any name of the host; pages answer to their own name alone."""
    with running_screen(sqlite_office, clock) as desk:
        browser = desk.browser()
        assert browser.get("/healthz", {"host": "monitor"}).status == 200
        assert browser.get(FORM, {"host": "monitor"}).status == 421
        sqlite_office.inbox_public_file.rename(sqlite_office.settings.home / "away")
        assert browser.get("/healthz").status == 503
        (sqlite_office.settings.home / "away").rename(sqlite_office.inbox_public_file)
