"""Pages as pictures, drawn by a headless Chromium where one is installed; it reaches no network."""

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PIL import Image, ImageChops

from tayori.errors import Unavailable

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
WIDTH: Final = 375  # CSS pixels, a common phone
TALLEST: Final = 8_000  # CSS pixels; at twice the resolution the most that the browser draws
SCALE: Final = 2
SECONDS: Final = 60
SCHEMES: Final = {"": "1", "-dark": "0"}  # the browser's own numbers for light and dark
_MARGIN: Final = 12


def browser(setting: str) -> Path | None:
    """Give the browser to draw with: the one of the setting, else one on the PATH; None where none is installed.

    Raises:
        Unavailable: the setting names a program that is not there.

    """
    if setting:
        named = shutil.which(setting)
        if named is None:
            raise Unavailable("TAYORI_CHROMIUM names no program; correct it, or leave it empty.")
        return Path(named)
    return next((Path(found) for name in NAMES if (found := shutil.which(name))), None)


def draw_both(program: Path | None, page: str, stem: Path) -> Iterator[Path]:
    """Draw a page light and dark as STEM.png and STEM-dark.png; nothing without a browser.

    Raises:
        Unavailable: the browser failed, or the page is too long for one picture; the HTML shows it whole.

    """
    if program is None:
        return
    for ending, scheme in SCHEMES.items():
        path = stem.with_name(f"{stem.name}{ending}.png")
        path.write_bytes(_drawn(program, page, scheme))
        yield path


def _drawn(program: Path, page: str, scheme: str) -> bytes:
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "page.html", Path(folder) / "page.png"
        source.write_text(page, "utf-8")
        _run(program, source, target, scheme, Path(folder) / "profile")
        try:
            whole = Image.open(target).convert("RGB")
        except OSError:
            raise Unavailable("The browser drew no picture; the HTML shows the messages whole.") from None
    return _cut(whole)


def _run(program: Path, source: Path, target: Path, scheme: str, profile: Path) -> None:
    words = [
        str(program),
        "--headless=new",
        "--disable-gpu",
        "--disable-background-networking",
        "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--blink-settings=preferredColorScheme={scheme}",
        f"--force-device-scale-factor={SCALE}",
        f"--window-size={WIDTH},{TALLEST}",
        f"--user-data-dir={profile}",
        f"--screenshot={target}",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),  # Chromium's own rule for root, as in a container
        source.as_uri(),
    ]
    try:
        subprocess.run(words, check=False, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL)  # noqa: S603 - the browser of the settings, our own page
    except (OSError, subprocess.TimeoutExpired):
        raise Unavailable("The browser did not draw the preview; the HTML shows the messages whole.") from None


def _cut(whole: Image.Image) -> bytes:
    """Cut what lies below the last message off."""
    wall = Image.new("RGB", whole.size, whole.getpixel((0, whole.height - 1)))
    box = ImageChops.difference(whole, wall).getbbox()
    if box is None or box[3] >= whole.height - SCALE * _MARGIN:
        raise Unavailable("The messages are too long for one picture; the HTML shows them whole.")
    held = io.BytesIO()
    whole.crop((0, 0, whole.width, box[3] + SCALE * _MARGIN)).save(held, "PNG", optimize=True)
    return held.getvalue()
