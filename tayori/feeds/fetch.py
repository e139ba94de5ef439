"""Fetch a feed from a host on the list: bounded in time and size, never led elsewhere, nothing sent along."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import urllib3
from urllib3.util import Url, parse_url

from tayori.errors import BadInput, Refused, Unavailable
from tayori.warehouse.addresses import LOOPBACK

LARGEST: Final = 2 << 20  # bytes
WITHIN_SECONDS: Final = 20.0
TIMEOUT: Final = urllib3.Timeout(connect=3.0, read=5.0)
HOPS: Final = 3
PIECE: Final = 1 << 16
HEADERS: Final = {
    "User-Agent": "tayori",
    "Accept": "application/atom+xml, application/rss+xml, application/xml, text/xml",
    "Accept-Encoding": "identity",
}
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a host answered: the bytes, and the type that it says they have."""

    body: bytes
    content_type: str = ""


def fetch(
    url: str, allowed: Sequence[str], *, most: int = LARGEST, clock: Callable[[], float] = time.monotonic
) -> Fetched:
    """Fetch a feed.

    Raises:
        Refused: the address, or one that it leads to, is not https on a host of the list.
        BadInput: it is larger than a feed may be, or packed.
        Unavailable: the host did not answer in time, or not with a feed.

    """
    until = clock() + WITHIN_SECONDS
    with urllib3.PoolManager(retries=False, cert_reqs="CERT_REQUIRED") as pool:
        for _ in range(HOPS + 1):
            address = _checked(url, allowed)
            try:
                answer = pool.request(
                    "GET", address.url, headers=HEADERS, redirect=False, preload_content=False, timeout=TIMEOUT
                )
                if answer.status not in _MOVED:
                    return _read(answer, most, until, clock)
                url = urljoin(address.url, answer.headers.get("location", ""))
                answer.close()
            except urllib3.exceptions.HTTPError:
                raise Unavailable("The feed's host did not answer in time; it is asked again next time.") from None
    raise Unavailable("The feed's host leads from one address to the next without end; ask who runs the site.")


def _checked(url: str, allowed: Sequence[str]) -> Url:
    try:
        address = parse_url(url)
    except urllib3.exceptions.LocationParseError:
        raise BadInput("The feed's address is not understood; write https://HOST/PATH.") from None
    own = address.host in LOOPBACK
    if address.host not in allowed or address.auth is not None:
        raise Refused("The feed's address is on no host that TAYORI_FEED_ALLOWED_HOSTS lists; it was not asked.")
    if not own and (address.scheme != "https" or address.port not in {None, 443}):
        raise Refused("The feed's address is not https; it was not asked.")
    if own and address.scheme not in {"http", "https"}:
        raise Refused("The feed's address is not http; it was not asked.")
    return address


def _read(answer: urllib3.BaseHTTPResponse, most: int, until: float, clock: Callable[[], float]) -> Fetched:
    if answer.status != _OK:
        answer.close()
        raise Unavailable(f"The feed's host answered {answer.status}; it is asked again next time.")
    if answer.headers.get("content-encoding", "identity") != "identity":
        answer.close()
        raise BadInput("The feed came packed though it was asked for plain; nothing was unpacked.")
    held = bytearray()
    while piece := answer.read1(PIECE):
        held += piece
        if len(held) > most or clock() > until:
            answer.close()
            if len(held) > most:
                raise BadInput(f"The feed is larger than {most} bytes; nothing of it was read.")
            raise Unavailable("The feed's host took too long to answer; it is asked again next time.")
    return Fetched(bytes(held), answer.headers.get("content-type", ""))
