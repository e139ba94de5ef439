"""Pictures that may be sent: named by the hash of their bytes, so that what was approved cannot change afterwards."""

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

MEDIA_PATH: Final = "/media/"
PICTURE_NAME: Final = re.compile(r"([0-9a-f]{64})\.(jpg|png)")
_IN_MESSAGES: Final = re.compile(rb"/media/([0-9a-f]{64})\.(?:jpg|png)\"")


@dataclass(frozen=True)
class Picture:
    """A picture as residents get it: free of what a camera wrote about itself, and its small preview (JPEG)."""

    content: bytes = field(repr=False)
    kind: str  # jpg or png
    width: int
    height: int
    preview: bytes = field(repr=False)

    @cached_property
    def name(self) -> str:
        """The name under which it is stored and served."""
        return f"{sha256_of(self.content)}.{self.kind}"

    @cached_property
    def preview_name(self) -> str:
        """The name of its preview."""
        return f"{sha256_of(self.preview)}.jpg"


def sha256_of(content: bytes) -> str:
    """SHA-256 of a picture's bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def image_hashes(messages: bytes) -> tuple[str, ...]:
    """The hashes of every picture that these message bytes show, each once, in order: what a signature binds.

    Read from the bytes themselves, whatever they are: bytes that somebody broke still give their pictures.
    """
    return tuple(sorted({found.decode() for found in _IN_MESSAGES.findall(messages)}))
