"""The residents' process (FastAPI): reception settings, and nothing that could send or open anybody else."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random, SystemRandom
from typing import Final

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tayori.domain.identifiers import Clock
from tayori.errors import TayoriError
from tayori.ingest.own_page import OwnPage
from tayori.line.login import LineLogin
from tayori.vault.blind_index import BlindIndex
from tayori.vault.sealed_box import Sealer
from tayori.warehouse.inbox import DoorStore, open_impatient
from web.resident.context import Context, Farewell, address_of, in_thread, style, wording
from web.resident.entering import add_entering
from web.resident.headers import dress
from web.resident.limits import Limits
from web.resident.owner import add_owner
from web.resident.route import Refusal, TurnedAway, host_refusal
from web.resident.sessions import Sessions
from web.resident.settings import ResidentSettings, resident_settings

FOR_EVER: Final = "public, max-age=31536000, immutable"
HEALTH: Final = "/healthz"
HTTP: Final = {404: Refusal.NOT_HERE, 405: Refusal.METHOD}
log = logging.getLogger("tayori.resident")


def utc_now() -> datetime:
    """Give the present moment."""
    return datetime.now(UTC)


def make_context(settings: ResidentSettings, clock: Clock = utc_now, rng: Random | None = None) -> Context:
    """Open what the pages need, and no more."""
    chance = rng or SystemRandom()
    page = OwnPage(
        open_impatient(settings.database_url, "warehouse"),
        DoorStore(settings.inbox_url),
        BlindIndex.from_file(settings.index_key_file),
        Sealer(settings.inbox_public_key_file),
        clock,
        chance,
    )
    return Context(settings, page, LineLogin(settings.channel, chance), clock, Sessions(clock), Limits(clock))


def make_app(context: Context) -> FastAPI:
    """Build the pages. Logs hold counts and kinds, never a value, an id or an address."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        context.page.close()

    app = FastAPI(title="Tayori resident", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.router.redirect_slashes = False
    add_entering(app, context)
    add_owner(app, context)
    _add_rest(app, context)
    _add_refusals(app, context)

    @app.middleware("http")
    async def guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        return dress(await _guarded(context, request, go_on))

    return app


def from_environment() -> FastAPI:
    """Build the pages from the environment."""
    return make_app(make_context(resident_settings()))


async def _guarded(context: Context, request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    """Check the Host and the pace first, and let no error out with what it holds."""
    refusal = None if request.url.path == HEALTH else host_refusal(request.headers, context.settings.hosts)
    if refusal is not None:
        return context.refuse(refusal)
    if not context.limits.allows("address", "ask", address_of(request)):
        return context.refuse(Refusal.TOO_MANY)
    try:
        return await go_on(request)
    except Exception as error:  # noqa: BLE001 - whatever it is, its text must not reach a log
        log.error("a page could not be made: %s", type(error).__name__)  # noqa: TRY400 - its kind alone
        return context.refuse(Refusal.UNAVAILABLE)


def _add_rest(app: FastAPI, context: Context) -> None:
    name, content = style()

    @app.get(f"/static/{name}")
    async def sheet() -> Response:
        return Response(content, media_type="text/css", headers={"Cache-Control": FOR_EVER})

    @app.get(HEALTH)
    async def health() -> Response:
        try:
            ready = await in_thread(context.page.answers)
        except TayoriError as error:
            log.error("%s", error.sentence)  # noqa: TRY400 - the sentence is all there is to say
            ready = False
        return Response(status_code=200 if ready else 503)


def _add_refusals(app: FastAPI, context: Context) -> None:
    @app.exception_handler(TurnedAway)
    async def turned_away(_request: Request, error: Exception) -> Response:
        assert isinstance(error, TurnedAway)  # noqa: S101 - the handler is for this kind alone
        return context.refuse(error.refusal)

    @app.exception_handler(Farewell)
    async def farewell(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Farewell)  # noqa: S101 - as above
        return context.render("farewell", told=wording()["farewells"][str(error.session.farewell)])

    @app.exception_handler(TayoriError)
    async def unavailable(_request: Request, error: Exception) -> Response:
        assert isinstance(error, TayoriError)  # noqa: S101 - as above
        log.error("%s", error.sentence)
        return context.refuse(Refusal.UNAVAILABLE)

    @app.exception_handler(HTTPException)
    async def http(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as above
        return context.refuse(HTTP.get(error.status_code, Refusal.UNREADABLE))
