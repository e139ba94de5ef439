"""What the platform was asked and what it answered: counts always, whole exchanges on request."""

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from sandbox.line.wire import Answer, Exchange, Request


@dataclass
class Traffic:
    """How often each endpoint answered what, and over how long; the latest exchanges if wanted."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    first_at: dict[str, float] = field(default_factory=dict)
    last_at: dict[str, float] = field(default_factory=dict)
    exchanges: deque[Exchange] = field(default_factory=lambda: deque(maxlen=0))

    def count(self, endpoint: str, status: int) -> None:
        """Book one answer; status 0 is a request that got none."""
        self.answers[endpoint, status] += 1
        self.last_at[endpoint] = now = time.monotonic()
        self.first_at.setdefault(endpoint, now)

    def ask(self, method: str, path: str) -> None:
        """Book one request by method and path; where an endpoint was found, its path with blanks."""
        self.asked[method, path] += 1

    def keep(self, most: int) -> None:
        """Keep the latest `most` exchanges from now on."""
        self.exchanges = deque(maxlen=most)

    def note(self, request: Request, answer: Answer, body: bytes) -> None:
        """Keep one exchange, if exchanges are kept. The access token is left out."""
        if self.exchanges.maxlen:
            self.exchanges.append(_exchange(request, answer, body))

    def figures(self) -> dict[str, dict[str, Any]]:
        """By endpoint: answers by status, and seconds between the first and the last."""
        return {
            endpoint: {
                "answers": {str(code): n for (name, code), n in self.answers.items() if name == endpoint},
                "seconds": round(self.last_at[endpoint] - self.first_at[endpoint], 3),
            }
            for endpoint in self.first_at
        }


def _exchange(request: Request, answer: Answer, body: bytes) -> Exchange:
    headers = request.headers | ({"authorization": "Bearer left-out"} if "authorization" in request.headers else {})
    return Exchange(
        method=request.method,
        path=request.path,
        query=request.query_string.decode("latin-1"),
        headers=tuple(headers.items()),
        body=request.body,
        status=answer.status,
        answer_type=answer.content_type,
        answer_headers=(("x-line-request-id", request.id), *answer.headers),
        answer=body,
    )
