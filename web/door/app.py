"""The door (FastAPI). Webhook: signature first, then seal and store, then answer within two seconds.

Where it has an address, the opinion screen is an app of its own beside the webhook.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final, TypeVar

import anyio.to_thread
from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

from tayori.domain.identifiers import Clock
from tayori.errors import TayoriError
from tayori.line.webhook import SIGNATURE_HEADER, is_signed
from tayori.vault.sealed_box import Sealer
from tayori.warehouse.inbox import DoorStore
from web.door.keeping import Keeper
from web.door.media import add_media
from web.door.settings import DoorSettings, door_settings
from web.opinion.app import make_app as make_opinions
from web.opinion.app import make_screen
from web.opinion.screen import UNDER

WEBHOOK_PATH: Final = "/webhook/line"
LARGEST_BODY: Final = 2 << 20  # bytes; LINE's own limit on bodies is 2 MB
ANSWER_SECONDS: Final = 1.8  # LINE waits 2 s (Messaging API, receiving messages)
READ_SECONDS: Final = 10.0

log = logging.getLogger("tayori.door")
T = TypeVar("T")


def utc_now() -> datetime:
    """Give the present moment."""
    return datetime.now(UTC)


def make_app(settings: DoorSettings, clock: Clock = utc_now) -> FastAPI:
    """Build the door. Logs hold counts and kinds of errors, never a body, an id or a signature."""
    store = DoorStore(settings.inbox_url)
    keeper = Keeper(store, Sealer(settings.inbox_public_key_file), clock)
    secret = settings.line_channel_secret.get_secret_value().encode()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        store.close()

    app = FastAPI(title="Tayori door", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @app.post(WEBHOOK_PATH)
    async def webhook(request: Request) -> Response:
        try:
            body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return Response(status_code=408)
        if body is None:
            return Response(status_code=413)
        given = request.headers.get(SIGNATURE_HEADER, "").encode("latin-1", "replace")
        if not is_signed(secret, body, given):
            log.warning("a body without LINE's signature was refused; nothing was kept")
            return Response(status_code=401)
        kept = await _in_time(lambda: keeper.keep(body))
        if kept is None:
            return Response(status_code=503)
        log.info("a delivery of %d events was kept", kept)
        return Response(status_code=200)

    if settings.opinion_base_url:
        app.state.screen = make_screen(settings, store, keeper.sealer, clock)
        app.mount(UNDER, make_opinions(app.state.screen))
    if settings.media_folder is not None:
        add_media(app, settings.media_folder)

    @app.get("/healthz")
    async def health() -> Response:
        ready = await _in_time(keeper.is_ready)
        return Response(status_code=200 if ready else 503)

    return app


def from_environment() -> FastAPI:
    """Build the door from the environment (uvicorn's factory)."""
    return make_app(door_settings())


async def _body(request: Request) -> bytes | None:
    """Read the raw body; None if it is larger than the door takes."""
    read = bytearray()
    async with asyncio.timeout(READ_SECONDS):
        async for piece in request.stream():
            read += piece
            if len(read) > LARGEST_BODY:
                return None
    return bytes(read)


async def _in_time(work: Callable[[], T]) -> T | None:
    """Do work that waits for the store; None if it failed or did not end in time, so that LINE delivers again."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)
    except TimeoutError:
        log.error("the inbox did not answer in time")  # noqa: TRY400 - a trace could hold a value
    except TayoriError as error:
        log.error("%s", error.sentence)  # noqa: TRY400 - the sentence is all there is to say
    except Exception as error:  # noqa: BLE001 - whatever it is, its text must not reach a log
        log.error("a delivery could not be kept: %s", type(error).__name__)  # noqa: TRY400 - its kind alone
    return None
