"""What lies packed in a file: gzip, bzip2, xz, zip and tar, one in another, opened within limits.

A search that does not open them is deceived by a renamed archive; one without limits is stopped by a small file that
unpacks to terabytes. What the limits leave out is told, never passed over.
"""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final, cast

CHUNK: Final = 8 * 1024 * 1024
BEGINNING: Final = 512
IN_MEMORY: Final = 32 * 1024 * 1024
TAR_MARK: Final = slice(257, 262)
CLOSED: Final = (b"7z\xbc\xaf\x27\x1c", b"\x28\xb5\x2f\xfd", b"Rar!\x1a\x07")
"""Beginnings of 7z, Zstandard and RAR, which nothing here opens."""

BROKEN: Final = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)
UNREADABLE: Final = "展開できない圧縮ファイル"
FOREIGN: Final = "開けない形式の書庫"
TOO_MUCH: Final = "展開の限度を超える書庫"

Told = Callable[[str], None]
Packing = Callable[[IO[bytes]], Iterator[tuple[str, IO[bytes]]]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How far one file is opened: archives in archives, contents in all, bytes in all."""

    depth: int = 5
    contents: int = 100_000
    unpacked: int = 16 * 1024**3


LIMITS: Final = Limits()


@dataclass(slots=True)
class _Opening:
    """One file being opened: what is left of its limits, and who is told what was left out."""

    limits: Limits
    told: Told
    contents: int = 0
    unpacked: int = 0


@dataclass(slots=True)
class Content:
    """The file itself (depth 0) or something packed in it: its name there, and its first bytes."""

    name: str
    depth: int
    begins: bytes
    _stream: IO[bytes]
    _opening: _Opening
    whole_read: bool = True

    def pieces(self) -> Iterator[bytes]:
        """Give the content in pieces of some megabytes; where it breaks off or is too much, that is told.

        Raises:
            OSError: the file itself cannot be read.

        """
        self._stream.seek(0)
        while piece := self._piece():
            yield piece

    def _piece(self) -> bytes:
        held, trouble = _read(self._stream, CHUNK)
        if trouble is not None:
            if not self.depth:
                raise trouble
            self._left(UNREADABLE)
        return held if self._allowed(len(held)) else b""

    def _allowed(self, size: int) -> bool:
        if self.depth:
            self._opening.unpacked += size
        if self._opening.unpacked <= self._opening.limits.unpacked:
            return True
        self._left(TOO_MUCH)
        return False

    def _left(self, what: str) -> None:
        if self.whole_read:
            self._opening.told(what)
        self.whole_read = False

    def whole(self, largest: int) -> bytes | None:
        """Give the whole content; None where it is larger than that."""
        held = b""
        for piece in self.pieces():
            held += piece
            if len(held) > largest:
                return None
        return held


def contents(opened: IO[bytes], told: Told, limits: Limits = LIMITS) -> Iterator[Content]:
    """Give a file's own content, then everything that is packed in it, however deep; each is read before the next.

    `told` hears what was left out, once for each content that was.

    Raises:
        OSError: the file itself cannot be read.

    """
    yield from _opened("", 0, opened, _Opening(limits, told))


def _opened(name: str, depth: int, stream: IO[bytes], opening: _Opening) -> Iterator[Content]:
    stream.seek(0)
    begins, trouble = _read(stream, BEGINNING)
    if trouble is not None and not depth:
        raise trouble
    content = Content(name, depth, begins, stream, opening)
    yield content
    packing = next((packing for fits, packing in PACKINGS if fits(begins)), None)
    if packing is None:
        if begins.startswith(CLOSED):
            opening.told(FOREIGN)
        return
    if depth == opening.limits.depth:
        opening.told(TOO_MUCH)
        return
    if not content.whole_read:
        return
    stream.seek(0)
    yield from _members(packing(stream), depth, opening)


def _read(stream: IO[bytes], size: int) -> tuple[bytes, Exception | None]:
    """Read so many bytes, or to the end; where a stream breaks off, what came before, and why it broke."""
    held = bytearray()
    try:
        while len(held) < size and (more := cast("Any", stream).read1(size - len(held))):
            held += more
    except BROKEN as trouble:
        return bytes(held), trouble
    return bytes(held), None


def _members(members: Iterator[tuple[str, IO[bytes]]], depth: int, opening: _Opening) -> Iterator[Content]:
    while True:
        try:
            name, stream = next(members)
            within = _opened(name, depth + 1, stream, opening)
            first = next(within)
        except StopIteration:
            return
        except BROKEN:
            opening.told(UNREADABLE)
            return
        opening.contents += 1
        if opening.contents > opening.limits.contents or opening.unpacked > opening.limits.unpacked:
            opening.told(TOO_MUCH)
            return
        yield first
        yield from within


def _alone(opener: Callable[[IO[bytes]], Any]) -> Packing:
    """Give the way into what is compressed by itself, without names."""

    def packing(stream: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
        yield "", opener(stream)

    return packing


def _zip(stream: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            with archive.open(member) as inner:
                yield member.filename, _at_hand(inner)


def _tar(stream: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(fileobj=stream, mode="r:") as archive:
        for member in archive:
            inner = archive.extractfile(member) if member.isfile() else None
            if inner is not None:
                yield member.name, _at_hand(inner)


def _at_hand(inner: IO[bytes]) -> IO[bytes]:
    """Hold what is small in memory: going back in a compressed archive means to unpack it from its beginning."""
    held = inner.read(IN_MEMORY + 1)
    if len(held) <= IN_MEMORY:
        return io.BytesIO(held)
    inner.seek(0)
    return inner


PACKINGS: Final[Sequence[tuple[Callable[[bytes], bool], Packing]]] = (
    (lambda begins: begins.startswith(b"\x1f\x8b"), _alone(lambda stream: gzip.GzipFile(fileobj=stream, mode="rb"))),
    (lambda begins: begins[:3] == b"BZh" and begins[4:10] == b"1AY&SY", _alone(bz2.BZ2File)),
    (lambda begins: begins.startswith(b"\xfd7zXZ\x00"), _alone(lzma.LZMAFile)),
    (lambda begins: begins.startswith((b"PK\x03\x04", b"PK\x05\x06")), _zip),
    (lambda begins: begins[TAR_MARK] == b"ustar", _tar),
)
"""What is opened: how it is told, and how. Whoever adds a format adds its row."""
