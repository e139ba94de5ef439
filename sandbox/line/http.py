"""The platform's door: bare ASGI, so that a request costs little of the machine that the sender shares.

Order of checks: size, token, route, rate, fault on demand, then the platform.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import uuid4

from sandbox.line.asgi import Connection, Receive, Scope, Send
from sandbox.line.clock import Clock, real_time
from sandbox.line.faults import Fault, FaultKind, FaultTable
from sandbox.line.limits import RateLimits
from sandbox.line.platform import Account, Platform
from sandbox.line.refusals import UNAUTHENTICATED, LineRefusal, bad_request, not_found, rate_exceeded, server_error
from sandbox.line.routes import RETRYABLE, Route, RouteTable
from sandbox.line.traffic import Traffic
from sandbox.line.wire import Answer, Request, refused

Found = tuple[Route, list[str]] | None
"""The route of a request with the variable parts of its path."""

CONTROL_PATH: Final = "/sandbox/"
_UNSERVED: Final = "unserved"


class LineApp:
    """LINE's API over HTTP; `control` serves everything under `/sandbox/`, to this machine only."""

    control: Callable[[Request], Awaitable[Answer]] | None = None

    def __init__(self, account: Account | None = None, clock: Clock = real_time) -> None:
        self.clock = clock
        self.routes = RouteTable()
        self._lead = str(uuid4())[:-12]
        self._requests = 0
        self.reset(account or Account())

    def reset(self, account: Account) -> None:
        """Begin anew: nobody is a friend, nothing was sent, nothing goes wrong."""
        self.platform = Platform(account, self.clock)
        self.limits = RateLimits(account.rate_factor)
        self.faults = FaultTable(account.seed)
        self.traffic = Traffic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of the ASGI server."""
        if scope["type"] != "http":
            return
        connection = Connection(scope, receive, send)
        self._requests += 1
        request = connection.request(f"{self._lead}{self._requests:012x}")
        try:
            request.body = await connection.body()
        except LineRefusal as refusal:
            await self._answer(connection, request, _UNSERVED, refused(refusal))
            return
        if self.control is not None and request.path.startswith(CONTROL_PATH) and connection.is_local:
            await connection.respond(await self.control(request), request.id)
            return
        found = self.routes.find(request.method, request.path)
        endpoint = found[0].endpoint if found else _UNSERVED
        self.traffic.ask(request.method, found[0].path if found else request.path)
        fault = self.faults.draw(endpoint) if self.faults.rules else None
        if fault is None:
            await self._answer(connection, request, endpoint, self._serve(self.platform, request, found))
        else:
            await self._stumble(fault, connection, request, found)

    def _serve(self, platform: Platform, request: Request, found: Found) -> Answer:
        try:
            route, parts = self._admit(request, found)
            return route.serve(platform, request, *parts)
        except LineRefusal as refusal:
            return refused(refusal)

    def _admit(self, request: Request, found: Found) -> tuple[Route, list[str]]:
        is_open = found is not None and found[0].open
        if not is_open and request.headers.get("authorization") != f"Bearer {self.platform.account.access_token}":
            raise LineRefusal(401, UNAUTHENTICATED)
        if found is None:
            raise not_found()
        endpoint = found[0].endpoint
        if not self.limits.allows(endpoint, self.clock().timestamp()):
            raise rate_exceeded()
        if request.retry_key is not None and endpoint not in RETRYABLE:
            raise bad_request("The X-Line-Retry-Key header is not supported by this endpoint")
        return found

    async def _stumble(self, fault: Fault, connection: Connection, request: Request, found: Found) -> None:
        """Let a request meet its fault; an `accepted` one strikes after the platform has done its work.

        A request is served by the platform that it came to: one that waits over a reset does not reach the new one.
        """
        endpoint, platform = found[0].endpoint if found else _UNSERVED, self.platform
        served = self._serve(platform, request, found) if fault.accepted else None
        if (refusal := fault.refusal()) is not None:
            await self._answer(connection, request, endpoint, refused(refusal))
        elif fault.kind is FaultKind.SLOW:
            await asyncio.sleep(fault.seconds)
            await self._answer(connection, request, endpoint, served or self._serve(platform, request, found))
        else:
            self.traffic.count(endpoint, 0)
            await self._break(fault, connection, served or refused(server_error()), request.id)

    async def _break(self, fault: Fault, connection: Connection, answer: Answer, request_id: str) -> None:
        """Leave a request without a whole answer."""
        match fault.kind:
            case FaultKind.HANG:
                await connection.hang(fault.seconds)
            case FaultKind.TORN:
                await connection.tear(answer, request_id)
        await connection.cut()

    async def _answer(self, connection: Connection, request: Request, endpoint: str, answer: Answer) -> None:
        self.traffic.count(endpoint, answer.status)
        body = await connection.respond(answer, request.id)
        self.traffic.note(request, answer, body)
