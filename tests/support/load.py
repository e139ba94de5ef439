"""A generator of signed deliveries, in a process of its own: `python -m tests.support.load '{...}'`.

Bare asyncio protocols that write ready bytes and look for the end of an answer: it must cost a fraction of what the
door costs, on two cores that both share. Paced, a delivery's time counts from the moment at which it was due, so that
a door that stands still is not flattered; otherwise each connection asks again as soon as it is answered.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import uvloop

from tayori.line.webhook import SIGNATURE_HEADER, signature_of
from web.door.webhook import WEBHOOK_PATH

END: Final = b"\r\n\r\n"  # the answers have no body
BODY: Final = (
    '{{"destination":"Ubbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","events":[{{"type":"message","mode":"active","timestamp":{at},'
    '"source":{{"type":"user","userId":"Udddddddd{number:024x}"}},"webhookEventId":"{name}","deliveryContext":'
    '{{"isRedelivery":false}},"replyToken":"{number:032x}","message":{{"id":"{number}","type":"text","quoteToken":'
    '"{number:032x}","text":"次の回収日はいつですか。申込みの方法も教えてください"}}}}]}}'
)


@dataclass
class Load:
    """What was asked and what came of it; `acked` are the names of events of deliveries that were answered 200."""

    port: int
    secret: str
    seconds: float
    connections: int
    rate: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    seconds_each: list[float] = field(default_factory=list)
    acked: list[str] = field(default_factory=list)
    first: int = 0
    _lost: int = 0
    _alone: asyncio.Event = field(default_factory=asyncio.Event)
    _number: int = 0
    _due: deque[float] = field(default_factory=deque)
    _idle: "deque[_Connection]" = field(default_factory=deque)
    _over: bool = False

    async def run(self) -> dict[str, Any]:
        """Ask for so many seconds; give the counts."""
        loop, began = asyncio.get_running_loop(), time.perf_counter()
        for _ in range(self.connections):
            await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self.port)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await (self._pace(began) if self.rate else self._wait(began))
        self._over = True
        spent = time.perf_counter() - began
        if not self._alone.is_set():
            await asyncio.sleep(min(2.0, self.seconds))  # for the last answers
        return self._told(spent)

    async def _wait(self, began: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._alone.wait(), began + self.seconds - time.perf_counter())

    async def _pace(self, began: float) -> None:
        asked = 0
        while (now := time.perf_counter() - began) < self.seconds:
            while asked < now * self.rate:
                self._due.append(began + asked / self.rate)
                asked += 1
            while self._due and self._idle:
                self._idle.popleft().ask(self._due.popleft())
            await asyncio.sleep(0.001)

    def next_for(self, connection: "_Connection") -> None:
        """Give an idle connection its next delivery."""
        if not self.rate and not self._over:
            connection.ask(time.perf_counter())
        elif self._due and not self._over:
            connection.ask(self._due.popleft())
        else:
            self._idle.append(connection)

    def lose(self) -> None:
        """Note that a connection is gone."""
        self._lost += 1
        if self._lost == self.connections:
            self._alone.set()

    def request(self) -> tuple[str, bytes]:
        """Make the next delivery, signed."""
        self._number += 1
        number = self.first + self._number
        name = f"01LOAD{number:020d}"
        body = BODY.format(at=int(time.time() * 1000), number=number, name=name).encode()
        signature = signature_of(self.secret.encode(), body)
        return name, (
            b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"%s: %s\r\nContent-Length: %d\r\n\r\n%s"
            % (WEBHOOK_PATH.encode(), SIGNATURE_HEADER.encode(), signature, len(body), body)
        )

    def _told(self, spent: float) -> dict[str, Any]:
        ordered = sorted(self.seconds_each) or [0.0]
        return {
            "statuses": dict(self.statuses),
            "rps": self.statuses["200"] / spent,
            "p50_ms": 1000 * ordered[len(ordered) // 2],
            "p99_ms": 1000 * ordered[len(ordered) * 99 // 100],
            "slowest_ms": 1000 * ordered[-1],
            "unanswered": self._number - sum(self.statuses.values()),
        }


class _Connection(asyncio.Protocol):
    """One kept connection: a delivery at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._read = b""
        self._name, self._since = "", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._load.next_for(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._load.lose()

    def ask(self, since: float) -> None:
        """Send the next delivery; its time counts from `since`."""
        self._name, request = self._load.request()
        self._since = since
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        if END not in self._read:
            return
        status, self._read = self._read[9:12].decode(), b""
        self._load.statuses[status] += 1
        self._load.seconds_each.append(time.perf_counter() - self._since)
        if status == "200":
            self._load.acked.append(self._name)
        self._load.next_for(self)


def main() -> None:
    """Load the door that the one argument names, and write what came of it."""
    asked = json.loads(sys.argv[1])
    out = Path(asked.pop("out"))
    load = Load(**asked)
    told = uvloop.run(load.run())
    out.write_text(json.dumps(told | {"acked": load.acked}))


if __name__ == "__main__":
    main()
