"""A case of the old system, as every reader gives it: the items of the register, its files, and nothing else."""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from tayori.domain.canonical import canonical_bytes
from tayori.ingest.sources import frame as opinion_frame
from tayori.ingest.sources.files import LetterFile
from tayori.ingest.sources.frame import PERSONAL_ITEMS
from tayori.warehouse.external import Watermark

MANAGED: Final = ("received_on", "channel", "addressee", "answer_wanted", "department", "kind", "state", "done_on")
SEALED: Final = (*PERSONAL_ITEMS, "answer")
ITEMS: Final = (*MANAGED, *SEALED)
LONGEST_KEY: Final = 20  # the old number stays the receipt number
SUITE: Final = "old_cases"
FRAME_COLUMNS: Final = (*opinion_frame.FRAME_COLUMNS, "state", "done_on", "answer")


@dataclass(frozen=True, slots=True)
class OldCase:
    """One case: the old system's number, an entry for each of `ITEMS` (None: not given), its files in their order."""

    key: str
    items: Mapping[str, str | None] = field(repr=False)
    files: tuple[LetterFile, ...] = field(default=(), repr=False)

    def plain(self) -> dict[str, object]:
        """Give the case in plain values, as it stands in a dump."""
        given = {name: value for name, value in self.items.items() if value is not None}
        return {"key": self.key, "items": given, "files": [file.plain() for file in self.files]}

    def content(self) -> bytes:
        """Give bytes that are the same where two cases say the same."""
        return canonical_bytes(self.plain())


@dataclass(frozen=True, slots=True)
class OldPage:
    """Some cases in the order of their change, and how far the old system has been read with them."""

    cases: tuple[OldCase, ...]
    upto: Watermark


class OldSystem(Protocol):
    """Whoever can give the old system's cases: its database, or a dump of it."""

    @property
    def name(self) -> str:
        """The source's name."""
        ...

    def pages(self, after: Watermark | None, now: datetime | None) -> Iterator[OldPage]:
        """Give the cases that changed after a mark, in the order of their change; without `now`, the youngest too."""
        ...

    def inspected(self) -> Mapping[str, int]:
        """Give what is wrong at the source itself: rows that belong to no case, by table."""
        ...


def case_of(plain: Mapping[str, object]) -> OldCase:
    """Read a case as `OldCase.plain` wrote it. Raises KeyError, TypeError or ValueError where it is none."""
    items, files = plain["items"], plain["files"]
    if not isinstance(items, dict) or not isinstance(files, list) or plain.keys() != {"key", "items", "files"}:
        raise TypeError
    if items.keys() - set(ITEMS) or not all(isinstance(value, str) for value in items.values()):
        raise ValueError
    return OldCase(str(plain["key"]), {name: items.get(name) for name in ITEMS}, tuple(map(_file, files)))


def _file(plain: Mapping[str, str]) -> LetterFile:
    content = base64.b64decode(plain["content"], validate=True)
    return LetterFile(plain["role"], plain["title"], plain["media_type"], content)


def files_text(files: Sequence[LetterFile]) -> str | None:
    """Give a text that two lists of files share where they are the same: names, kinds, contents, order."""
    if not files:
        return None
    told = [[file.role, file.title, file.media_type, hashlib.sha256(file.content).hexdigest()] for file in files]
    return canonical_bytes(told).decode()
