"""The residents' process (FastAPI): reception settings, and nothing that could send or open anybody else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random, SystemRandom

from fastapi import FastAPI, Request
from starlette.responses import Response

from tayori.domain.identifiers import Clock
from tayori.ingest.own_page import OwnPage
from tayori.line.login import LineLogin
from tayori.settings import Mode
from tayori.vault.blind_index import BlindIndex
from tayori.vault.sealed_box import Sealer
from tayori.warehouse.inbox import DoorStore, open_impatient
from web.environment import utc_now
from web.limits import Limits
from web.pages import add_guard, add_health
from web.resident.context import PACKAGE, Context, Farewell, wording
from web.resident.entering import add_entering
from web.resident.letter import add_letter
from web.resident.owner import add_owner
from web.resident.sessions import Sessions
from web.resident.settings import ResidentSettings, resident_settings
from web.resident.survey import add_surveys


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
        bound=settings.mode is Mode.LIVE,
    )
    return Context(
        package=PACKAGE,
        under="",
        origin=settings.origin,
        hosts=settings.hosts,
        clock=clock,
        limits=Limits(clock),
        settings=settings,
        page=page,
        login=LineLogin(settings.channel, chance),
        sessions=Sessions(clock),
    )


def make_app(context: Context) -> FastAPI:
    """Build the pages. Logs hold counts and kinds, never a value, an id or an address."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        context.page.close()

    app = FastAPI(title="Tayori resident", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    add_entering(app, context)
    add_owner(app, context)
    add_surveys(app, context)
    add_letter(app, context)
    add_health(app, context.page.answers)
    _add_farewell(app, context)
    add_guard(app, context)
    return app


def from_environment() -> FastAPI:
    """Build the pages from the environment."""
    return make_app(make_context(resident_settings()))


def _add_farewell(app: FastAPI, context: Context) -> None:
    @app.exception_handler(Farewell)
    async def farewell(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Farewell)  # noqa: S101 - the handler is for this kind alone
        return context.render("farewell", told=wording()["farewells"][str(error.session.farewell)])
