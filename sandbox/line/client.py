"""Speaks to the sandbox's control door from another process."""

import json
import time
import urllib.error
import urllib.request
from base64 import b64decode
from typing import Any, Final

from sandbox.line.wire import Exchange

_ANSWER_SECONDS: Final = 600.0
_START_SECONDS: Final = 10.0

Json = dict[str, Any]


class ControlRefused(Exception):
    """The control door did not understand; its sentence says what."""


class ControlClient:
    """One method per question that rehearsals ask most; `ask` for all others (see `sandbox.line.control`)."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def ask(self, verb: str, **asked: object) -> Json:
        """One verb with its arguments."""
        request = urllib.request.Request(  # noqa: S310 - the sandbox's own loopback address
            f"{self._base_url}/sandbox/{verb}", json.dumps(asked).encode(), method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310 - as above
                read: Json = json.load(answer)
                return read
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise ControlRefused(json.load(refusal)["message"]) from None

    def friends(self, n: int, **how: object) -> Json:
        """Create `n` new friends; their follow events go out when a webhook is set."""
        return self.ask("friends", n=n, **how)

    def block(self, count: int, seed: int = 0, **how: object) -> Json:
        """Let friends block the account (an unfollow event each)."""
        return self.ask("block", count=count, seed=seed, **how)

    def quit(self, count: int, seed: int = 0) -> Json:
        """Let friends leave LINE: no event."""
        return self.ask("quit", count=count, seed=seed)

    def summary(self, **asked: object) -> dict[str, int]:
        """The ledger's counts: by `content`, `unit` or `endpoint`, against `expected` people."""
        counts: dict[str, int] = self.ask("ledger", **asked)["summary"]
        return counts

    def stats(self) -> Json:
        """Answers by endpoint and status, and what the platform has cost."""
        return self.ask("stats")

    def asked(self) -> list[tuple[str, str]]:
        """Method and path of everything that was ever asked since the last reset, each once."""
        return [(method, path) for method, path in self.ask("stats")["asked"]]

    def exchanges(self) -> list[Exchange]:
        """The kept exchanges (`ask("keep", most=...)` first), for checks against LINE's specification."""
        return [_exchange(one) for one in self.ask("exchanges")["exchanges"]]

    def wait_until_ready(self) -> None:
        """Return when the platform answers."""
        until = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.ask("ready")
            except urllib.error.URLError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)
            else:
                return


def _exchange(read: Json) -> Exchange:
    return Exchange(
        **read
        | {
            "headers": tuple((name, value) for name, value in read["headers"]),
            "answer_headers": tuple((name, value) for name, value in read["answer_headers"]),
            "body": b64decode(read["body"]),
            "answer": b64decode(read["answer"]),
        }
    )
