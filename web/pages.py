"""What every door with pages needs: who asks, whether they may, and how an answer looks."""

import logging
import re
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import anyio.to_thread
import yaml
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tayori.domain.eras import japanese_year
from tayori.domain.identifiers import Clock
from tayori.domain.ward import ward
from tayori.errors import TayoriError
from tayori.warehouse.addresses import LOOPBACK
from web.forms import Fields, Size, read_form
from web.headers import dress, policy_with
from web.limits import EVERYBODY, Limits, site_of
from web.metrics import refusals
from web.route import Refusal, TurnedAway, form_refusal, host_refusal
from web.tokens import Tokens

REAL_ADDRESS: Final = "x-real-ip"
TOKYO: Final = ZoneInfo("Asia/Tokyo")
SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
FOR_EVER: Final = "public, max-age=31536000, immutable"
HEALTH: Final = "/healthz"
HTTP: Final = {404: Refusal.NOT_HERE, 405: Refusal.METHOD}
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
    Refusal.CROWDED: 503,
    Refusal.PURPOSE: 409,
    Refusal.LOGIN_STATE: 403,
    Refusal.UNAVAILABLE: 503,
    Refusal.NOT_HERE: 404,
    Refusal.METHOD: 405,
}
log = logging.getLogger("tayori.pages")
T = TypeVar("T")
Words = Mapping[str, Mapping[str, Any]]


@cache
def words_of(package: str) -> Words:
    """Give the sentences of a package's pages that are data."""
    read: Words = yaml.safe_load(files(package).joinpath("wording.yaml").read_text("utf-8"))
    return read


@cache
def templates_of(package: str) -> Environment:
    """Give a package's templates, over those that all pages share: everything escaped, nothing undefined."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("web")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["moment"] = moment
    made.globals["japanese_year"] = japanese_year
    return made


@cache
def style() -> tuple[str, bytes]:
    """Give the style sheet's name, by the hash of its bytes, and the bytes."""
    parts = [files("web").joinpath("static", name).read_bytes() for name in ("tokens.css", "page.css")]
    content = b"\n".join(parts)
    return f"page-{sha256(content).hexdigest()[:16]}.css", content


def sheet_of(under: str) -> str:
    """Give the style sheet's path, for pages that lie under a path."""
    return f"{under}/static/{style()[0]}"


@dataclass
class Pages:
    """One process of pages: the package that they are in, the path that they lie under, the route to them."""

    package: str
    under: str
    origin: str
    hosts: frozenset[str]
    clock: Clock
    limits: Limits
    tokens: Tokens = field(default_factory=Tokens)
    refused: Counter[str] = field(default_factory=Counter)

    def render(self, name: str, status: int = 200, *, form_origin: str = "", **values: object) -> HTMLResponse:
        """Give a page. `form_origin` is where its form leads beside ourselves."""
        values |= {"ward": ward(), "style": sheet_of(self.under), "under": self.under}
        response = HTMLResponse(templates_of(self.package).get_template(f"{name}.html.j2").render(**values), status)
        if form_origin:
            response.headers["Content-Security-Policy"] = policy_with(form_origin)
        return response

    def count(self, refusal: Refusal) -> None:
        """Count a refusal by its reason."""
        self.refused[refusal] += 1
        log.warning("a request was refused: %s, the %d. time", refusal, self.refused[refusal])

    def refuse(self, refusal: Refusal) -> HTMLResponse:
        """Give the page of a refusal: what happened, that nothing was changed, what to do. Counted by its reason."""
        self.count(refusal)
        return self.render("refused", STATUS[refusal], told=words_of(self.package)["refusals"][refusal])

    def token(self, holder: str, form: str, number: str = "") -> str:
        """Give a token for a form, fresh or under the number of an earlier one."""
        return self.tokens.make(holder, form, self.clock(), number)

    def limit(self, whose: str, what: str, name: str = "") -> None:
        """Count one request of somebody, or of everybody together.

        Raises:
            TurnedAway: there were too many.

        """
        if not self.limits.allows(whose, what, name):
            raise TurnedAway(Refusal.CROWDED if whose == EVERYBODY else Refusal.TOO_MANY)

    async def read(self, request: Request, known: frozenset[str], size: Size) -> Fields:
        """Give the fields of a form that came by the regular route (O6); its token is the caller's to check.

        Raises:
            TurnedAway: it came by another, or is none that the page could send.

        """
        if (refusal := form_refusal(request.headers, self.origin)) is not None:
            raise TurnedAway(refusal)
        return await read_form(request, known, size)


def add_guard(app: FastAPI, pages: Pages) -> None:
    """Let every answer of an app be guarded and dressed, and every error be a page."""
    app.router.redirect_slashes = False
    app.state.registry = refusals(pages.refused)
    _add_style(app, pages.under)
    _add_refusals(app, pages)

    @app.middleware("http")
    async def guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        return dress(await _guarded(pages, request, go_on))


def add_health(app: FastAPI, ready: Callable[[], bool]) -> None:
    """Let an app tell whether it could serve now; `ready` raises where it could not."""

    @app.get(HEALTH)
    async def health() -> Response:
        try:
            well = await in_thread(ready)
        except TayoriError as error:
            log.error("%s", error.sentence)  # noqa: TRY400 - the sentence is all there is to say
            well = False
        return Response(status_code=200 if well else 503)


async def _guarded(pages: Pages, request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    """Check the Host and the pace first, and let no error out with what it holds."""
    path = request.url.path
    refusal = None if path == HEALTH else host_refusal(request.headers, pages.hosts)
    if refusal is not None:
        return pages.refuse(refusal)
    try:
        if path not in {HEALTH, sheet_of(pages.under)}:  # a refusal has its looks, too
            pages.limit("address", "ask", address_of(request))
            pages.limit(EVERYBODY, "ask")
        return await go_on(request)
    except TurnedAway as away:
        return pages.refuse(away.refusal)
    except Exception as error:  # noqa: BLE001 - whatever it is, its text must not reach a log
        log.error("a page could not be made: %s", type(error).__name__)  # noqa: TRY400 - its kind alone
        return pages.refuse(Refusal.UNAVAILABLE)


def _add_style(app: FastAPI, under: str) -> None:
    content = style()[1]

    @app.get(sheet_of(under), include_in_schema=False)
    async def sheet() -> Response:
        return Response(content, media_type="text/css", headers={"Cache-Control": FOR_EVER})


def _add_refusals(app: FastAPI, pages: Pages) -> None:
    @app.exception_handler(TurnedAway)
    async def turned_away(_request: Request, error: Exception) -> Response:
        assert isinstance(error, TurnedAway)  # noqa: S101 - the handler is for this kind alone
        return pages.refuse(error.refusal)

    @app.exception_handler(TayoriError)
    async def unavailable(_request: Request, error: Exception) -> Response:
        assert isinstance(error, TayoriError)  # noqa: S101 - as above
        log.error("%s", error.sentence)
        return pages.refuse(Refusal.UNAVAILABLE)

    @app.exception_handler(HTTPException)
    async def http(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as above
        return pages.refuse(HTTP.get(error.status_code, Refusal.UNREADABLE))


def address_of(request: Request) -> str:
    """Give the network that asks: what the proxy on this machine says, else who is at the other end."""
    peer = request.client.host if request.client else ""
    return site_of(request.headers.get(REAL_ADDRESS, peer) if peer in LOOPBACK else peer)


def secret_of(request: Request, cookie: str) -> str | None:
    """Give the secret that a cookie holds; None where there is none of our form."""
    given = request.cookies.get(cookie, "")
    return given if SECRET.fullmatch(given) else None


def visit_of(request: Request, cookie: str) -> str:
    """Give the secret of a browser that is not logged in; a fresh one where it has none of our form."""
    return secret_of(request, cookie) or secrets.token_urlsafe(32)


def keep_cookie(response: Response, name: str, value: str) -> None:
    """Set one of our cookies: for this host and TLS alone, out of reach of scripts and of other sites' forms.

    `Lax`, not `Strict`: a resident comes from LINE's talk and back from LINE's login, both other sites.
    """
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="lax")


def drop_cookie(response: Response, name: str) -> None:
    """Let the browser forget a cookie."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def see(path: str) -> RedirectResponse:
    """Send the browser on to a page of ours, by GET."""
    return RedirectResponse(path, 303)


async def in_thread(work: Callable[[], T]) -> T:
    """Do work that waits for a store or for LINE beside the others."""
    return await anyio.to_thread.run_sync(work)


def moment(at: datetime) -> str:
    """Write a moment as residents read it."""
    local = at.astimezone(TOKYO)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
