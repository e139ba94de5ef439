"""The doors of an office behind a real nginx, and somebody who asks through TLS."""

import json
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from tayori.line.webhook import SIGNATURE_HEADER, signature_of
from tayori.office import Office
from tests.door.builders import SECRET
from tests.opinion.builders import Desk
from tests.resident.builders import Door
from tests.support.nginx import Proxy
from web.door.webhook import WEBHOOK_PATH


@dataclass(frozen=True)
class House:
    """The doors behind nginx, all on real ports."""

    office: Office
    proxy: Proxy
    pages: Door
    desk: Desk

    def deliver(self, *events: object, signature: str | None = None) -> httpx.Response:
        """Post a delivery as LINE does, through nginx."""
        body = json.dumps({"destination": "U" + "b" * 32, "events": events}).encode()
        signed = signature or signature_of(SECRET.encode(), body).decode()
        return ask(self.proxy, "POST", WEBHOOK_PATH, content=body, headers={SIGNATURE_HEADER: signed})


def ask(proxy: Proxy, method: str, path: str, **how: object) -> httpx.Response:
    """Ask through TLS, the certificate checked."""
    trust = ssl.create_default_context(cafile=str(proxy.folder / "certificate.pem"))
    with httpx.Client(verify=trust, trust_env=False, timeout=20) as client:
        return client.request(method, proxy.base + path, **how)  # type: ignore[arg-type]


def port_of(base: str) -> int:
    """Give the port of an address."""
    port = urlsplit(base).port
    assert port is not None
    return port
