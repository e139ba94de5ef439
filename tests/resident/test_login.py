"""LINE Login: who it is comes from LINE's verified token alone, and whatever is wrong leaves nothing (L5)."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from sandbox.line.faults import Fault
from sandbox.line.login import ISSUER
from tayori.line.login import ASKED, LEEWAY, LineLogin, Why
from tests.resident.browser import Browser, Page
from tests.resident.builders import ACCOUNT, Door
from tests.support.builders import START, a_line_id
from web.resident.context import SESSION, VISIT, wording
from web.resident.sessions import LOGIN_FOR

NOW = int(START.timestamp())
OTHER_SECRET = "another-channel-secret-0123456789"
TAMPERED: dict[str, tuple[dict[str, Any], Why]] = {
    "no signature": ({"alg": "none"}, Why.TOKEN_REFUSED),
    "signed by the key of LIFF's tokens": ({"alg": "ES256"}, Why.TOKEN_REFUSED),
    "another algorithm under the secret": ({"alg": "HS512"}, Why.TOKEN_REFUSED),
    "signed by somebody else": ({"key": OTHER_SECRET}, Why.TOKEN_REFUSED),
    "signed by nothing that is secret": ({"key": ACCOUNT.login_channel_id * 2}, Why.TOKEN_REFUSED),
    "no token at all": ({"raw": "x"}, Why.TOKEN_REFUSED),
    "an empty token": ({"raw": ""}, Why.TOKEN_REFUSED),
    "three empty parts": ({"raw": ".."}, Why.TOKEN_REFUSED),
    "for another channel": ({"aud": "1650000002"}, Why.TOKEN_REFUSED),
    "for two channels": ({"aud": [ACCOUNT.login_channel_id, "1650000002"]}, Why.TOKEN_REFUSED),
    "for nobody": ({"aud": None}, Why.TOKEN_REFUSED),
    "by another issuer": ({"iss": "https://access.line.me.example"}, Why.TOKEN_REFUSED),
    "without an issuer": ({"iss": None}, Why.TOKEN_REFUSED),
    "another login's nonce": ({"nonce": "A" * 43}, Why.TOKEN_REFUSED),
    "without a nonce": ({"nonce": None}, Why.TOKEN_REFUSED),
    "a nonce that is no text": ({"nonce": 1}, Why.TOKEN_REFUSED),
    "without a subject": ({"sub": None}, Why.TOKEN_REFUSED),
    "a subject that is no LINE id": ({"sub": "U123"}, Why.TOKEN_REFUSED),
    "a subject that is no text": ({"sub": 7}, Why.TOKEN_REFUSED),
    "expired": ({"exp": NOW - LEEWAY - 1}, Why.TOKEN_LATE),
    "without an end": ({"exp": None}, Why.TOKEN_REFUSED),
    "an end that is no number": ({"exp": "never"}, Why.TOKEN_REFUSED),
    "issued in the future": ({"iat": NOW + LEEWAY + 10}, Why.TOKEN_REFUSED),
    "issued long before this login": ({"iat": NOW - LEEWAY - 10}, Why.TOKEN_LATE),
    "without the moment of issue": ({"iat": None}, Why.TOKEN_REFUSED),
    "not valid yet": ({"nbf": NOW + LEEWAY + 10}, Why.TOKEN_REFUSED),
    "issued for another access token": ({"at_hash": "AAAA"}, Why.TOKEN_REFUSED),
}


def begun(browser: Browser) -> str:
    """Begin a login; give the address at LINE that the browser is sent to."""
    start = browser.get("/")
    answer = browser.post("/login", start.form("/login").with_fields(confirmed="yes"), follow=False)
    assert answer.status == 303
    return str(answer.headers["location"])


def came_to_nothing(door: Door, browser: Browser, page: Page, why: Why) -> None:
    told = wording()["logins"][why]
    assert told["head"] in page.text
    assert told["next"] in page.text
    assert page.status in {403, 502}
    assert SESSION not in browser.cookies[urlsplit(door.base).netloc]
    assert len(door.context.sessions) == 0
    assert browser.get("/settings").status == 401


def test_a_login_asks_for_the_id_and_for_nothing_else(door: Door) -> None:
    """L5: the scope is `openid`; PKCE, state, nonce are there; what comes back is who it is, and no token is kept."""
    door.follow(1)
    browser = door.browser()
    asked = parse_qs(urlsplit(begun(browser)).query)
    assert asked["scope"] == ["openid"]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) == 43 for name in ("state", "nonce", "code_challenge"))
    _, page = door.enter(1)
    assert page.status == 200
    assert (door.app.platform.login.tokens, door.app.platform.login.revoked) == ({}, 1)
    assert {one for one in door.app.traffic.asked if "/sandbox/" not in one[1]} == set(ASKED)


def test_nothing_is_asked_of_line_before_the_purpose_is_confirmed(one_door: Door) -> None:
    """P4: without the tick nothing is fetched, no login begins, and the page says what to do."""
    browser = one_door.browser()
    page = browser.submit(browser.get("/").form("/login"))
    assert page.status == 200
    assert "チェックを入れてから" in page.text
    assert not [path for _, path in one_door.app.traffic.asked if path.startswith("/oauth2")]


def test_a_purpose_that_changed_is_confirmed_anew(one_door: Door) -> None:
    """P4: what is confirmed is the wording in force; a page with an older one does not count."""
    browser = one_door.browser()
    page = browser.submit(browser.get("/").form("/login"), confirmed="yes", purpose="2025-01")
    assert page.status == 409
    assert "利用目的の文が新しくなりました" in page.text


@pytest.mark.parametrize(("tamper", "why"), TAMPERED.values(), ids=TAMPERED)
def test_a_token_that_is_not_right_names_nobody(one_door: Door, tamper: dict[str, Any], why: Why) -> None:
    """The signature, its one algorithm, and every claim are checked; a wrong one is explained, and nothing is kept."""
    one_door.app.platform.login.tamper = tamper
    browser, page = one_door.enter(1)
    came_to_nothing(one_door, browser, page, why)
    one_door.app.platform.login.tamper = {}
    assert one_door.enter(1, browser)[1].status == 200


@pytest.mark.parametrize("seconds", [-LEEWAY + 1, LEEWAY - 1])
def test_clocks_may_differ_by_a_minute(one_door: Door, seconds: int) -> None:
    """A minute between LINE's clock and ours turns nobody away."""
    one_door.app.platform.login.tamper = {"iat": NOW + seconds, "exp": NOW + seconds + 3_600}
    assert one_door.enter(1)[1].status == 200


def test_a_login_that_was_not_allowed_is_explained(one_door: Door) -> None:
    """Who says no at LINE is told that nothing was received."""
    one_door.app.platform.login.denies = True
    browser, page = one_door.enter(1)
    came_to_nothing(one_door, browser, page, Why.DENIED)


TROUBLES: dict[str, dict[str, Any]] = {
    "in error": {"kind": "error"},
    "in error, said by a gateway": {"kind": "error", "status": 503},
    "cut off": {"kind": "reset"},
    "cut off in the middle": {"kind": "torn"},
}
ANSWERS: dict[str, Any] = {
    "without a token": {"access_token": "x", "token_type": "Bearer"},
    "a token that is no text": {"access_token": "x", "token_type": "Bearer", "id_token": 7},
    "nothing": {},
}


@pytest.mark.parametrize("fault", TROUBLES.values(), ids=TROUBLES)
def test_a_provider_in_trouble_is_explained(one_door: Door, fault: dict[str, Any]) -> None:
    """LINE in error or away: the page says to try later, and nothing is kept."""
    one_door.app.faults.rules = [Fault.read({"endpoint": "login.token", **fault})]
    browser, page = one_door.enter(1)
    came_to_nothing(one_door, browser, page, Why.NO_ANSWER)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_without_a_token_is_none(one_door: Door, answer: dict[str, Any]) -> None:
    """An answer of another shape than LINE's names nobody."""
    one_door.app.platform.login.tamper = {"answer": answer}
    browser, page = one_door.enter(1)
    came_to_nothing(one_door, browser, page, Why.NO_ANSWER)


def test_a_provider_that_is_not_there_is_explained(one_door: Door) -> None:
    """Nobody listens where LINE should be: as above."""
    right = one_door.context.login
    one_door.context.login = LineLogin(replace(right.channel, api_base="http://127.0.0.1:9"), Random(1))  # noqa: S311 - replayable
    try:
        browser, page = one_door.enter(1)
        came_to_nothing(one_door, browser, page, Why.NO_ANSWER)
    finally:
        one_door.context.login = right


def code_back(url: str) -> str:
    """Let LINE answer an address; give where it sends the browser, without going there."""
    return str(httpx.get(url, trust_env=False).headers["location"])


def _swapped(url: str, **changed: str) -> str:
    place = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(place.query).items()} | changed
    return f"{place.scheme}://{place.netloc}{place.path}?" + "&".join(
        f"{name}={value}" for name, value in query.items()
    )


BACK: dict[str, Callable[[Door, Browser, str], Page]] = {
    "a state that nobody made": lambda _, browser, back: browser.get(_swapped(back, state="A" * 43)),
    "no state": lambda _, browser, back: browser.get(_swapped(back, state="")),
    "in another browser (login CSRF)": lambda door, _, back: door.browser().get(back),
    "in another browser that began one itself": lambda door, _, back: _in_another(door, back),
    "another browser's visit tossed in": lambda _, browser, back: _tossed(browser, back),
    "twice": lambda _, browser, back: (browser.get(back), browser.get(back))[1],
    "too late": lambda door, browser, back: (
        door.clock.forward(seconds=LOGIN_FOR.total_seconds() + 1),
        browser.get(back),
    )[1],
}


def _late(door: Door, browser: Browser, back: str) -> Page:
    door.clock.forward(seconds=LOGIN_FOR.total_seconds() + 1)
    return browser.get(back)


def _in_another(door: Door, back: str) -> Page:
    other = door.browser()
    begun(other)
    return other.get(back)


def _tossed(browser: Browser, back: str) -> Page:
    browser.cookies[urlsplit(browser.base).netloc][VISIT] = "B" * 43
    return browser.get(back)


@pytest.mark.parametrize("how", BACK.values(), ids=BACK)
def test_a_login_ends_once_in_the_browser_that_began_it(one_door: Door, how: Callable[..., Page]) -> None:
    """State is bound to the browser, used once, and ends after ten minutes: nobody is logged in as somebody else."""
    one_door.app.platform.login.next_id = a_line_id(1)
    browser = one_door.browser()
    page = how(one_door, browser, code_back(begun(browser)))
    assert page.status == 403
    assert wording()["refusals"]["login_state"]["head"] in page.text


@pytest.mark.parametrize("code", ["", "x", "é", "A" * 600])
def test_a_code_that_line_did_not_give_names_nobody(one_door: Door, code: str) -> None:
    """A made-up code, an empty or an endless one: LINE refuses it, the page explains it."""
    one_door.app.platform.login.next_id = a_line_id(1)
    browser = one_door.browser()
    page = browser.get(_swapped(code_back(begun(browser)), code=code))
    came_to_nothing(one_door, browser, page, Why.CODE_REFUSED)


def test_a_code_that_somebody_used_before_names_nobody(one_door: Door) -> None:
    """A code counts once at LINE: who stole it comes too late, or the resident is told to begin anew."""
    one_door.app.platform.login.next_id = a_line_id(1)
    browser = one_door.browser()
    back = code_back(begun(browser))
    one_door.app.platform.login.codes.clear()
    came_to_nothing(one_door, browser, browser.get(back), Why.CODE_REFUSED)


def test_another_logins_code_is_stopped_by_pkce(one_door: Door) -> None:
    """A code injected into somebody's login fails at LINE: the verifier is another one."""
    one_door.app.platform.login.next_id = a_line_id(2)
    attacker, victim = one_door.browser(), one_door.browser()
    stolen = parse_qs(urlsplit(code_back(begun(attacker))).query)["code"][0]
    one_door.app.platform.login.next_id = a_line_id(1)
    page = victim.get(_swapped(code_back(begun(victim)), code=stolen))
    came_to_nothing(one_door, victim, page, Why.CODE_REFUSED)


def test_a_login_opens_a_session_under_a_new_secret(one_door: Door) -> None:
    """Fixation: whatever the browser held before, the session's secret is fresh, and the visit's is gone."""
    browser = one_door.browser()
    host = urlsplit(one_door.base).netloc
    browser.cookies[host] = {SESSION: "C" * 43}
    one_door.enter(1, browser)
    held = browser.cookies[host]
    assert held[SESSION] != "C" * 43
    assert VISIT not in held
    first = held[SESSION]
    browser.submit(browser.get("/settings").form("/logout"))
    one_door.enter(1, browser)
    assert browser.cookies[host][SESSION] != first


def test_the_sandbox_signs_as_line_says_it_does(one_door: Door) -> None:
    """The token of the web flow is HS256 under the channel's secret, with LINE's issuer and our channel."""
    login = one_door.app.platform.login
    login.next_id = a_line_id(1)
    browser = one_door.browser()
    code_back(begun(browser))
    (code,) = login.codes.values()
    token = jwt.decode(
        login.id_token(code, START), OctKey.import_key(ACCOUNT.login_channel_secret), algorithms=["HS256"]
    )
    assert (token.claims["iss"], token.claims["aud"]) == (ISSUER, ACCOUNT.login_channel_id)
