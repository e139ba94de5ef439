"""Pictures as they are handed in, made into pictures that may be sent: checked, upright, without what a camera wrote.

EXIF, GPS, comments and colour profiles are personal or tell the device, so the picture is written anew from its pixels
before anything is hashed or stored. Limits: Messaging API reference, image message and flex image.
"""

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import Final

from PIL import Image, ImageCms, ImageFile, ImageOps

from tayori.domain.pictures import Picture
from tayori.errors import BadInput

LARGEST_FILE: Final = 10 << 20  # bytes, image message
LARGEST_PREVIEW: Final = 1 << 20  # bytes, preview of an image message
PREVIEW_SIDE: Final = 1_024  # pixels, flex image
MOST_PIXELS: Final = 40_000_000  # ours: what a small file may unpack to
KINDS: Final = {"JPEG": "jpg", "PNG": "png"}
_QUALITIES: Final = (85, 70, 50, 30)
_MODES: Final = {"jpg": {"RGB", "L"}, "png": {"RGB", "L", "RGBA", "LA"}}


def prepared(handed_in: bytes, where: str) -> Picture:
    """Make a picture ready: the same file gives the same bytes, and so the same name.

    Raises:
        BadInput: it is no JPEG or PNG, damaged, moving, or beyond LINE's limits; the sentence names the file.

    """
    if len(handed_in) > LARGEST_FILE:
        raise BadInput(f"{where}: {len(handed_in)} bytes, LINE takes at most {LARGEST_FILE}. Make the picture smaller.")
    kind, image = _opened(handed_in, where)
    content = _written(image, kind)
    if len(content) > LARGEST_FILE:
        raise BadInput(
            f"{where}: written anew it is larger than LINE's {LARGEST_FILE} bytes. Make the picture smaller."
        )
    return Picture(content, kind, image.width, image.height, _preview(image, where))


def _opened(handed_in: bytes, where: str) -> tuple[str, Image.Image]:
    try:
        with warnings.catch_warnings(), _whole():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(handed_in), formats=list(KINDS))
            _refuse_shape(image, where)
            kind = KINDS[str(image.format)]
            image.load()
            return kind, _plain(ImageOps.exif_transpose(image), kind)
    except BadInput:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        # Pillow's own errors, whose text may repeat what the file holds
        raise BadInput(f"{where}: it is no whole JPEG or PNG file. Save it as one of them.") from None


@contextlib.contextmanager
def _whole() -> Iterator[None]:
    """Let Pillow refuse half a picture, whatever another library told it: rendering PDFs lets it pass them."""
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _refuse_shape(image: Image.Image, where: str) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise BadInput(
            f"{where}: {image.width} x {image.height} pixels, at most {MOST_PIXELS} in all. Make it smaller."
        )
    if getattr(image, "n_frames", 1) > 1:
        raise BadInput(f"{where}: the picture moves; LINE shows still ones. Save one frame of it.")


def _plain(image: Image.Image, kind: str) -> Image.Image:
    """Give the pixels alone, in the colours that every phone shows (sRGB)."""
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    elif image.mode not in _MODES[kind]:
        image = image.convert("RGB")
    elif image.mode == "RGB" and image.info.get("icc_profile"):
        image = _in_srgb(image, image.info["icc_profile"])
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    return bare


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
    except (ImageCms.PyCMSError, OSError):
        return image  # a profile that nobody can read changes no colour


def _written(image: Image.Image, kind: str, quality: int = 92) -> bytes:
    held = io.BytesIO()
    if kind == "jpg":
        image.save(held, "JPEG", quality=quality, optimize=True)
    else:
        image.save(held, "PNG", optimize=True)
    return held.getvalue()


def _preview(image: Image.Image, where: str) -> bytes:
    """Write the small picture for talks and cards: at most 1,024 pixels a side and 1 MB, on white."""
    small = image.convert("RGBA") if image.mode in {"RGBA", "LA"} else image.convert("RGB")
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    white = Image.new("RGB", small.size, "white")
    white.paste(small, mask=small.getchannel("A") if small.mode == "RGBA" else None)
    for quality in _QUALITIES:
        content = _written(white, "jpg", quality)
        if len(content) <= LARGEST_PREVIEW:
            return content
    raise BadInput(f"{where}: no preview below LINE's {LARGEST_PREVIEW} bytes could be made. Choose a plainer picture.")
