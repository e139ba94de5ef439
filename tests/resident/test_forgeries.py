"""O6, both halves: the route of access is checked, and a token of the session and the form is embedded.

Each forgery is the genuine request with one thing changed, sent against a session that lives. None may be taken, each
is counted and explained; the genuine one is taken every time, also by browsers that keep the Referer to themselves.
"""

from urllib.parse import urlencode, urlsplit

import pytest

from tayori.domain.ward import ward
from tayori.ingest.submissions import WISH
from tayori.warehouse import inbox
from tayori.warehouse.engines import reading
from tests.resident.browser import FORM, Browser, Fields, Headers, Page
from tests.resident.builders import Door
from tests.support.forgeries import BY_ROUTE, BY_TOKEN, GENUINE, NOTHING, Forged, filled, place_words
from web.resident.context import SESSION, wording
from web.tokens import GOOD_FOR


def _no_cookie(_door: Door, browser: Browser, _fields: Fields) -> None:
    browser.cookies.clear()


def _other_cookie(_door: Door, browser: Browser, _fields: Fields) -> None:
    browser.cookies[urlsplit(browser.base).netloc][SESSION] = "A" * 43


def _two_cookies(_door: Door, browser: Browser, _fields: Fields) -> None:
    browser.headers["cookie"] = f"{SESSION}=%41; {SESSION}=" + "A" * 43


def _later(door: Door, browser: Browser, _fields: Fields) -> None:
    """Keep the session alive until the form's token is too old."""
    for _ in range(4):
        door.clock.forward(minutes=10)
        browser.get("/settings")


def _logged_out(_door: Door, browser: Browser, _fields: Fields) -> None:
    browser.submit(browser.get("/settings").form("/logout"))


def _used(_door: Door, browser: Browser, fields: Fields) -> None:
    assert browser.post("/settings", fields, follow=False).status == 303


def _restarted(door: Door, _browser: Browser, _fields: Fields) -> None:
    door.context.sessions.forget_all()


FORGERIES: dict[str, Forged] = {
    **BY_ROUTE,
    **BY_TOKEN,
    "another form's token": Forged(fields={"token": "{stop}"}),
    "another session's token": Forged(fields={"token": "{other}"}),
    "the token of a visit": Forged(fields={"token": "{visit}"}),
    "a used token": Forged(prepare=_used),
    "a late token": Forged(prepare=_later),
    "the token in the address": Forged(fields={"token": None}, action="/settings?token={token}"),
    "no session": Forged(prepare=_no_cookie),
    "somebody else's cookie": Forged(prepare=_other_cookie),
    "a tossed cookie": Forged(prepare=_two_cookies),
    "after logging out": Forged(prepare=_logged_out),
    "after a restart": Forged(prepare=_restarted),
    "by GET": Forged(method="GET"),
    "by PUT": Forged(method="PUT"),
    "by DELETE": Forged(method="DELETE"),
    "a method overridden by a header": Forged({"x-http-method-override": "POST"}, method="GET"),
    "a method overridden by a field": Forged(fields={"_method": "POST"}),
    "a field that the page does not have": Forged(fields={"religion": "x"}),
    "an area twice": Forged(fields={"area": ["1", "2"]}),
    "a genre that does not exist": Forged(fields={"genre": ["99"]}),
    "a year that is none": Forged(fields={"birth_year": "1985-04"}),
    "a year to come": Forged(fields={"birth_year": "2090"}),
    "a code in other digits": Forged(fields={"sex": "１"}),
    "a body that is too large": Forged(body=b"genre=1&" * 2_000),
    "a body that is no form": Forged(body=b"\xff\xfe"),
    "too many fields": Forged(fields={"genre": ["1"] * 80}),
    "erasing under the token of saving": Forged(action="/erase"),
    "stopping under the token of saving": Forged(action="/stop"),
    "clearing under the token of saving": Forged(action="/settings/clear", fields={"item": "area"}),
    "logging out under the token of saving": Forged(action="/logout"),
    "a path that is nearly ours": Forged(action="/settings/"),
    "a path with a dot in it": Forged(action="//settings"),
}


def handed_in(door: Door) -> int:
    with reading(door.office.inbox) as connection:
        return len(inbox.oldest(connection, ("reception", WISH), 1_000))


def words_of(door: Door, page: Page) -> dict[str, str]:
    _, other = door.enter(2)
    token = page.form("/settings").value("token")
    number, moment, seal = token.split(".")
    return place_words(door.base) | {
        "token": token,
        "cut": token[:-1],
        "moved": f"{number}.{int(moment) + 1}.{seal}",
        "stop": page.form("/stop").value("token"),
        "other": other.form("/settings").value("token"),
        "visit": door.browser().get("/").form("/login").value("token"),
    }


def send(door: Door, forged: Forged) -> tuple[int, Page]:
    """Send one forged request; give how many submissions there were before it, and the answer."""
    browser, page = door.enter(1)
    words = words_of(door, page)
    form = page.form("/settings")
    fields = form.with_fields(**{"genre": [3], "area": "5", **{k: filled(v, words) for k, v in forged.fields.items()}})
    if forged.prepare is not None:
        forged.prepare(door, browser, fields)
    before = handed_in(door)
    headers = {name: said if said is None else str(filled(said, words)) for name, said in forged.headers.items()}
    action = str(filled(forged.action or "/settings", words))
    if forged.method == "POST":
        return before, browser.post(action, forged.body or fields, headers=headers, follow=False)
    query = urlencode(fields)
    sent = {"origin": door.base, "content-type": FORM, **headers}
    return before, browser.go(forged.method, f"{action}?{query}", site="same-origin", headers=sent, follow=False)


def test_there_are_enough_of_them() -> None:
    """The suite asks for at least sixty."""
    assert len(FORGERIES) >= 60


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_request_is_never_taken(one_door: Door, name: str) -> None:
    """Nothing is handed in; the refusal is counted, and its page says in Japanese what to do."""
    forged = FORGERIES[name]
    before, page = send(one_door, forged)
    assert handed_in(one_door) == before
    if forged.method == "GET":
        assert "受け付けました" not in page.text
        return
    assert 400 <= page.status < 500
    assert one_door.context.refused.total() >= 1
    assert any(told["head"] in page.text and told["next"] in page.text for told in wording()["refusals"].values())
    assert "設定は変わっていません" in page.text or page.status in {401, 404, 405, 409, 421}


@pytest.mark.parametrize("headers", GENUINE.values(), ids=GENUINE)
def test_the_genuine_request_is_always_taken(one_door: Door, headers: Headers) -> None:
    """Every browser that says where the form was is believed, whatever else it keeps to itself."""
    browser, page = one_door.enter(1)
    before = handed_in(one_door)
    said = {name: value and value.format(base=one_door.base) for name, value in headers.items()}
    done = browser.post("/settings", page.form("/settings").with_fields(genre=[3]), headers=said)
    assert "受け付けました" in done.text
    assert handed_in(one_door) == before + 1


def test_two_open_pages_both_count(one_door: Door) -> None:
    """Each page has a token of its own: a resident with two of them is not turned away."""
    browser, first = one_door.enter(1)
    second = browser.get("/settings")
    for page in (second, first):
        assert "受け付けました" in browser.submit(page.form("/settings"), genre=[1]).text


def test_a_login_cannot_be_begun_from_elsewhere(one_door: Door) -> None:
    """Login CSRF: the form that begins a login is checked like any other, and bound to the browser's visit."""
    browser, other = one_door.browser(), one_door.browser()
    fields = browser.get("/").form("/login").with_fields(confirmed="yes")
    other.get("/")
    assert browser.post("/login", fields, headers={"origin": "https://evil.example"}).status == 403
    assert browser.post("/login", fields, headers=NOTHING).status == 403
    assert other.post("/login", fields).status == 403
    browser.cookies.clear()
    assert browser.post("/login", fields).status == 403
    assert not [path for _, path in one_door.app.traffic.asked if path.startswith("/oauth2")]


def test_the_token_lasts_half_an_hour_and_no_longer(one_door: Door) -> None:
    """A token is taken for half an hour, and never after."""
    assert ward().current_purpose
    holder, tokens, now = "h" * 43, one_door.context.tokens, one_door.clock()
    token = tokens.make(holder, "save", now)
    assert tokens.refusal(token, holder, "save", now + GOOD_FOR) is None
    assert tokens.refusal(token, holder, "save", now + GOOD_FOR * 1.01) is not None
