"""A page of somebody else, on a port of its own: what it posts by itself has to be refused."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from tests.support.chromium import Tab

HOSTS = [("localhost", "another site"), ("127.0.0.1", "same site, another origin")]
PATIENCE_SECONDS = 30


class Hiding(NamedTuple):
    """How a browser comes to keep the Referer of our own forms to itself."""

    flags: tuple[str, ...] = ()
    script: str = "true"


NO_REFERRER = """document.head.append(
  Object.assign(document.createElement("meta"), {name: "referrer", content: "no-referrer"}))"""
REFERRERS = {
    "a setting of the browser": Hiding(("--no-referrers",)),
    "Referrer-Policy: no-referrer": Hiding(script=NO_REFERRER),
}
"""Under the policy the browser says `Origin: null` as well; the policy may come from an extension, put on our page."""


class _Elsewhere(BaseHTTPRequestHandler):
    """Serves fixed pages."""

    def __init__(self, pages: dict[str, str], *given: object) -> None:
        self.pages = pages
        super().__init__(*given)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        content = self.pages.get(self.path, "").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def another_site(pages: dict[str, str]) -> Iterator[int]:
    """Serve pages by their paths; give the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Elsewhere, pages))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def assert_refused(
    tab: Tab, host: str, pages: dict[str, str], refused: Callable[[], int], taken: Callable[[], int]
) -> None:
    """Open every page, and assert that what it posts is counted as refused, and that nothing was taken."""
    with another_site(pages) as port:
        for path in pages:
            before, already = taken(), refused()
            tab.ask("Page.navigate", url=f"http://{host}:{port}{path}")
            waiting = threading.Event()
            for _ in range(PATIENCE_SECONDS * 20):
                if refused() > already:
                    break
                waiting.wait(0.05)
            assert refused() > already, path
            assert taken() == before, path


def assert_unframed(tab: Tab, url: str) -> None:
    """Assert that a frame of another page stays empty."""
    framing = {"/": f'<iframe src="{url}" onload="document.title = \'loaded\'"></iframe>'}
    with another_site(framing) as port:
        tab.open(f"http://127.0.0.1:{port}/")
        tab.until("document.title === 'loaded'")
        frame = tab.ask("Page.getFrameTree")["frameTree"]["childFrames"][0]["frame"]
    assert frame.get("unreachableUrl") or frame["url"].startswith("chrome-error:")
