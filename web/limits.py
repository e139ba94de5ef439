"""How often somebody may ask: per session, and per address, which is known only as an HMAC under the day's key.

The key lives in memory and ends with the day, and so does what was counted; phones of one carrier share addresses, so
the limits per address are wide. A flood from many addresses meets a ceiling over everybody together, beyond which all
are asked to wait: a ward's residents on a busy day stay far below it. The webhook has limits of its own.
"""

import hmac
import ipaddress
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from tayori.domain.identifiers import Clock

WINDOW_SECONDS: Final = 300
MOST_NAMES: Final = 100_000
TOKYO: Final = ZoneInfo("Asia/Tokyo")
IPV6_SITE: Final = 64
EVERYBODY: Final = "everybody"
ALLOWED: Final = {
    (EVERYBODY, "ask"): 45_000,
    (EVERYBODY, "login"): 6_000,
    (EVERYBODY, "send"): 1_500,
    (EVERYBODY, "letter"): 1_500,
    ("address", "ask"): 1_500,
    ("address", "login"): 120,
    ("address", "send"): 60,
    ("address", "letter"): 60,
    ("session", "ask"): 150,
    ("session", "send"): 10,
    ("session", "write"): 30,
    ("session", "code"): 5,
}
"""How many in five minutes, by what is counted and what was asked."""


@dataclass
class Limits:
    """Counts of the present five minutes; older ones are forgotten whole."""

    clock: Clock
    allowed: dict[tuple[str, str], int] = field(default_factory=lambda: dict(ALLOWED))
    _counts: Counter[tuple[str, str, bytes]] = field(default_factory=Counter, repr=False)
    _window: int = -1
    _day: date | None = None
    _key: bytes = field(default=b"", repr=False)

    def allows(self, whose: str, what: str, name: str) -> bool:
        """Count one request, and say whether it may go on."""
        now = self.clock()
        self._turn(now)
        key = (whose, what, self._named(name))
        if key not in self._counts and len(self._counts) >= MOST_NAMES:
            key = (whose, what, b"everybody else")
        self._counts[key] += 1
        return self._counts[key] <= self.allowed[whose, what]

    def _turn(self, now: datetime) -> None:
        window = int(now.timestamp()) // WINDOW_SECONDS
        if window != self._window:
            self._window, self._counts = window, Counter()
        if (day := now.astimezone(TOKYO).date()) != self._day:
            self._day, self._key, self._counts = day, secrets.token_bytes(32), Counter()

    def _named(self, name: str) -> bytes:
        return hmac.digest(self._key, name.encode("utf-8", "surrogateescape"), "sha256")[:16]


def site_of(address: str) -> str:
    """Give the network that an address stands for: itself, or the /64 of an IPv6 one."""
    try:
        read = ipaddress.ip_address(address.strip())
    except ValueError:
        return "unreadable"
    if isinstance(read, ipaddress.IPv6Address):
        if read.ipv4_mapped is not None:
            return str(read.ipv4_mapped)
        return str(ipaddress.ip_network((read, IPV6_SITE), strict=False))
    return str(read)
