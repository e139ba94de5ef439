"""A resident's browser as far as the pages need one: cookies, forms, and the headers that say where a request is from.

It sends what Chromium sends; a test takes away or changes what its rule is about. It trusts loopback as Chromium does,
so that cookies marked Secure go there.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import httpx

Headers = dict[str, str | None]
Fields = list[tuple[str, str]]
FORM = "application/x-www-form-urlencoded"
CLIENT = httpx.Client(trust_env=False, timeout=60, verify=False)  # noqa: S501 - loopback alone, without TLS


@dataclass
class Form:
    """One form of a page: where it goes, and its fields as they stand."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    def value(self, name: str) -> str:
        """Give a field's first value."""
        return next(value for key, value in self.fields if key == name)

    def with_fields(self, **changed: object) -> list[tuple[str, str]]:
        """Give the fields with some replaced; None takes one away, a list gives several of one name."""
        kept = [(name, value) for name, value in self.fields if name not in changed]
        for name, value in changed.items():
            several = value if isinstance(value, list) else [value]
            kept += [(name, str(one)) for one in several if one is not None]
        return kept


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._select: str | None = None
        self._area: str | None = None
        self._written = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "form":
            self.forms.append(Form(given.get("action") or "", (given.get("method") or "get").lower()))
        elif tag == "select":
            self._select = given.get("name")
        elif tag == "textarea":
            self._area, self._written = given.get("name"), ""
        elif tag == "option" and self._select and self.forms and "selected" in given:
            self.forms[-1].fields.append((self._select, given.get("value") or ""))
        elif tag == "input" and self.forms and given.get("name"):
            chosen = given.get("type") not in {"checkbox", "radio"} or "checked" in given
            if chosen:
                self.forms[-1].fields.append((str(given["name"]), given.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea" and self._area and self.forms:
            self.forms[-1].fields.append((self._area, self._written.removeprefix("\n")))
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._written += data
            return
        if data.strip():
            self.texts.append(data.strip())


@dataclass
class Page:
    """What came back."""

    status: int
    headers: httpx.Headers
    content: bytes
    url: str
    reader: _Reader

    @property
    def text(self) -> str:
        """The words that are shown."""
        return " ".join(self.reader.texts)

    def form(self, action: str, **holding: str) -> Form:
        """Give the form that leads somewhere, and that holds these values."""
        return next(
            one
            for one in self.reader.forms
            if one.action == action and all((name, value) in one.fields for name, value in holding.items())
        )


@dataclass
class Browser:
    """One browser; `headers` are added to every request, None takes one away."""

    base: str
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    headers: Headers = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    set_cookies: list[str] = field(default_factory=list)
    at: str = ""

    def get(self, path: str, headers: Headers | None = None) -> Page:
        """Open an address, by hand."""
        return self.go("GET", path, site="none", headers=headers)

    def click(self, path: str) -> Page:
        """Follow a link on the page that is open."""
        return self.go("GET", path, site="same-origin")

    def submit(self, form: Form, /, action: str = "", **changed: object) -> Page:
        """Send a form of the page that is open, some fields changed."""
        return self.post(action or form.action, form.with_fields(**changed))

    def post(self, path: str, fields: Fields | bytes, headers: Headers | None = None, *, follow: bool = True) -> Page:
        """Post to an address as a form of our own page would."""
        body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
        ours: Headers = {"origin": self.base, "referer": f"{self.base}/", "content-type": FORM}
        said = ours | (headers or {})
        return self.go("POST", path, site="same-origin", body=body, headers=said, follow=follow)

    def go(
        self,
        method: str,
        path: str,
        *,
        site: str,
        body: bytes = b"",
        headers: Headers | None = None,
        follow: bool = True,
    ) -> Page:
        """Send any request, and follow where it leads."""
        url = path if path.startswith("http") else self.base + path
        for _ in range(10):
            answer = self._ask(method, url, site, body, headers or {})
            if not answer.is_redirect or not follow:
                break
            onward = str(httpx.URL(url).join(answer.headers["location"]))
            crossed = urlsplit(onward).netloc != urlsplit(url).netloc
            site = "cross-site" if crossed or site == "cross-site" else site
            method, url, body, headers = "GET", onward, b"", None
        self.at = url
        reader = _Reader()
        if "text/html" in answer.headers.get("content-type", ""):
            reader.feed(answer.text)
        return Page(answer.status_code, answer.headers, answer.content, url, reader)

    def _ask(self, method: str, url: str, site: str, body: bytes, headers: Headers) -> httpx.Response:
        host = urlsplit(url).netloc
        jar = self.cookies.setdefault(host, {})
        sent: Headers = {
            "sec-fetch-site": site,
            "cookie": "; ".join(f"{name}={value}" for name, value in jar.items()) or None,
            **headers,
            **self.headers,
        }
        given = {name: value for name, value in sent.items() if value is not None}
        CLIENT.cookies.clear()
        answer = CLIENT.request(method, url, content=body or None, headers=given)
        self.seen.append(f"{method} {url}")
        self.set_cookies += answer.headers.get_list("set-cookie")
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    jar.pop(name, None)
                else:
                    jar[name] = morsel.value
        return answer
