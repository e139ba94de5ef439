"""A file that is part of a letter: the mail as it came, a scanned page, what was attached."""

import base64
from dataclasses import dataclass, field
from typing import Final

ORIGINAL: Final = "original"
SCAN: Final = "scan"
ATTACHMENT: Final = "attachment"
REVISION: Final = "revision"  # what the source says of the letter since it changed it


@dataclass(frozen=True, slots=True)
class LetterFile:
    """A file with the role it has in the letter: the mail as it came, a scanned page, an attachment."""

    role: str
    title: str = field(repr=False)
    media_type: str
    content: bytes = field(repr=False)

    def plain(self) -> dict[str, str]:
        """Give the file as plain texts, its content in base64."""
        content = base64.b64encode(self.content).decode("ascii")
        return {"role": self.role, "title": self.title, "media_type": self.media_type, "content": content}
