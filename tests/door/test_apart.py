"""Webhook and opinion screen are two processes: what is done to the one keeps nobody waiting at the other."""

import socket
from contextlib import ExitStack

import httpx
import pytest

from tayori.office import Office
from tests.door.builders import RunningDoor
from tests.ingest.builders import an_event, take_in
from tests.support.doors import DOOR, door
from web.serving import MOST_AT_ONCE

BEGUN = b"GET /opinion/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"  # and never ended


@pytest.mark.slow
def test_a_flood_on_the_screen_keeps_no_delivery_waiting(sqlite_office: Office) -> None:
    """With every place of the screen taken its health is 503, and LINE's delivery is kept as if nothing were."""
    with (
        door(sqlite_office, DOOR) as (webhook, _),
        door(sqlite_office, "web.opinion", TAYORI_OPINION_BASE_URL="http://127.0.0.1:1") as (screen, _),
        ExitStack() as held,
    ):
        for _ in range(MOST_AT_ONCE):
            held.enter_context(socket.create_connection(("127.0.0.1", screen), timeout=10)).sendall(BEGUN)
        assert httpx.get(f"http://127.0.0.1:{screen}/healthz", timeout=30, trust_env=False).status_code == 503
        running = RunningDoor(f"http://127.0.0.1:{webhook}")
        assert running.health() == 200
        assert running.deliver(an_event("follow", 1)).status_code == 200
    assert take_in(sqlite_office).events.applied == 1
