"""Forged letters: each is the genuine request to send one, with one thing changed; none may be taken (O6)."""

from urllib.parse import urlencode, urlsplit

from tests.opinion.builders import A_LETTER, CONFIRM, FORM, SEND, Desk
from tests.resident.browser import FORM as FORM_TYPE
from tests.resident.browser import Browser, Fields, Page
from tests.support.forgeries import BY_ROUTE, BY_TOKEN, Forged, filled, place_words
from web.opinion.screen import VISIT

BOUNDARY = b"multipart/form-data; boundary=x"
ATTACHED = (
    b'--x\r\nContent-Disposition: form-data; name="opinion"\r\n\r\nx\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nx\r\n--x--\r\n'
)


def _no_cookie(_desk: Desk, browser: Browser, _fields: Fields) -> None:
    browser.cookies.clear()


def _other_cookie(_desk: Desk, browser: Browser, _fields: Fields) -> None:
    browser.cookies[urlsplit(browser.base).netloc][VISIT] = "A" * 43


def _malformed_cookie(_desk: Desk, browser: Browser, _fields: Fields) -> None:
    browser.cookies[urlsplit(browser.base).netloc][VISIT] = "A" * 44


def _two_cookies(_desk: Desk, browser: Browser, _fields: Fields) -> None:
    ours = browser.cookies[urlsplit(browser.base).netloc][VISIT]
    browser.headers["cookie"] = f"{VISIT}={ours}; {VISIT}=" + "A" * 43


def _later(desk: Desk, _browser: Browser, _fields: Fields) -> None:
    desk.clock.forward(minutes=31)


def _earlier(desk: Desk, _browser: Browser, _fields: Fields) -> None:
    desk.clock.forward(minutes=-5)


def _used(_desk: Desk, browser: Browser, fields: Fields) -> None:
    assert browser.post(SEND, fields).status == 200


def _restarted(desk: Desk, _browser: Browser, _fields: Fields) -> None:
    desk.restart()


def _too_often(desk: Desk, _browser: Browser, _fields: Fields) -> None:
    desk.screen.limits.allowed["session", "send"] = 0


TOKENS: dict[str, Forged] = {
    **BY_TOKEN,
    "the token of writing": Forged(fields={"token": "{write}"}),
    "another visit's token": Forged(fields={"token": "{other}"}),
    "the token of another letter": Forged(fields={"token": "{another}"}),
    "the token in the address": Forged(fields={"token": None}, action=SEND + "?token={token}"),
    "a used token": Forged(prepare=_used),
    "a late token": Forged(prepare=_later),
    "a token from the future": Forged(prepare=_earlier),
    "after a restart": Forged(prepare=_restarted),
    "no cookie": Forged(prepare=_no_cookie),
    "somebody else's cookie": Forged(prepare=_other_cookie),
    "a cookie of another form": Forged(prepare=_malformed_cookie),
    "a tossed cookie": Forged(prepare=_two_cookies),
    "too often": Forged(prepare=_too_often),
}
"""Wrong in token or cookie."""
SWAPPED: dict[str, Forged] = {
    "another text under the token": Forged(fields={"opinion": "模擬の脅しです。"}),
    "one sign more": Forged(fields={"opinion": f"{A_LETTER['opinion']}。"}),
    "another addressee": Forged(fields={"addressee": "department"}),
    "somebody else's name": Forged(
        fields={"answer": "yes", "name": "模擬 花子", "answer_by": "fax", "fax": "03-0000-0000"}
    ),
    "somebody else's e-mail": Forged(fields={"email": "dummy@example.jp"}),
    "the wish about the summary turned": Forged(fields={"summary": "no"}),
    "a text left out": Forged(fields={"opinion": None}),
    "an empty letter": Forged(fields={"opinion": ""}),
    "a field that the page does not have": Forged(fields={"religion": "x"}),
    "a file's name": Forged(fields={"file": "a.png"}),
    "a text twice": Forged(fields={"opinion": ["a", "b"]}),
    "an addressee twice": Forged(fields={"addressee": ["mayor", "mayor"]}),
    "the trap filled": Forged(fields={"homepage": "https://example.jp"}),
    "a method overridden by a field": Forged(fields={"_method": "POST"}),
}
"""Not what the writer looked over."""
METHODS: dict[str, Forged] = {
    **{f"by {method}": Forged(method=method) for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")},
    "a method overridden by a header": Forged({"x-http-method-override": "POST"}, method="GET"),
    "a body that is too large": Forged(body=b"opinion=" + b"a" * (97 << 10)),
    "a body that is no form": Forged(body=b"\xff\xfe"),
    "a body of broken signs": Forged(body=b"opinion=%ff%fe"),
    "an empty body": Forged(body=b""),
    "too many fields": Forged(body=b"opinion=a&" * 40),
    "an attachment": Forged({"content-type": BOUNDARY.decode()}, body=ATTACHED),
    "an attachment called a form": Forged(body=ATTACHED),
    "JSON called a form": Forged(body=b'{"opinion": "x"}'),
    "a path that is nearly ours": Forged(action=f"{SEND}/"),
    "a path in capitals": Forged(action="/opinion/SEND"),
    "a path with two strokes": Forged(action="//opinion/send"),
    "the webhook's path": Forged(action="/webhook/line"),
}
"""Not the way in which the page sends it."""
FORGERIES: dict[str, Forged] = {**BY_ROUTE, **TOKENS, **SWAPPED, **METHODS}


def words_of(desk: Desk, browser: Browser, page: Page) -> dict[str, str]:
    """Give what stands for tokens in the table."""
    token = page.form(SEND).value("token")
    number, moment, seal = token.split(".")
    _, other = desk.ready()
    _, another = desk.ready(browser, opinion="模擬の別の意見です。")
    return place_words(desk.base) | {
        "token": token,
        "cut": token[:-1],
        "moved": f"{number}.{int(moment) + 1}.{seal}",
        "write": browser.get(FORM).form(CONFIRM).value("token"),
        "other": other.form(SEND).value("token"),
        "another": another.form(SEND).value("token"),
    }


def send(desk: Desk, forged: Forged) -> tuple[int, Page]:
    """Send one forged request; give how many letters there were before it, and the answer."""
    browser, page = desk.ready()
    words = words_of(desk, browser, page)
    fields = page.form(SEND).with_fields(**{name: filled(value, words) for name, value in forged.fields.items()})
    if forged.prepare is not None:
        forged.prepare(desk, browser, fields)
    before = desk.waiting()
    headers = {name: said if said is None else str(filled(said, words)) for name, said in forged.headers.items()}
    action = str(filled(forged.action or SEND, words))
    if forged.method == "POST":
        body = fields if forged.body is None else forged.body
        return before, browser.post(action, body, headers=headers, follow=False)
    sent = {"origin": desk.base, "content-type": FORM_TYPE, **headers}
    query = f"{action}?{urlencode(fields)}"
    return before, browser.go(forged.method, query, site="same-origin", headers=sent, follow=False)
