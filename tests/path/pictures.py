"""`python -m tests.path.pictures` draws every page that a resident meets, on a phone and on a desktop.

It goes the path of the test and fills docs/pictures/residents; what lies beside the path is drawn on the phone alone.
The machine needs letters of the other languages (Debian: fonts-noto-cjk), or they are drawn as boxes.
"""

import io
import sys
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from tests.path.beside import beside_the_path
from tests.path.house import running_house
from tests.path.walk import the_path
from tests.support.builders import TestClock, an_office
from tests.support.chromium import running_chromium
from tests.support.readable import DESK, PHONE

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "residents"
WINDOWS = {"phone": (PHONE, 1.25), "desktop": (DESK, 1)}
DARK = ("settings", "opinion-receipt", "held")  # drawn in the dark scheme too, on the phone
COLOURS = 64
LARGEST_BYTES = 2_500_000


def draw(name: str, folder: Path) -> None:
    """Draw every page in one of the windows."""
    window, sharpness = WINDOWS[name]
    with TemporaryDirectory() as made, running_chromium("--hide-scrollbars") as tab:
        clock, home = TestClock(), Path(made)
        office = an_office(home / "office", clock)
        with running_house(home / "nginx", office, clock) as house:
            tab.look(window.width, window.height, sharpness)
            beside = beside_the_path(tab, house) if name == "phone" else ()
            for page in chain(the_path(tab, house, home), beside):
                keep(tab.picture(), folder / f"{page}-{name}.webp")
                if name == "phone" and page in DARK:
                    tab.look(window.width, window.height, sharpness, dark=True)
                    keep(tab.picture(), folder / f"{page}-dark.webp")
                    tab.look(window.width, window.height, sharpness)
        office.close()


def keep(picture: bytes, path: Path) -> None:
    """Write a picture in few bytes: its commonest colours as they are, every other as the nearest of them."""
    drawn = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), np.int32)
    found, place, counts = np.unique(drawn @ (1 << 16, 1 << 8, 1), return_inverse=True, return_counts=True)
    shades = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1)
    common = shades[np.argsort(counts)[-COLOURS:]]
    nearest = common[np.square(shades[:, None] - common).sum(axis=2).argmin(axis=1)]
    Image.fromarray(nearest[place].reshape(drawn.shape).astype(np.uint8)).save(path, "WEBP", lossless=True)


def main() -> int:
    """Draw them anew; 1 where they became too large for a repository."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for old in PICTURES.glob("*.webp"):
        old.unlink()
    for name in WINDOWS:
        draw(name, PICTURES)
    size = sum(path.stat().st_size for path in PICTURES.glob("*.webp"))
    sys.stdout.write(f"{len(list(PICTURES.glob('*.webp')))} pictures, {size:,} bytes\n")
    return int(size > LARGEST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
