"""A platform with its clock in hand, and a caller that speaks to it as the sender would, without a socket."""

import asyncio
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from sandbox.line.clock import JumpingClock
from sandbox.line.http import LineApp
from sandbox.line.ids import LineUserId
from sandbox.line.platform import Account, Platform
from sandbox.line.serve import make_app

NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
"""Noon in Tokyo."""
KEY = "123e4567-e89b-12d3-a456-426614174000"
OTHER_KEY = "123e4567-e89b-12d3-a456-426614174001"


def a_clock(at: datetime = NOON) -> JumpingClock:
    return JumpingClock(lambda: at)


def a_text(text: str = "本日の催しのお知らせ") -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}]


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object."""
        read: dict[str, Any] = orjson.loads(self.body)
        return read


@dataclass
class World:
    """An app, its clock, and short words for what tests do most."""

    app: LineApp
    clock: JumpingClock
    token: str | None = None
    closed: list[str] = field(default_factory=list)

    @property
    def platform(self) -> Platform:
        """What stands behind the app just now (a reset replaces it)."""
        return self.app.platform

    def ids(self, start: int, stop: int) -> list[LineUserId]:
        """The ids of dummy people."""
        return self.platform.people.space.ids(start, stop)

    def call(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Reply:
        """One request with the access token."""
        given = {"authorization": f"Bearer {self.token or self.platform.account.access_token}"}
        raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        if body is not None:
            given["content-type"] = "application/json"
        return asyncio.run(self._call(method, path, raw, given | (headers or {})))

    async def _call(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        sent: list[MutableMapping[str, Any]] = []
        where, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": where,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "sandbox.transport": self,
        }

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0)
            return {"type": "http.request", "body": body}

        async def send(event: MutableMapping[str, Any]) -> None:
            await asyncio.sleep(0)
            sent.append(event)

        await self.app(scope, receive, send)
        if not sent:
            return Reply(0, {}, b"")
        answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], answered, sent[1]["body"])

    def abort(self) -> None:
        """Stand in for the server's transport: note that the connection was reset."""
        self.closed.append("reset")

    def multicast(
        self,
        to: Sequence[object],
        messages: object = None,
        key: str | None = None,
        **fields: object,
    ) -> Reply:
        """One multicast."""
        body = {"to": list(to), "messages": a_text() if messages is None else messages} | fields
        headers = {} if key is None else {"x-line-retry-key": key}
        return self.call("POST", "/v2/bot/message/multicast", body, headers)

    def jump(self, **by: float) -> None:
        """Put the clock forward: `hours=`, `seconds=` and so on."""
        self.clock.advance(timedelta(**by))


def a_world(
    friends: int = 0,
    *,
    monthly_limit: int | None = None,
    nonexistent_refused: bool = False,
    rate_factor: float = 1.0,
    recipients_first: bool = False,
) -> World:
    """A platform with so many friends on 20 November 2026, noon in Tokyo."""
    clock = a_clock()
    account = Account(
        monthly_limit=monthly_limit,
        nonexistent_refused=nonexistent_refused,
        rate_factor=rate_factor,
        recipients_first=recipients_first,
    )
    app = make_app(account, clock)
    app.platform.befriend(friends)
    return World(app, clock)
