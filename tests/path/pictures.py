"""`python -m tests.path.pictures` draws every page that a resident meets for docs/pictures, on a phone and on a desktop.

It goes the path of the test. The machine needs letters of the other languages (Debian: fonts-noto-cjk), or they are
drawn as boxes.
"""

import io
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from tests.opinion.builders import EASY
from tests.path.house import House, running_house
from tests.path.walk import the_path
from tests.support.builders import TestClock, an_office
from tests.support.chromium import Tab, running_chromium
from tests.support.readable import DESK, PHONE

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "residents"
WINDOWS = {"phone": (PHONE, 2), "desktop": (DESK, 1)}
DARK = ("settings", "opinion-receipt", "held")  # drawn in the dark scheme too, on the phone
LARGEST_BYTES = 2_500_000


def beside_the_path(tab: Tab, house: House) -> Iterator[str]:
    """Open the pages that lie beside the path; gives the name of each while it is open."""
    tab.open(f"{house.base}{EASY}")
    yield "opinion-easy"
    tab.open(f"{house.base}/letter/nowhere")
    tab.shows("ページが見つかりません")
    yield "trouble"
    tab.ask("Network.clearBrowserCookies")
    tab.open(f"{house.base}/settings")
    tab.shows("ログインしてください")
    yield "no-session"


def draw(folder: Path) -> None:
    """Draw every page into a folder."""
    for name, (window, sharpness) in WINDOWS.items():
        with TemporaryDirectory() as made, running_chromium("--hide-scrollbars") as tab:
            clock, home = TestClock(), Path(made)
            office = an_office(home / "office", clock)
            with running_house(home / "nginx", office, clock) as house:
                tab.look(window.width, window.height, sharpness)
                for page in chain(the_path(tab, house, home), beside_the_path(tab, house)):
                    keep(tab.picture(), folder / f"{page}-{name}.webp")
                    if name == "phone" and page in DARK:
                        tab.look(window.width, window.height, sharpness, dark=True)
                        keep(tab.picture(), folder / f"{page}-dark.webp")
                        tab.look(window.width, window.height, sharpness)
            office.close()


def keep(picture: bytes, path: Path) -> None:
    """Write a picture in few bytes, without any loss of its letters."""
    Image.open(io.BytesIO(picture)).convert("RGB").save(path, "WEBP", lossless=True, quality=100, method=6)


def main() -> int:
    """Draw them anew; 1 where they became too large for a repository."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for old in PICTURES.glob("*.webp"):
        old.unlink()
    draw(PICTURES)
    size = sum(path.stat().st_size for path in PICTURES.glob("*.webp"))
    sys.stdout.write(f"{len(list(PICTURES.glob('*.webp')))} pictures, {size:,} bytes\n")
    return int(size > LARGEST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
