"""A LINE that repeats in its answers whatever it was told: the worst that an error message can do."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class HostileLine:
    """A running one: the statuses it answers, one after another, the last one for good, and ids that it knows.

    With `garbled`, it answers 200 and a list that is none.
    """

    statuses: list[int] = field(default_factory=lambda: [500])
    garbled: bool = False
    listed: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str, body: str) -> tuple[int, bytes]:
        """Answer a request: the status as set, the body full of what was told."""
        if self.garbled:
            return 200, json.dumps({"userIds": [*self.listed, {"id": self.listed}], "next": self.listed}).encode()
        if path.endswith("/message/quota"):
            return 200, b'{"type": "none"}'  # a sender that may not begin would hear nothing worse
        told = f"{path} {body} {' '.join(self.listed)}"
        detail = {"message": f"refused: {told}", "property": f"to[0] {told}"}
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return status, json.dumps({"message": told, "details": [detail]}).encode()


@contextlib.contextmanager
def running_line() -> Iterator[HostileLine]:
    """Start one, give it, and stop it."""
    line = HostileLine()

    class Talk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("content-length", 0))).decode("utf-8", "replace"))

        def _answer(self, body: str) -> None:
            status, told = line.answer(self.path, body)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(told)))
            self.send_header("x-line-request-id", "a1b2c3d4-0000-4000-8000-00000000beef")
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        line.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield line
        finally:
            server.shutdown()
