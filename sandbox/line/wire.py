"""A request and an answer as values: what the platform's rules see of HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

import orjson

from sandbox.line.refusals import LineRefusal, bad_request

Json = dict[str, Any]


@dataclass
class Request:
    """One request, its headers' names in lower case."""

    id: str
    method: str
    path: str
    query_string: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def query(self) -> dict[str, str]:
        """The query parameters; a repeated one counts once."""
        return dict(parse_qsl(self.query_string.decode("latin-1"), keep_blank_values=True))

    @cached_property
    def json(self) -> Json:
        """The body as a JSON object; 400 for anything else."""
        try:
            read = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise bad_request("The request body could not be read as JSON") from None
        if not isinstance(read, dict):
            raise bad_request("The request body must be a JSON object")
        return read

    @property
    def retry_key(self) -> str | None:
        """The retry key, if the request carries one."""
        return self.headers.get("x-line-retry-key")


@dataclass
class Answer:
    """One answer: a JSON object, or bytes with their type."""

    body: Json | bytes = field(default_factory=dict)
    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    content_type: str = "application/json"

    def encoded(self) -> bytes:
        """The body as it goes out."""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


def refused(refusal: LineRefusal) -> Answer:
    """The answer to a request that was refused."""
    return Answer(refusal.body(), refusal.status, refusal.headers)


@dataclass(frozen=True)
class Exchange:
    """One recorded request with its answer, for checks against LINE's specification. The token is not kept."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int
    answer_type: str
    answer_headers: tuple[tuple[str, str], ...]
    answer: bytes
