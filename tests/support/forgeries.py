"""Forged requests that every form has to refuse (O6): each is the genuine one with one thing changed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.resident.browser import FORM, Browser, Fields, Headers

NOTHING: Headers = {"origin": None, "referer": None, "sec-fetch-site": None}


@dataclass
class Forged:
    """One forged request: headers that differ (None: left out), fields that differ, what is done before."""

    headers: Headers = field(default_factory=dict)
    fields: dict[str, object] = field(default_factory=dict)
    prepare: Callable[[Any, Browser, Fields], object] | None = None
    action: str = ""
    method: str = "POST"
    body: bytes | None = None


ORIGINS = {
    "foreign": "https://evil.example",
    "null": "null",
    "empty": "",
    "http for https": "https://127.0.0.1",
    "another port": "{port}",
    "a sub-domain": "http://sub.{host}",
    "a longer name": "http://{host}.evil.example",
    "ours as user": "http://{host}@evil.example",
    "ours with a path": "{base}/",
    "ours in capitals": "HTTP://{host}",
    "ours with a dot": "http://127.0.0.1.:{number}",
    "localhost instead": "http://localhost:{number}",
    "two origins": "{base} https://evil.example",
    "a file": "file://",
    "an extension": "chrome-extension://abcdefgh",
    "a look-alike letter": "http://xn--127-0-0-1.example",
}
SPOKEN = {name: said for name, said in ORIGINS.items() if said not in {"", "null"}}
REFERERS = {
    "foreign": "https://evil.example/settings",
    "ours in the path": "https://evil.example/{base}/settings",
    "ours in the query": "https://evil.example/?{base}",
    "another port": "{port}/settings",
    "a longer name": "http://{host}.evil.example/",
    "ours as user": "http://{host}@evil.example/",
    "https instead": "https://{host}/settings",
    "no address": "about:blank",
    "broken": "http://[",
    "empty": "",
}
SITES = ("cross-site", "same-site", "none", "", "SAME-ORIGIN", "same-origin, cross-site")
TYPES = (
    "text/plain",
    "application/json",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencodedx",
    "",
    "text/plain; application/x-www-form-urlencoded",
)
BY_ROUTE: dict[str, Forged] = {
    "no word on the way": Forged(NOTHING),
    **{f"origin: {name}": Forged({"origin": said, "sec-fetch-site": None}) for name, said in ORIGINS.items()},
    **{
        f"origin and site: {name}": Forged({"origin": said})
        for name, said in ORIGINS.items()
        if said not in {"", "null"}
    },
    **{f"referer: {name}": Forged(NOTHING | {"referer": said}) for name, said in REFERERS.items()},
    **{f"site: {said or 'empty'}": Forged({"sec-fetch-site": said}) for said in SITES},
    **{f"type: {said or 'none'}": Forged({"content-type": said or None}) for said in TYPES},
    "host: foreign": Forged({"host": "evil.example"}),
    "host: another port": Forged({"host": "127.0.0.1:1"}),
    "host: ours and more": Forged({"host": "{host}.evil.example"}),
}
"""What another site, or a neighbour, can send: wrong in route, type or host alone."""

GENUINE: dict[str, Headers] = {
    "as Chromium sends it": {},
    "without a Referer": {"referer": None},
    "Referer kept back, so Origin is null": {"referer": None, "origin": "null"},
    "neither Origin nor Referer": {"referer": None, "origin": None},
    "an older browser: Origin alone": {"sec-fetch-site": None, "referer": None},
    "an older browser: Referer alone": {"sec-fetch-site": None, "origin": None},
    "Referer without its path": {"referer": "{base}/"},
    "with a charset": {"content-type": f"{FORM}; charset=UTF-8"},
}
"""How browsers send the genuine request."""


def filled(text: object, words: dict[str, str]) -> object:
    if isinstance(text, list):
        return [filled(one, words) for one in text]
    return text.format(**words) if isinstance(text, str) else text


def place_words(base: str) -> dict[str, str]:
    """Give what stands for our own address in the tables."""
    place = urlsplit(base)
    port = f"{place.scheme}://{place.hostname}:{(place.port or 80) + 1}"
    return {"base": base, "host": place.netloc, "number": str(place.port), "port": port}


BY_TOKEN: dict[str, Forged] = {
    "no token": Forged(fields={"token": None}),
    "an empty token": Forged(fields={"token": ""}),
    "a made-up token": Forged(fields={"token": "AAAA.1793581200." + "0" * 64}),
    "a token that is no ASCII": Forged(fields={"token": "é.1.x"}),
    "a token of one part": Forged(fields={"token": "x"}),
    "a doubled token": Forged(fields={"token": ["{token}", "{token}"]}),
    "a token cut short": Forged(fields={"token": "{cut}"}),
    "a token with another moment": Forged(fields={"token": "{moved}"}),
}
"""Tokens that no form of ours embedded: missing, made up, doubled, cut or dated anew."""
