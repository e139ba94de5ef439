"""What every page of the residents' process needs: who asks, whether they may, and how an answer looks."""

import logging
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import anyio.to_thread
import yaml
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from tayori.domain.eras import japanese_year
from tayori.domain.identifiers import Clock
from tayori.domain.ward import ward
from tayori.errors import TayoriError
from tayori.ingest.own_page import OwnPage
from tayori.line.login import LineLogin
from tayori.warehouse.addresses import LOOPBACK
from web.resident.forms import Fields, one, read_form
from web.resident.headers import policy_with
from web.resident.limits import Limits, site_of
from web.resident.route import Refusal, TurnedAway, form_refusal
from web.resident.sessions import Session, Sessions, new_visit
from web.resident.settings import ResidentSettings
from web.resident.tokens import FIELD, Tokens

SESSION: Final = "__Host-tayori"
VISIT: Final = "__Host-tayori-visit"
REAL_ADDRESS: Final = "x-real-ip"
TOKYO: Final = ZoneInfo("Asia/Tokyo")
SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
STATUS: Final = {
    Refusal.HOST: 421,
    Refusal.ROUTE: 403,
    Refusal.ROUTE_UNKNOWN: 403,
    Refusal.CONTENT_TYPE: 415,
    Refusal.TOO_LARGE: 413,
    Refusal.UNREADABLE: 400,
    Refusal.TOKEN: 403,
    Refusal.TOKEN_LATE: 403,
    Refusal.TOKEN_USED: 409,
    Refusal.NO_SESSION: 401,
    Refusal.TOO_MANY: 429,
    Refusal.PURPOSE: 409,
    Refusal.LOGIN_STATE: 403,
    Refusal.UNAVAILABLE: 503,
    Refusal.NOT_HERE: 404,
    Refusal.METHOD: 405,
}
log = logging.getLogger("tayori.resident")
T = TypeVar("T")


class Farewell(Exception):
    """The session has come to its end by the resident's own wish; only its last page is left to show."""

    def __init__(self, session: Session) -> None:
        super().__init__("farewell")
        self.session = session


@cache
def wording() -> dict[str, dict[str, dict[str, str]]]:
    """Give the sentences of the pages that are data: refusals, failed logins, genres in their own language."""
    read: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(
        files("web.resident").joinpath("wording.yaml").read_text("utf-8")
    )
    return read


@cache
def templates() -> Environment:
    """Give the templates: everything escaped, nothing undefined."""
    made = Environment(
        loader=PackageLoader("web.resident"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["moment"] = _moment
    made.globals["style"] = style()[0]
    made.globals["japanese_year"] = japanese_year
    return made


@cache
def style() -> tuple[str, bytes]:
    """Give the style sheet's name, by the hash of its bytes, and the bytes."""
    parts = [files("web.resident").joinpath("static", name).read_bytes() for name in ("tokens.css", "page.css")]
    content = b"\n".join(parts)
    return f"page-{sha256(content).hexdigest()[:16]}.css", content


@dataclass
class Context:
    """One process of residents' pages."""

    settings: ResidentSettings
    page: OwnPage
    login: LineLogin
    clock: Clock
    sessions: Sessions
    limits: Limits
    tokens: Tokens = field(default_factory=Tokens)
    refused: Counter[str] = field(default_factory=Counter)

    def render(self, name: str, status: int = 200, *, form_origin: str = "", **values: object) -> HTMLResponse:
        """Give a page. `form_origin` is where its form leads beside ourselves."""
        shown = templates().get_template(f"{name}.html.j2").render(ward=ward(), **values)
        response = HTMLResponse(shown, status)
        if form_origin:
            response.headers["Content-Security-Policy"] = policy_with(form_origin)
        return response

    def refuse(self, refusal: Refusal) -> HTMLResponse:
        """Give the page of a refusal: what happened, that nothing was changed, what to do. Counted by its reason."""
        self.refused[refusal] += 1
        log.warning("a request was refused: %s, the %d. time", refusal, self.refused[refusal])
        return self.render("refused", STATUS[refusal], told=wording()["refusals"][refusal])

    def session(self, request: Request) -> Session:
        """Give the session of a request.

        Raises:
            TurnedAway: there is none, or it asks too often.
            Farewell: it has come to its end.

        """
        given = request.cookies.get(SESSION, "")
        session = self.sessions.find(given) if SECRET.fullmatch(given) else None
        if session is None:
            raise TurnedAway(Refusal.NO_SESSION)
        if session.farewell is not None:
            raise Farewell(session)
        self.limit("session", "ask", session.secret)
        return session

    async def form(self, request: Request, form: str, *known: str, once: bool = True) -> tuple[Session, Fields]:
        """Give session and fields of a form that came from our own page, with its token.

        Raises:
            TurnedAway: it did not, and nothing came of it.

        """
        if (refusal := form_refusal(request.headers, self.settings.origin)) is not None:
            raise TurnedAway(refusal)
        fields = await read_form(request, frozenset({*known, FIELD}))
        session = self.session(request)
        token = one(fields, FIELD)
        if (refusal := self.tokens.refusal(token, session.secret, form, self.clock())) is not None:
            raise TurnedAway(refusal)
        if once:
            self.limit("session", "write", session.secret)
            if not session.use(token):
                raise TurnedAway(Refusal.TOKEN_USED)
        return session, fields

    @asynccontextmanager
    async def taking(self, request: Request, form: str, *known: str) -> AsyncIterator[tuple[Session, Fields]]:
        """Give session and fields of a form that counts once; one that could not be kept may be sent again.

        Raises:
            TurnedAway: as `form`.

        """
        session, fields = await self.form(request, form, *known)
        try:
            yield session, fields
        except TayoriError:
            session.used.discard(one(fields, FIELD))
            raise

    def token(self, holder: str, form: str) -> str:
        """Give a fresh token for a form."""
        return self.tokens.make(holder, form, self.clock())

    def limit(self, whose: str, what: str, name: str) -> None:
        """Count one request.

        Raises:
            TurnedAway: there were too many.

        """
        if not self.limits.allows(whose, what, name):
            raise TurnedAway(Refusal.TOO_MANY)


def visit_of(request: Request) -> str:
    """Give the secret of a browser that is not logged in; a fresh one where it has none of our form."""
    given = request.cookies.get(VISIT, "")
    return given if SECRET.fullmatch(given) else new_visit()


def address_of(request: Request) -> str:
    """Give the network that asks: what the proxy on this machine says, else who is at the other end."""
    peer = request.client.host if request.client else ""
    return site_of(request.headers.get(REAL_ADDRESS, peer) if peer in LOOPBACK else peer)


def keep_cookie(response: Response, name: str, value: str) -> None:
    """Set one of our two cookies: for this host and TLS alone, out of reach of scripts and of other sites' forms.

    `Lax`, not `Strict`: a resident comes from LINE's talk and back from LINE's login, both other sites.
    """
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="lax")


def drop_cookie(response: Response, name: str) -> None:
    """Let the browser forget a cookie."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def see(path: str) -> RedirectResponse:
    """Send the browser on to a page of ours, by GET."""
    return RedirectResponse(path, 303)


def purpose_of(version: str) -> str:
    """Give the wording of a purpose as it is read: its lines are folded in the file, and Japanese has no spaces."""
    return ward().purposes[version].replace("。 ", "。")


async def in_thread(work: Callable[[], T]) -> T:
    """Do work that waits for a store or for LINE beside the others."""
    return await anyio.to_thread.run_sync(work)


def _moment(at: datetime) -> str:
    local = at.astimezone(TOKYO)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
