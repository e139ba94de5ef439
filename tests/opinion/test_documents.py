"""What the doors' OpenAPI documents allow, and what they do not, sent to real doors: no server error (O6, I9).

A session that lives, tokens that count and a wide pace stand behind it, so that requests come further than the guard.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from cli.pages import documents
from tayori.domain.letters import letter_of
from tests.door.builders import RunningDoor, running_door
from tests.door.builders import settings_of as door_settings
from tests.opinion.builders import CONFIRM, FORM, Desk, running_screen
from tests.resident.builders import Door, running_pages
from tests.support.builders import TestClock, an_office
from tests.surveys.builders import published
from web.opinion.screen import VISIT, WRITE, form_of
from web.resident.context import SESSION
from web.tokens import FIELD

DOCUMENTS = documents()


def _operations(document: dict[str, Any]) -> list[Any]:
    schema: Any = schemathesis.openapi.from_dict(document)
    return [one.ok() for one in schema.get_all_operations()]


OPERATIONS = [
    pytest.param(door, operation, id=f"{door} {operation.label}")
    for door, document in DOCUMENTS.items()
    for operation in _operations(document)
]
FORM_OF = {
    "/settings": "save",
    "/settings/area": "save",
    "/settings/clear": "clear",
    "/stop": "stop",
    "/erase": "erase",
    "/staff": "staff",
    "/logout": "logout",
}


@dataclass
class Doors:
    """The doors of one office, and a browser that is known to each."""

    webhook: RunningDoor
    desk: Desk
    door: Door
    client: httpx.Client

    def base(self, name: str) -> str:
        """Give the address of a door."""
        return {"door": self.webhook.base, "opinion": self.desk.base, "resident": self.door.base}[name]

    def known(self, name: str) -> tuple[dict[str, str], str]:
        """Give what a genuine browser says of itself, and the secret of its cookie."""
        if name == "door":
            return {}, ""
        base = self.base(name)
        browser = self.desk.browser() if name != "resident" else self.door.enter(1)[0]
        browser.get(FORM if name != "resident" else "/letter")
        jar = browser.cookies[urlsplit(base).netloc]
        cookie = "; ".join(f"{one}={value}" for one, value in jar.items())
        return {"origin": base, "sec-fetch-site": "same-origin", "cookie": cookie}, jar[
            VISIT if name != "resident" else SESSION
        ]

    def token(self, name: str, path: str, holder: str, fields: dict[str, Any]) -> str:
        """Give a token that counts for what is sent."""
        if name == "resident":
            return self.door.context.token(holder, FORM_OF.get(path, "survey library"))
        letter = letter_of({one: str(value) for one, value in fields.items()})
        return self.desk.screen.token(holder, WRITE if path == CONFIRM else form_of(letter))


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Give the doors on SQLite, at any pace."""
    clock = TestClock()
    office = an_office(tmp_path_factory.mktemp("documents") / "home", clock)
    published(office, name="library")
    with ExitStack() as both:
        desk = both.enter_context(running_screen(office, clock))
        door = both.enter_context(running_pages(office, clock))
        for pages in (desk.screen, door.context):
            pages.limits.allowed = dict.fromkeys(pages.limits.allowed, 10**9)
        client = both.enter_context(httpx.Client(trust_env=False, timeout=10))
        webhook = both.enter_context(running_door(door_settings(office, media_folder=office.media_folder)))
        yield Doors(webhook, desk, door, client)
    office.close()


@pytest.mark.parametrize(("name", "operation"), OPERATIONS)
def test_no_request_makes_a_server_error(doors: Doors, name: str, operation: Any) -> None:  # noqa: ANN401 - untyped
    """Forms that fit the document: from nowhere, from a genuine browser, and under a token that counts."""
    base = doors.base(name)
    (known, holder), answered = doors.known(name), set[int]()

    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy())
    def each(case: Any) -> None:  # noqa: ANN401 - untyped
        sent = case.as_transport_kwargs(base_url=base)
        path = urlsplit(sent["url"]).path
        fields = dict(sent["data"]) if isinstance(sent.get("data"), dict) else {}
        counting = fields | {FIELD: doors.token(name, path, holder, fields)} if fields else {}
        for headers, form in (({}, fields), (known, fields), (known, counting)):
            answer = doors.client.request(sent["method"], sent["url"], data=form or None, headers=headers)
            answered.add(answer.status_code)

    each()
    assert answered
    assert not [status for status in answered if status >= 500]


def test_the_documents_name_every_form() -> None:
    """Each address that takes a form says which fields, and that there is no other."""
    for document in DOCUMENTS.values():
        for path, methods in document["paths"].items():
            if "post" in methods and path != "/webhook/line":
                (form,) = methods["post"]["requestBody"]["content"].values()
                assert form["schema"]["additionalProperties"] is False, path
    assert "religion" not in json.dumps(DOCUMENTS)
    assert CONFIRM in DOCUMENTS["opinion"]["paths"]


def test_the_documents_are_written_down() -> None:
    """docs/openapi holds what the code says."""
    folder = Path(__file__).resolve().parents[2] / "docs" / "openapi"
    assert {path.stem for path in folder.glob("*.json")} == set(DOCUMENTS)
