"""One request's connection in bare ASGI: read the body, respond, wait, or cut it off."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.line.refusals import LineRefusal
from sandbox.line.wire import Answer, Request

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_OUT_SECONDS: Final = 0.005
"""Until what was sent has left the process: a reset drops what has not."""
LARGEST_BODY: Final = 2 * 1024 * 1024
TRANSPORT: Final = "sandbox.transport"
"""Where the server leaves in the scope what can reset the connection, by `abort()`."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The three ends that an ASGI server hands over."""

    scope: Scope
    receive: Receive
    send: Send

    def request(self, request_id: str) -> Request:
        """The request without its body."""
        scope = self.scope
        return Request(
            id=request_id,
            method=scope["method"],
            path=scope["path"],
            query_string=scope["query_string"],
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        )

    async def body(self, largest: int = LARGEST_BODY) -> bytes:
        """The whole body; 413 as soon as it is too large."""
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            event = await self.receive()
            parts.append(event.get("body", b""))
            size += len(parts[-1])
            more = event.get("more_body", False)
            if size > largest:
                raise LineRefusal(413, "Request body size is too large")
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def respond(self, answer: Answer, request_id: str) -> bytes:
        """Send an answer; the body as it went out."""
        body = answer.encoded()
        await self._start(answer, request_id, len(body))
        await self.send({"type": "http.response.body", "body": body})
        return body

    async def tear(self, answer: Answer, request_id: str) -> None:
        """Send the headers and half of the body, and never the rest."""
        body = answer.encoded()
        await self._start(answer, request_id, len(body))
        await self.send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await asyncio.sleep(_OUT_SECONDS)

    async def _start(self, answer: Answer, request_id: str, length: int) -> None:
        headers = [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", str(length).encode()),
            (b"x-line-request-id", request_id.encode()),
            *((name.encode(), value.encode()) for name, value in answer.headers),
        ]
        await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})

    async def hang(self, seconds: float) -> None:
        """Keep silent until the caller gives up, at most so long."""
        try:
            await asyncio.wait_for(self.receive(), seconds)
        except TimeoutError:
            return

    async def cut(self) -> None:
        """Reset the connection without an answer."""
        self.scope[TRANSPORT].abort()
        await self.receive()

    @property
    def is_local(self) -> bool:
        """Whether the caller sits on this machine."""
        client = self.scope.get("client")
        return client is None or str(client[0]).startswith(("127.", "::1"))
