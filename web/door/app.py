"""The webhook's door (FastAPI): LINE's deliveries in, pictures of broadcasts out, whether it could keep a delivery."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response

from tayori.domain.identifiers import Clock
from tayori.vault.sealed_box import Sealer
from tayori.warehouse.inbox import DoorStore
from web.door.figures import Figures
from web.door.keeping import Keeper
from web.door.media import add_media
from web.door.settings import DoorSettings, door_settings
from web.door.webhook import MOST_HELD, WEBHOOK_PATH, Webhook, in_time
from web.environment import utc_now


def make_app(settings: DoorSettings, clock: Clock = utc_now, most_held: int = MOST_HELD) -> FastAPI:
    """Build the door; `most_held` is how many bytes of bodies it holds at once."""
    store, sealer, figures = DoorStore(settings.inbox_url), Sealer(settings.inbox_public_key_file), Figures()
    keeper = Keeper(store, sealer, clock, figures)
    answer = Webhook(settings.line_channel_secret.get_secret_value().encode(), keeper, figures, most_held)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        store.close()

    app = FastAPI(title="Tayori door", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.router.redirect_slashes = False
    app.state.registry = figures.registry

    @app.post(WEBHOOK_PATH)
    async def webhook(request: Request) -> Response:
        return await answer(request)

    if settings.media_folder is not None:
        add_media(app, settings.media_folder)

    @app.get("/healthz")
    async def health() -> Response:
        ready = await in_time(asyncio.to_thread(keeper.is_ready))
        return Response(status_code=200 if ready else 503)

    return app


def from_environment() -> FastAPI:
    """Build the door from the environment (uvicorn's factory)."""
    return make_app(door_settings())
