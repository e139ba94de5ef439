"""The route of access (O6): a form is taken only where the browser says that it came from our own page.

What the browser says, in the order in which it can be trusted: `Sec-Fetch-Site`, which no page can set; `Origin`; and
where there is no Origin, `Referer`. A browser that keeps the Referer to itself still says one of the other two. Where
it says nothing at all, the way cannot be known, and the request is refused.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

SAME: Final = "same-origin"
FORM: Final = "application/x-www-form-urlencoded"


class Refusal(StrEnum):
    """Why a request was refused. Counted under this word; the page for it says what to do."""

    HOST = "host"
    ROUTE = "route"
    ROUTE_UNKNOWN = "route_unknown"
    CONTENT_TYPE = "content_type"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    TOKEN = "token"  # noqa: S105 - a reason
    TOKEN_LATE = "token_late"  # noqa: S105 - a reason
    TOKEN_USED = "token_used"  # noqa: S105 - a reason
    NO_SESSION = "no_session"
    TOO_MANY = "too_many"
    CROWDED = "crowded"
    PURPOSE = "purpose"
    LOGIN_STATE = "login_state"
    UNAVAILABLE = "unavailable"
    NOT_HERE = "not_here"
    METHOD = "method"


class TurnedAway(Exception):
    """A request is refused, and nothing came of it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


def host_refusal(headers: Mapping[str, str], hosts: frozenset[str]) -> Refusal | None:
    """Refuse a Host that is not on the list, whatever the method."""
    return None if headers.get("host", "").lower() in hosts else Refusal.HOST


def form_refusal(headers: Mapping[str, str], origin: str) -> Refusal | None:
    """Refuse a form that did not come from a page of ours, or is none."""
    site, said = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site != SAME:
        return Refusal.ROUTE
    if said is not None and said != "null":
        refused = None if said == origin else Refusal.ROUTE
    elif site == SAME:  # a browser that hides Origin (null) or Referer has still said it
        refused = None
    elif said == "null":
        refused = Refusal.ROUTE
    else:
        refused = _referer_refusal(headers.get("referer"), origin)
    if refused is None and headers.get("content-type", "").split(";")[0].strip().lower() != FORM:
        return Refusal.CONTENT_TYPE
    return refused


def _referer_refusal(referer: str | None, origin: str) -> Refusal | None:
    if referer is None:
        return Refusal.ROUTE_UNKNOWN
    try:
        place = urlsplit(referer)
    except ValueError:
        return Refusal.ROUTE
    return None if f"{place.scheme}://{place.netloc}" == origin else Refusal.ROUTE
