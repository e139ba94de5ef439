"""A ward's site for tests: a real HTTP server on the loopback address that answers as a test wants it."""

import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Page:
    """An answer. `announced`: the length that is promised, where it is not the true one."""

    body: bytes = b""
    content_type: str = "application/xml"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    announced: int | None = None


@dataclass
class FeedSite:
    """A running site: its pages by path, and what it was asked."""

    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def base(self) -> str:
        """The site's address."""
        return f"http://127.0.0.1:{self.port}"

    def show(self, body: bytes | str, path: str = "/feed", **how: object) -> str:
        """Put a page there; give its address."""
        held = body.encode() if isinstance(body, str) else body
        self.pages[path] = Page(held, **how)  # type: ignore[arg-type]
        return self.base + path


@contextlib.contextmanager
def running_site() -> Iterator[FeedSite]:
    """Start a site, give it, and stop it."""
    site = FeedSite()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            page = site.pages.get(self.path, Page(status=404))
            self.send_response(page.status)
            length = len(page.body) if page.announced is None else page.announced
            for name, value in {
                "Content-Type": page.content_type,
                "Content-Length": str(length),
                **page.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):  # whoever asked may have heard enough
                self.wfile.write(page.body)

        def log_message(self, *_told: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.daemon_threads = True
        site.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield site
        finally:
            server.shutdown()
