"""A door on a real loopback port, and deliveries as LINE makes them."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from tayori.line.webhook import SIGNATURE_HEADER, signature_of
from tayori.office import Office
from tests.support.serving import listening, serving
from web.door.app import make_app
from web.door.settings import DoorSettings
from web.door.webhook import MOST_HELD, WEBHOOK_PATH

SECRET = "dummy-channel-secret"
BOT = "U" + "b" * 32


@dataclass(frozen=True)
class RunningDoor:
    """A door that answers at `base`."""

    base: str

    def post(self, body: bytes, signature: str | None = None) -> httpx.Response:
        """Post a body with its right signature, or with another one."""
        given = signature_of(SECRET.encode(), body).decode() if signature is None else signature
        headers = {SIGNATURE_HEADER.encode(): given.encode("latin-1")} if given else {}
        return httpx.post(self.base + WEBHOOK_PATH, content=body, headers=headers, timeout=60, trust_env=False)

    def deliver(self, *events: object) -> httpx.Response:
        """Post one delivery of events."""
        return self.post(json.dumps({"destination": BOT, "events": events}).encode())

    def health(self) -> int:
        """Ask for the door's health."""
        return httpx.get(self.base + "/healthz", timeout=60, trust_env=False).status_code


def settings_of(office: Office, **changes: object) -> DoorSettings:
    """Give the door's settings of an office."""
    chosen: dict[str, object] = {
        "line_channel_secret": SecretStr(SECRET),
        "inbox_public_key_file": office.inbox_public_file,
        "inbox_url": office.settings.inbox_address,
    }
    return DoorSettings(**(chosen | changes))  # type: ignore[arg-type]


@contextlib.contextmanager
def running_door(settings: DoorSettings, most_held: int = MOST_HELD) -> Iterator[RunningDoor]:
    """Serve a door on a free loopback port until the block ends."""
    with listening() as (listener, base), serving(make_app(settings, most_held=most_held), listener):
        yield RunningDoor(base)
