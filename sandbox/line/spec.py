"""Checks traffic against LINE's own OpenAPI files, discriminators enforced.

OpenAPI tools leave `discriminator` alone when it stands on a base schema, as LINE writes it: a text message without
text would pass. So every reference to such a base is turned, while the file is read, into a choice among its
children by `type`; the children keep pointing at the base for the common fields.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import yaml
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.responses.exceptions import ResponseNotFound
from openapi_core.testing import MockRequest, MockResponse

from sandbox.line.wire import Exchange

Json = dict[str, Any]

PLACE: Final = "LINE_OPENAPI"
_BESIDE_THE_TREE: Final = Path(__file__).resolve().parents[3] / "shared" / "spec"
_SCHEMAS: Final = "#/components/schemas/"
_API: Final = "https://api.line.me"
_BLOBS: Final = "https://api-data.line.me"
_FIRST_ERROR: Final = 400
_LONGEST: Final = 200


class SpecViolation(AssertionError):
    """What LINE's specification does not allow, in one sentence per fault."""


def spec_folder() -> Path | None:
    """Where LINE's files are: `LINE_OPENAPI`, else beside the tree; None when nowhere."""
    named = os.environ.get(PLACE)
    folder = Path(named) if named else _BESIDE_THE_TREE
    return folder if (folder / "messaging-api.yml").is_file() else None


def enforce_discriminators(spec: Json) -> Json:
    """The specification with every discriminated base replaced by a choice that validators do enforce."""
    schemas: Json = spec["components"]["schemas"]
    choices = {name: schema.pop("discriminator") for name, schema in schemas.items() if "discriminator" in schema}
    spec = _redirected(spec, {f"{_SCHEMAS}{name}": f"{_SCHEMAS}{name}ByType" for name in choices})
    for name, discriminator in choices.items():
        spec["components"]["schemas"][f"{name}ByType"] = _choice(discriminator)
    return spec


def _choice(discriminator: Json) -> Json:
    named, mapping = discriminator["propertyName"], discriminator["mapping"]
    return {
        "type": "object",
        "required": [named],
        "properties": {named: {"type": "string", "enum": list(mapping)}},
        "oneOf": [{"$ref": child} for child in mapping.values()],
        "discriminator": discriminator,
    }


def _redirected(node: Any, aims: Mapping[str, str], *, inherits: bool = False) -> Any:  # noqa: ANN401 - any JSON
    """Let references aim at the choices, except where a child inherits from its base (`allOf`)."""
    if isinstance(node, list):
        return [_redirected(one, aims, inherits=inherits) for one in node]
    if not isinstance(node, dict):
        return node
    if not inherits and node.get("$ref") in aims:
        return {"$ref": aims[node["$ref"]]}
    return {name: _redirected(one, aims, inherits=name == "allOf") for name, one in node.items()}


@dataclass(frozen=True)
class LineSpec:
    """LINE's files, read once."""

    messaging: OpenAPI
    insight: OpenAPI
    webhook: OpenAPI

    def check_request(self, exchange: Exchange) -> None:
        """Refuse a request that LINE's specification does not allow; unknown paths too."""
        with _told(exchange):
            self._file(exchange).validate_request(_request(exchange))

    def check_answer(self, exchange: Exchange) -> None:
        """Refuse an answer that LINE would not give.

        Error statuses that the files do not declare (401, 404, 413, 5xx) must still have LINE's error body.
        """
        request = _request(exchange)
        with _told(exchange):
            try:
                self._file(exchange).validate_response(request, _answer(exchange))
            except ResponseNotFound:
                if exchange.status < _FIRST_ERROR:
                    raise
                self._check_error(exchange)

    def check(self, exchange: Exchange) -> None:
        """Both ways."""
        self.check_request(exchange)
        self.check_answer(exchange)

    def check_webhook(self, body: bytes) -> None:
        """Refuse a webhook body that LINE would not send."""
        request = MockRequest("https://example.com", "post", "/callback", data=body)
        with _told(None):
            self.webhook.validate_request(request)

    def check_event(self, event: Mapping[str, object], destination: str = "U" + "0" * 32) -> None:
        """Refuse an event that LINE would not send."""
        self.check_webhook(json.dumps({"destination": destination, "events": [event]}).encode())

    def _file(self, exchange: Exchange) -> OpenAPI:
        return self.insight if exchange.path.startswith("/v2/bot/insight/") else self.messaging

    def _check_error(self, exchange: Exchange) -> None:
        """Check the body against the error schema, by way of an endpoint that declares it."""
        stand_in = MockRequest(_API, "post", "/v2/bot/message/multicast")
        answer = MockResponse(exchange.answer, status_code=_FIRST_ERROR, content_type=exchange.answer_type)
        self.messaging.validate_response(stand_in, answer)


class _told:  # noqa: N801 - reads as a word of the sentence
    """Turn the tools' errors into sentences."""

    def __init__(self, exchange: Exchange | None) -> None:
        self._where = f"{exchange.method} {exchange.path} ({exchange.status}): " if exchange else ""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OpenAPIError):
            raise SpecViolation(self._where + "; ".join(_sentences(error))) from None


def _sentences(error: BaseException) -> Iterator[str]:
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    faults = getattr(cause, "schema_errors", None)
    if not faults:
        yield f"{type(cause).__name__}: {cause}"
        return
    for fault in faults:
        yield f"{'.'.join(map(str, fault.absolute_path)) or 'body'}: {fault.message[:_LONGEST]}"


def _request(exchange: Exchange) -> MockRequest:
    headers = dict(exchange.headers)
    is_blob = exchange.path.endswith("/content")
    return MockRequest(
        _BLOBS if is_blob else _API,
        exchange.method,
        exchange.path,
        args=dict(parse_qsl(exchange.query, keep_blank_values=True)),
        headers=headers,
        data=exchange.body or None,
        content_type=headers.get("content-type", "application/json"),
    )


def _answer(exchange: Exchange) -> MockResponse:
    return MockResponse(
        exchange.answer,
        status_code=exchange.status,
        headers=dict(exchange.answer_headers),
        content_type=exchange.answer_type,
    )


def _read(path: Path) -> OpenAPI:
    return OpenAPI.from_dict(enforce_discriminators(yaml.safe_load(path.read_text("utf-8"))))


@cache
def load_spec(folder: Path) -> LineSpec:
    """LINE's specification from its folder."""
    return LineSpec(
        messaging=_read(folder / "messaging-api.yml"),
        insight=_read(folder / "insight.yml"),
        webhook=_read(folder / "webhook.yml"),
    )
