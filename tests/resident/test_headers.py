"""Headers, cookies, pace and logs of every page (L8, O6): no script, no frame, nothing stored, nothing said."""

import http.client
import logging
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from fastapi.routing import APIRoute

from tayori.office import Office
from tests.resident.browser import Page
from tests.resident.builders import Door, running_pages
from tests.support.builders import TestClock, a_line_id
from web.headers import HEADERS
from web.limits import ALLOWED, Limits, site_of
from web.resident.app import make_app
from web.resident.context import SESSION, VISIT, wording
from web.resident.sessions import ABSOLUTE, IDLE, MOST_USED
from web.route import Refusal

INSIDE = ("/settings", "/me", "/erase", "/staff")
OUTSIDE = ("/", "/nowhere", "/login", "/login/callback")


def every_page(door: Door) -> list[tuple[str, Page]]:
    browser, _ = door.enter(1)
    pages = [(path, browser.get(path)) for path in INSIDE]
    pages += [(path, door.browser().get(path)) for path in (*OUTSIDE, *INSIDE)]
    return pages


def test_every_answer_has_its_headers_and_no_script(one_door: Door) -> None:
    """Strict CSP, HSTS, no frames, no storing; not a script, not a style and not a handler in the pages themselves."""
    for path, page in every_page(one_door):
        for name, value in HEADERS.items():
            if name != "Content-Security-Policy":
                assert page.headers[name] == value, (path, name)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "server" not in page.headers
        for tag, given in page.reader.tags:
            assert tag not in {"script", "style", "iframe", "object", "embed", "base"}
            assert not [name for name in given if name.startswith("on") or name == "style"]
            for name in ("src", "href", "action", "formaction"):
                assert (given.get(name) or "/").startswith(("/", "#")), (path, given)


def test_one_page_leads_its_form_to_line_and_no_other(one_door: Door) -> None:
    """Chromium applies `form-action` to the redirect as well, so the start page names LINE's origin."""
    origin = one_door.context.settings.channel.authorize_origin
    named = [path for path, page in every_page(one_door) if origin in page.headers["content-security-policy"]]
    assert named == ["/"]


def test_both_cookies_are_for_this_host_alone(one_door: Door) -> None:
    """`__Host-`, Secure, HttpOnly, SameSite=Lax, no Domain, no life beyond the browser's own session."""
    start = one_door.browser().get("/")
    browser = one_door.browser()
    one_door.app.platform.login.next_id = a_line_id(1)
    browser.submit(browser.get("/").form("/login"), confirmed="yes")
    lines = [start.headers["set-cookie"], *browser.set_cookies]
    assert {line.split("=")[0] for line in lines} == {SESSION, VISIT}
    for line in lines:
        assert line.startswith("__Host-")
        for mark in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
            assert mark in line
        assert "Domain" not in line
        assert "Max-Age=0" in line or "Max-Age" not in line


def test_no_address_title_or_page_of_a_refusal_holds_a_value(one_door: Door) -> None:
    """Nothing personal stands in an address, a title, or in a page for somebody who is not logged in."""
    browser, page = one_door.enter(5)
    browser.submit(page.form("/settings"), genre=[9], birth_year="1931", area="7")
    browser.get("/me")
    for url in browser.seen:
        assert not re.search(r"1931|genre|area|U[0-9a-f]{32}", url)
    for path in INSIDE:
        title = re.search(rb"<title>(.*)</title>", browser.get(path).content)
        assert title is not None
        assert a_line_id(5).encode() not in title[1]
        assert "落合第一" not in one_door.browser().get(path).text


def test_a_session_ends_by_idleness_and_in_any_case(one_door: Door) -> None:
    """Twenty minutes without a request end it; an hour ends it whatever is asked."""
    browser, _ = one_door.enter(1)
    one_door.clock.moment += IDLE + timedelta(seconds=1)
    assert browser.get("/settings").status == 401
    browser, _ = one_door.enter(1)
    began = one_door.clock.moment
    while one_door.clock.moment - began <= ABSOLUTE - timedelta(minutes=10):
        one_door.clock.forward(minutes=10)
        assert browser.get("/settings").status == 200
    one_door.clock.forward(minutes=11)
    assert browser.get("/settings").status == 401


def test_a_session_takes_so_many_forms_and_no_more(one_door: Door) -> None:
    """What is kept of used tokens has an end, so that a session cannot grow without one."""
    browser, page = one_door.enter(1)
    (session,) = one_door.context.sessions._sessions.values()  # noqa: SLF001 - as if it had used so many
    session.used |= {str(number) for number in range(MOST_USED)}
    assert browser.submit(page.form("/settings")).status == 409


@pytest.mark.parametrize(("what", "path"), [("ask", "/settings"), ("write", "/stop")])
def test_a_session_that_asks_too_often_waits(one_door: Door, what: str, path: str) -> None:
    """The limits of a session: refused with a page that says to wait; five minutes later it goes on."""
    browser, page = one_door.enter(1)
    most = one_door.context.limits.allowed["session", what] = 6
    form = page.form("/stop")
    for _ in range(most):
        browser.get(path) if what == "ask" else browser.post(path, form.fields)
    last = browser.get("/settings") if what == "ask" else browser.post(path, form.fields)
    assert last.status == 429
    assert wording()["refusals"]["too_many"]["next"] in last.text
    one_door.clock.forward(minutes=6)
    assert browser.get("/settings").status == 200


def test_an_address_that_asks_too_often_waits_and_others_do_not(one_door: Door) -> None:
    """Per address, as the proxy on this machine tells it; IPv6 by its /64."""
    one_door.context.limits.allowed["address", "ask"] = 3
    loud, quiet = "2001:db8:1:2::7", "2001:db8:1:3::7"
    browser = one_door.browser()
    assert [browser.get("/", {"x-real-ip": loud}).status for _ in range(4)] == [200, 200, 200, 429]
    assert browser.get("/", {"x-real-ip": "2001:db8:1:2::8"}).status == 429
    assert browser.get("/", {"x-real-ip": quiet}).status == 200


def test_a_proxy_on_another_machine_says_who_asks_and_nobody_else_does(sqlite_office: Office, clock: TestClock) -> None:
    """One resident who asks too often stops no other behind the same proxy; who is no proxy is believed nothing."""

    def asked(peer: str, said: str) -> int:
        connection = http.client.HTTPConnection(urlsplit(door.base).netloc, source_address=(peer, 0), timeout=10)
        connection.request("GET", "/", headers={"X-Forwarded-For": said})
        status = connection.getresponse().status
        connection.close()
        return status

    with running_pages(sqlite_office, clock, proxy="127.0.0.2") as door:
        door.context.limits.allowed["address", "ask"] = 2
        assert [asked("127.0.0.2", "198.51.100.1") for _ in range(3)] == [200, 200, 429]
        assert asked("127.0.0.2", "198.51.100.2") == 200
        assert [asked("127.0.0.3", f"198.51.100.{one}") for one in (3, 4, 5)] == [200, 200, 429]


def test_addresses_are_known_by_a_hash_of_the_day_alone(one_door: Door) -> None:
    """What is counted holds no address, and the same address is another one tomorrow."""
    limits = Limits(one_door.clock)
    limits.allows("address", "ask", "192.0.2.7")
    first = set(limits._counts)  # noqa: SLF001 - what is held is the rule
    assert "192.0.2.7" not in repr(vars(limits))
    one_door.clock.forward(days=1)
    limits.allows("address", "ask", "192.0.2.7")
    assert not first & set(limits._counts)  # noqa: SLF001 - as above


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("no address", "unreadable"),
        ("", "unreadable"),
    ],
)
def test_what_an_address_stands_for(address: str, site: str) -> None:
    """A household has a /64; what cannot be read is one and the same."""
    assert site_of(address) == site


def test_logs_hold_no_value(one_door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """What is logged of good and bad requests is reasons and counts: no id, no address, no choice, no token."""
    caplog.set_level(logging.DEBUG)
    browser, page = one_door.enter(6)
    browser.submit(page.form("/settings"), genre=[1], birth_year="1931")
    browser.submit(page.form("/settings"), genre=[1], birth_year="1931")
    browser.get("/marked-path?marked=1", {"x-real-ip": "192.0.2.99"})
    browser.get(f"/login/callback?code=marked&state={'m' * 43}")
    one_door.app.platform.login.tamper = {"sub": "marked"}
    one_door.enter(6)
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
    assert "a request was refused: token_used" in ours
    for marked in (a_line_id(6), "marked", "1931", "192.0.2.99", page.form("/settings").value("token"), "mmm"):
        assert marked not in ours


def test_what_goes_wrong_inside_is_a_page_and_a_word(one_door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """An error of ours: 503 in Japanese, its kind in the log, its text nowhere."""
    browser, _ = one_door.enter(1)
    right, one_door.context.page = one_door.context.page, None  # type: ignore[assignment]
    try:
        page = browser.get("/settings")
    finally:
        one_door.context.page = right
    assert page.status == 503
    assert "ただいま混み合っています" in page.text
    assert "AttributeError" in caplog.text
    assert "NoneType" not in caplog.text + page.text


def test_every_refusal_has_its_words_and_each_is_in_japanese() -> None:
    """Each reason has a page: what happened, that nothing was changed, what to do next."""
    assert set(wording()["refusals"]) == {str(refusal) for refusal in Refusal}
    for told in [*wording()["refusals"].values(), *wording()["logins"].values()]:
        assert all(re.search(r"[ぁ-ん]", told[part]) for part in ("head", "what", "next"))
        assert not re.search(r"[A-Za-z]{5,}", told["what"].replace("LINE", ""))


def test_every_route_is_public_by_list_or_asks_for_a_session(one_door: Door) -> None:
    """A new page has to be listed here, or is tried without a session and must refuse."""
    public = {"/", "/login", "/login/callback", "/letter", "/healthz"}
    routes = [route for route in make_app(one_door.context).routes if isinstance(route, APIRoute)]
    assert len(routes) > 12
    for route in routes:
        if route.path in public or route.path.startswith("/static/"):
            continue
        for method in route.methods or ():
            browser = one_door.browser()
            page = browser.get(route.path) if method == "GET" else browser.post(route.path, [("token", "x")])
            assert page.status in {400, 401}, (method, route.path)


def test_the_limits_leave_room_for_a_resident() -> None:
    """A resident who clears everything one by one, twice, and looks around, is never told to wait."""
    assert ALLOWED["session", "write"] >= 20
    assert ALLOWED["session", "ask"] >= 100
