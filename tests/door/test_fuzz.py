"""Whatever is signed is answered and kept: LINE's own examples, and bodies drawn from its schema, whole and damaged."""

from collections.abc import Callable
from pathlib import Path

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings

from sandbox.line.spec import spec_folder
from tayori.line.webhook import SIGNATURE_HEADER, signature_of
from tayori.office import Office
from tayori.warehouse import inbox
from tayori.warehouse.engines import reading
from tests.conftest import NO_PROGRAM
from tests.door.builders import SECRET, running_door, settings_of
from tests.door.drawn import bodies
from tests.ingest.builders import take_in
from web.door.webhook import WEBHOOK_PATH


def kept(office: Office) -> int:
    with reading(office.inbox) as connection:
        return inbox.waiting(connection)[0]


def leaves_a_row(body: bytes) -> bool:
    """Whether a delivery leaves a row: all do but those whose list of events is empty."""
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return True
    return not (isinstance(read, dict) and read.get("events") == [])


def poster(base: str, client: httpx.Client) -> Callable[[bytes], int]:
    def post(body: bytes) -> int:
        headers = {SIGNATURE_HEADER: signature_of(SECRET.encode(), body).decode()}
        return client.post(base + WEBHOOK_PATH, content=body, headers=headers).status_code

    return post


def schema() -> Path:
    folder = spec_folder()
    if folder is None:
        pytest.skip(NO_PROGRAM)
    return folder / "webhook.yml"


def fuzz(office: Office, file: Path, examples: int) -> tuple[int, int, int]:
    """Post so many bodies; give how many were posted, how many were not answered 200, and how many rows are missing."""
    posted, refused, rows = 0, 0, kept(office)
    with running_door(settings_of(office)) as door, httpx.Client(trust_env=False, timeout=10) as client:
        post = poster(door.base, client)

        @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(bodies(file))
        def go(body: bytes) -> None:
            nonlocal posted, refused, rows
            posted += 1
            refused += post(body) != 200
            rows += leaves_a_row(body)

        go()
    return posted, refused, rows - kept(office)


@pytest.mark.spec
def test_whatever_is_signed_is_kept_and_taken_in(sqlite_office: Office) -> None:
    """Drawn from LINE's schema, whole, with odd values, and cut up: each is answered 200 and accounted for."""
    posted, refused, missing = fuzz(sqlite_office, schema(), 300)
    assert (posted >= 300, refused, missing) == (True, 0, 0)
    counts = take_in(sqlite_office).events
    assert kept(sqlite_office) == 0
    assert counts.received == (counts.applied + counts.ignored.total() + counts.duplicate + counts.quarantined.total())
