"""The one address of pages, as residents see it: the origin of their forms, and what a Host header may say."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from tayori.warehouse.addresses import LOOPBACK


def origin_of(url: str) -> str:
    """Give the origin that an address names.

    Raises:
        ValueError: it is not https://HOST, nor http on this machine.

    """
    place = urlsplit(url)
    here = place.scheme == "http" and place.hostname in LOOPBACK
    if not (place.scheme == "https" or here) or not place.netloc or place.path not in {"", "/"}:
        message = "the address of the pages is https://HOST, or http on this machine"
        raise ValueError(message)
    return url.rstrip("/").lower()


def hosts_of(allowed: Iterable[str], origin: str) -> frozenset[str]:
    """Give what a Host header may say: what is allowed, else the origin's own host."""
    return frozenset(host.lower() for host in allowed) or frozenset({urlsplit(origin).netloc})
