"""Scanned pages beside a transcript: each letter's images, in the order of its pages, all there and none left over."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tayori.errors import BadInput
from tayori.ingest.sources.files import SCAN, LetterFile
from tayori.ingest.sources.frame import Cell

LARGEST: Final = 32 << 20  # bytes of one page
_BETWEEN: Final = re.compile(r"[;；,、\n]+")
_KINDS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
)


@dataclass(frozen=True, slots=True)
class ScanRule:
    """Which column names a letter's pages, and in which folder beside the transcript they lie."""

    column: str
    folder: str


@dataclass(frozen=True, slots=True)
class ScanFolder:
    """The folder of a batch's pages."""

    path: Path

    def check(self, rows: Iterable[tuple[int, Cell]]) -> None:
        """Refuse a batch whose pages are not all there, are no images, or belong to no letter or to two.

        Raises:
            BadInput: the sentence names the row and the place of the page, never the file's name.

        """
        owners: dict[str, int] = {}
        for number, cell in rows:
            for place, name in enumerate(_names(cell), 1):
                self._check_page(number, place, name)
                if owners.setdefault(name, number) != number or _names(cell).count(name) > 1:
                    raise BadInput(
                        f"Row {number}, page {place}: another row or page names the same file; each has its own."
                    )
        left = sum(1 for file in self.path.iterdir() if file.is_file() and file.name not in owners)
        if left:
            raise BadInput(f"{left} scanned files belong to no row; add their rows, or take the files away.")

    def pages(self, cell: Cell) -> tuple[LetterFile, ...]:
        """Give a letter's pages."""
        return tuple(self._page(name) for name in _names(cell))

    def _check_page(self, number: int, place: int, name: str) -> None:
        where = f"Row {number}, page {place}"
        if name != Path(name).name or name.startswith("."):
            raise BadInput(f"{where}: write the file's name alone, without a folder.")
        path = self.path / name
        if not path.is_file() or path.is_symlink():
            raise BadInput(f"{where}: the scanned file is not in the folder {self.path.name}; nothing was taken in.")
        if path.stat().st_size > LARGEST:
            raise BadInput(f"{where}: larger than {LARGEST >> 20} MiB; scan it at a lower resolution.")
        if _media_type(path) is None:
            raise BadInput(f"{where}: neither JPEG, PNG, TIFF nor PDF, or damaged; scan the page again.")

    def _page(self, name: str) -> LetterFile:
        path = self.path / name
        return LetterFile(SCAN, name, _media_type(path) or "application/octet-stream", path.read_bytes())


def scan_folder(transcript: Path, rule: ScanRule) -> ScanFolder:
    """Give the folder of a batch.

    Raises:
        BadInput: it is not there.

    """
    folder = transcript.parent / rule.folder
    if not folder.is_dir():
        raise BadInput(f"The folder {rule.folder} of the scanned pages is not beside the transcript.")
    return ScanFolder(folder)


def _names(cell: Cell) -> Sequence[str]:
    return [name.strip() for name in _BETWEEN.split(cell or "") if name.strip()]


def _media_type(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(16)
    return next((kind for mark, kind in _KINDS if head.startswith(mark)), None)
