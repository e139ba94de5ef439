"""A real Chromium, headless, driven over its DevTools protocol: for what only a browser decides."""

import base64
import contextlib
import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from tayori.reports.screenshot import browser as installed

PATIENCE_SECONDS = 60
FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"


@dataclass
class Tab:
    """One tab. What it shows was loaded by the browser itself; scripts of pages run only where a policy lets them."""

    socket: Connection
    numbers: Iterator[int]

    def ask(self, method: str, **given: object) -> dict[str, Any]:
        """Ask the browser for something, and give its answer."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": given}))
        while True:
            told = json.loads(self.socket.recv(timeout=PATIENCE_SECONDS))
            if told.get("id") == number:
                assert "error" not in told, told["error"]
                answer: dict[str, Any] = told["result"]
                return answer

    def find(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page holds
        """Evaluate an expression in the page that is open."""
        told = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"].get("text")
        return told["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until an expression holds in a page that is loaded."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(AssertionError):
                if self.find(f"document.readyState === 'complete' && Boolean({expression})"):
                    return
            time.sleep(0.05)
        raise AssertionError(f"never held: {expression}, at {self.find('location.href')}: {self.text()[:200]}")

    def open(self, url: str) -> None:
        """Go to an address, as if it had been typed."""
        self.ask("Page.navigate", url=url)
        self.until(
            f"location.href.startsWith({json.dumps(url.split('#', maxsplit=1)[0])}) || location.href !== 'about:blank'"
        )

    def press(self, words: str, then: str) -> None:
        """Press the button or link of these words, and wait for what it leads to."""
        self.find(
            "[...document.querySelectorAll('button, a')]"
            f".find(one => one.textContent.trim() === {json.dumps(words)}).click()"
        )
        self.until(then)

    def tick(self, name: str, value: str = "") -> None:
        """Tick the box or choice of this name, and of this value where there are several."""
        chosen = f'[name="{name}"]' + (f'[value="{value}"]' if value else "")
        self.find(f"document.querySelector({json.dumps(chosen)}).click()")

    def write(self, name: str, words: str) -> None:
        """Write into the field of this name, or choose in its list."""
        chosen = json.dumps(f'[name="{name}"]')
        self.find(f"void (document.querySelector({chosen}).value = {json.dumps(words)})")

    def text(self) -> str:
        """Give the words of the page."""
        return str(self.find("document.body ? document.body.innerText : ''"))

    def shows(self, words: str) -> None:
        """Wait until the page shows these words."""
        self.until(f"document.body.innerText.includes({json.dumps(words)})")

    def look(self, width: int, height: int, zoom: float = 1, *, dark: bool = False, letters: int = 16) -> None:
        """Take a size in CSS pixels, a zoom, a colour scheme, and a size of usual letters."""
        phone = width < 600
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=zoom, mobile=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self.ask("Page.setFontSizes", fontSizes={"standard": letters})

    def picture(self) -> bytes:
        """Draw the whole page, as far down as it goes (PNG)."""
        whole = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": whole["width"], "height": whole["height"], "scale": 1}
        drawn = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        return base64.b64decode(drawn)

    def scripts(self, *, on: bool) -> None:
        """Let pages run scripts, or not; what is evaluated here is evaluated all the same."""
        self.ask("Emulation.setScriptExecutionDisabled", value=not on)


@contextlib.contextmanager
def running_chromium(*flags: str) -> Iterator[Tab]:
    """Give a tab of a browser of its own, with the project's Japanese letters; skip where none is installed."""
    program = installed("")
    if program is None:
        pytest.skip("Chromium is not installed")
    with TemporaryDirectory() as profile:
        words = [str(program), "--headless=new", "--disable-gpu", "--disable-background-networking"]
        words += ["--remote-debugging-port=0", f"--user-data-dir={profile}", *flags]
        words += ["--no-sandbox"] if os.geteuid() == 0 else []
        process = subprocess.Popen(
            [*words, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"FONTCONFIG_FILE": str(_letters(Path(profile)))},
        )
        try:
            with connect(_address(Path(profile)), max_size=None) as socket:
                tab = Tab(socket, count(1))
                tab.ask("Page.enable")
                yield tab
        finally:
            process.terminate()
            process.wait(20)
            time.sleep(0.2)  # its children still write to the profile


def _letters(folder: Path) -> Path:
    """Write where letters come from: a page is as wide as its letters, wherever the tests run."""
    told = folder / "fonts.conf"
    told.write_text(
        f"<fontconfig><dir>{FONTS}</dir><include ignore_missing='yes'>/etc/fonts/fonts.conf</include></fontconfig>"
    )
    return told


def _address(profile: Path) -> str:
    told, end = profile / "DevToolsActivePort", time.monotonic() + PATIENCE_SECONDS
    while not (told.exists() and told.read_text().strip()):
        assert time.monotonic() < end, "Chromium did not start"
        time.sleep(0.1)
    port = told.read_text().split()[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE_SECONDS) as answer:
        pages = json.load(answer)
    return str(next(one for one in pages if one["type"] == "page")["webSocketDebuggerUrl"])
