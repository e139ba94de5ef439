"""The size of a picture, read from its first bytes: all that LINE checks of a rich menu image."""

import struct
from typing import Final

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8"
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def picture_size(picture: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or JPEG; None for anything else."""
    if picture.startswith(_PNG) and len(picture) >= 24:  # noqa: PLR2004 - signature, chunk head, two words
        width, height = struct.unpack_from(">II", picture, 16)
        return width, height
    return _jpeg_size(picture) if picture.startswith(_JPEG) else None


def _jpeg_size(picture: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(picture):
        mark, kind, length = struct.unpack_from(">BBH", picture, at)
        if mark != 0xFF:  # noqa: PLR2004 - every JPEG segment starts with it
            return None
        if kind in _FRAMES:
            height, width = struct.unpack_from(">HH", picture, at + 5)
            return width, height
        at += 2 + length
    return None
