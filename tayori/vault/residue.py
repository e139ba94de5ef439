"""The residue probe: after an erasure, every store is read byte by byte for what must be gone.

Markers are planted (canaries) or known (an erased person's id); they are sought in every form in which our stores
are known to write a text, in one pass per file, in memory that does not grow with the file.
"""

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from tayori.errors import NotFound
from tayori.vault.residue_forms import Needles
from tayori.vault.residue_pdf import pdf_texts
from tayori.vault.unpacking import Content, contents

LARGEST_PDF: Final = 64 * 1024 * 1024

INHERENT_LIMITS: Final = (
    "記憶媒体の未割当領域・予備領域（ファイルとして読めない部分）",
    "スワップ領域・メモリ・コアダンプ",
    "暗号化されたファイルの中身（鍵の破棄による）",
    "データベースのページ境界で分断された断片及び製品独自の圧縮",
)
"""What reading files can never see; every report names it, and so does every certificate."""


@dataclass(frozen=True, slots=True)
class ResidueReport:
    """What was sought and read, what was found where, and what was not examined. Holds no marker.

    `places` gives the hits of every examined place, those with none included; `bytes_scanned` counts bytes on disk.
    """

    places: Mapping[str, int]
    markers: int
    files: int
    bytes_scanned: int
    not_examined: tuple[str, ...]
    hit_files: tuple[str, ...] = ()

    @property
    def hits(self) -> int:
        """Occurrences found in all places."""
        return sum(self.places.values())


def probe(places: Mapping[str, Path], sought: Needles, not_examined: Iterable[str] = ()) -> ResidueReport:
    """Read every file at or below the named places and count the markers, in names and contents.

    `not_examined` adds what the caller knows to lie outside the places. Symbolic links are not followed and files
    that cannot be read are not passed over in silence: both are counted under what was not examined.

    Raises:
        NotFound: a place does not exist; a probe of nothing would prove nothing.

    """
    reading = _Reading(sought)
    for name, path in places.items():
        if not path.exists():
            raise NotFound(f"The place to probe, {name}, does not exist; name the store's file or folder.")
        reading.place(name, path)
    skipped = tuple(f"{what}（{count}件）" for what, count in sorted(reading.skipped.items()))
    return ResidueReport(
        places=dict(reading.hits),
        markers=sought.count,
        files=reading.files,
        bytes_scanned=reading.bytes_scanned,
        not_examined=(*INHERENT_LIMITS, *not_examined, *skipped),
        hit_files=tuple(reading.hit_files),
    )


def count_in(content: bytes, sought: Needles) -> int:
    """Occurrences of markers in bytes held in memory (a row, a response, a log line)."""
    search = sought.search()
    search.feed(content)
    return search.finish()


@dataclass(slots=True)
class _Reading:
    """The tally of one probe."""

    sought: Needles
    hits: dict[str, int] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    hit_files: list[str] = field(default_factory=list)
    files: int = 0
    bytes_scanned: int = 0

    def place(self, name: str, root: Path) -> None:
        """Read all files of one place."""
        self.hits[name] = 0
        for path in self._files_below(name, root):
            inside = str(path.relative_to(root)) if path != root else path.name
            in_name = count_in(inside.encode("utf-8", "surrogateescape"), self.sought)
            before = self.hits[name]
            self.hits[name] += in_name
            self._file(name, path)
            if self.hits[name] > before:
                self.hit_files.append(f"{name}: {'（名前に印を含むファイル）' if in_name else inside}")

    def _files_below(self, name: str, root: Path) -> Iterator[Path]:
        """Regular files at or below a place; everything else is counted as not examined."""
        for path in _paths_below(root, lambda _: self._skip(name, "読めないフォルダ")):
            what = None if path == root else _unexaminable(path)
            if what is None:
                yield path
            else:
                self._skip(name, what)

    def _skip(self, name: str, what: str) -> None:
        self.skipped[f"{name}: {what}"] += 1

    def _file(self, name: str, path: Path) -> None:
        try:
            with path.open("rb") as opened:
                self.files += 1
                self._contents(name, opened)
        except OSError:
            self._skip(name, "読めないファイル")

    def _contents(self, name: str, opened: IO[bytes]) -> None:
        """Count in the bytes as they lie on disk, and in whatever a known wrapping hides."""
        for content in contents(opened, lambda what: self._skip(name, what)):
            if content.name:
                self.hits[name] += count_in(content.name.encode("utf-8", "surrogateescape"), self.sought)
            read = self._content(name, content)
            if not content.depth:
                self.bytes_scanned += read
            if content.begins.startswith(b"%PDF-"):
                self._pdf(name, content)

    def _content(self, name: str, content: Content) -> int:
        """Count in one content and give its length; what was found before it breaks off counts too."""
        search, length = self.sought.search(), 0
        try:
            for piece in content.pieces():
                search.feed(piece)
                length += len(piece)
        finally:
            self.hits[name] += search.finish()
        return length

    def _pdf(self, name: str, content: Content) -> None:
        held = content.whole(LARGEST_PDF)
        if held is None:
            self._skip(name, "大きすぎるPDFの本文")
            return
        for text in pdf_texts(held):
            self.hits[name] += count_in(text, self.sought)


def _paths_below(root: Path, unreadable: Callable[[OSError], None]) -> Iterator[Path]:
    """The place itself when it is a file, else everything in it but the folders, in order."""
    if not root.is_dir():
        yield root
        return
    for folder, folders, files in os.walk(root, onerror=unreadable):
        folders.sort()
        links = [inner for inner in folders if Path(folder, inner).is_symlink()]
        yield from (Path(folder, entry) for entry in sorted(files + links))


def _unexaminable(path: Path) -> str | None:
    """What keeps a path from being read as a file; None for a regular file."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return "読む前に消えたファイル"
    if stat.S_ISLNK(mode):
        return "シンボリックリンク"
    return None if stat.S_ISREG(mode) else "特殊ファイル"
