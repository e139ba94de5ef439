"""LINE's webhook: signature first, then seal and commit, then answer, and within two seconds whatever happens.

Whoever is answered 200 is in the inbox. Everything else is answered so that LINE delivers again, or was not LINE.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable
from typing import Final, TypeVar

from fastapi import Request, Response
from starlette.requests import ClientDisconnect

from tayori.errors import TayoriError
from tayori.line.webhook import SIGNATURE_HEADER, is_signed
from web.door.figures import Figures, Outcome
from web.door.keeping import Keeper

WEBHOOK_PATH: Final = "/webhook/line"
LARGEST_BODY: Final = 2 << 20  # bytes; LINE's own limit on bodies is 2 MB
MOST_HELD: Final = 64 << 20  # bytes of bodies in memory at a time, those of strangers among them
ANSWER_SECONDS: Final = 1.8  # LINE waits 2 s (Messaging API, receiving messages)
READ_SECONDS: Final = 10.0
STATUSES: Final = {
    Outcome.KEPT: 200,
    Outcome.UNPARSED: 200,
    Outcome.EMPTY: 200,
    Outcome.UNSIGNED: 401,
    Outcome.TOO_LARGE: 413,
    Outcome.SLOW_BODY: 408,
    Outcome.BUSY: 503,
    Outcome.NOT_KEPT: 503,
}

log = logging.getLogger("tayori.door")
T = TypeVar("T")


class _TooLarge(Exception):
    """The body is larger than the door takes."""


class _Busy(Exception):
    """The bodies in memory are as many as the door holds."""


class Webhook:
    """Answers LINE's deliveries. Logs hold counts and kinds of errors, never a body, an id or a signature."""

    def __init__(self, secret: bytes, keeper: Keeper, figures: Figures, most_held: int = MOST_HELD) -> None:
        self._secret = secret
        self._keeper = keeper
        self._figures = figures
        self._held = 0
        self._most_held = most_held

    async def __call__(self, request: Request) -> Response:
        """Answer one delivery."""
        began = time.perf_counter()
        outcome = await self._outcome(request)
        self._figures.count(outcome)
        self._figures.answered.observe(time.perf_counter() - began)
        return Response(status_code=STATUSES[outcome])

    async def _outcome(self, request: Request) -> Outcome:
        body = bytearray()
        try:
            await self._read(request, body)
            return await self._judged(request, bytes(body))
        except (TimeoutError, ClientDisconnect):
            return Outcome.SLOW_BODY
        except _TooLarge:
            return Outcome.TOO_LARGE
        except _Busy:
            log.error("more bodies came at once than this door holds")  # noqa: TRY400 - nothing else to say
            return Outcome.BUSY
        finally:
            self._hold(-len(body))

    async def _read(self, request: Request, body: bytearray) -> None:
        async with asyncio.timeout(READ_SECONDS):
            async for piece in request.stream():
                if len(body) + len(piece) > LARGEST_BODY:
                    raise _TooLarge
                if self._held + len(piece) > self._most_held:
                    raise _Busy
                self._hold(len(piece))
                body += piece

    async def _judged(self, request: Request, body: bytes) -> Outcome:
        given = request.headers.get(SIGNATURE_HEADER, "").encode("latin-1", "replace")
        if not is_signed(self._secret, body, given):
            log.warning("a body without LINE's signature was refused; nothing was kept")
            return Outcome.UNSIGNED
        return await in_time(self._keeper.keep(body)) or Outcome.NOT_KEPT

    def _hold(self, size: int) -> None:
        self._held += size
        self._figures.held.set(self._held)


async def in_time(work: Awaitable[T]) -> T | None:
    """Wait for work that waits for the store; None if it failed or did not end in time, so that LINE delivers again."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await work
    except TimeoutError:
        log.error("the inbox did not answer in time")  # noqa: TRY400 - a trace could hold a value
    except TayoriError as error:
        log.error("%s", error.sentence)  # noqa: TRY400 - the sentence is all there is to say
    except Exception as error:  # noqa: BLE001 - whatever it is, its text must not reach a log
        log.error("a delivery could not be kept: %s", type(error).__name__)  # noqa: TRY400 - its kind alone
    return None
