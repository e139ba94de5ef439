"""Read a form strictly: so many bytes, these fields and no other, each at most so often and so long."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from web.route import FORM, Refusal, TurnedAway
from web.tokens import FIELD

READ_SECONDS: Final = 10.0
Fields = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Size:
    """How much a form may hold: bytes in all, fields, characters of one; which fields may come several times."""

    largest: int = 8 << 10
    most_fields: int = 60
    longest: int = 200
    many: frozenset[str] = frozenset()
    long: Mapping[str, int] | None = None

    def allows(self, name: str, values: list[str]) -> bool:
        """Whether a field comes as often and is as long as it may be."""
        longest = (self.long or {}).get(name, self.longest)
        return (len(values) == 1 or name in self.many) and all(len(value) <= longest for value in values)


async def read_form(request: Request, known: frozenset[str], size: Size) -> Fields:
    """Read a form that has these fields and no other.

    Raises:
        TurnedAway: it is too large, too slow, no form, or has a field that the page does not have.

    """
    fields: dict[str, list[str]] = {}
    try:
        body = (await _body(request, size.largest)).decode("ascii")
        for name, value in parse_qsl(
            body,
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=size.most_fields,
        ):
            fields.setdefault(name, []).append(value)
    except ValueError:
        raise TurnedAway(Refusal.UNREADABLE) from None
    if fields.keys() - known or not all(size.allows(name, values) for name, values in fields.items()):
        raise TurnedAway(Refusal.UNREADABLE)
    return fields


def one(fields: Fields, name: str) -> str:
    """Give a field's value; an absent one is empty."""
    return fields.get(name, [""])[0]


def described(*names: str, many: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Describe a form for the door's OpenAPI document: these fields and no other, each a text."""
    text: dict[str, Any] = {"type": "string"}
    fields = {name: {"type": "array", "items": text} if name in many else text for name in (*names, FIELD)}
    schema = {"type": "object", "properties": fields, "required": [FIELD], "additionalProperties": False}
    return {"requestBody": {"required": True, "content": {FORM: {"schema": schema}}}}


async def _body(request: Request, largest: int) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > largest:
                    raise TurnedAway(Refusal.TOO_LARGE)
    except (TimeoutError, ClientDisconnect):
        raise TurnedAway(Refusal.UNREADABLE) from None
    return bytes(body)
