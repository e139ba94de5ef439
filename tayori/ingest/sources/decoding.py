"""What bytes a file holds: its digest and its encoding, told strictly and by the whole file, never by a sample."""

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from tayori.errors import BadInput, NotFound, Unavailable

_BLOCK: Final = 1 << 20
_DAMAGED_AFTER: Final = 8  # so many UTF-8 characters beyond ASCII do not occur by chance in a CP932 text
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file whose every byte decodes. `digest` is the SHA-256 of its bytes."""

    path: Path
    encoding: str
    digest: str


def file_digest(path: Path) -> str:
    """Give the SHA-256 of a file's bytes.

    Raises:
        NotFound: there is no such file.
        Unavailable: it cannot be read.
        BadInput: it is empty.

    """
    digest = hashlib.sha256()
    empty = True
    for block in _blocks(path):
        digest.update(block)
        empty = False
    if empty:
        raise BadInput(f"{path.name} is empty: 0 bytes. Ask its sender for it again.")
    return digest.hexdigest()


def text_file(path: Path, encoding: str | None = None) -> TextFile:
    """Tell a text's encoding: UTF-8 (with or without mark), else CP932; or check the one that is given.

    A text that decodes as UTF-8 for a while and then breaks is a damaged UTF-8 file and is not tried as CP932,
    which would accept nearly anything.

    Raises:
        NotFound, Unavailable: the file is absent or cannot be read.
        BadInput: it is empty, holds NUL bytes, is UTF-16, or does not decode; the sentence names the byte,
            never its content.

    """
    digest = file_digest(path)
    _refuse_nul(path)
    fault = _first_fault(path, "utf-8")
    if encoding == "cp932" or (encoding is None and fault and fault.characters < _DAMAGED_AFTER):
        other = _first_fault(path, "cp932")
        if other:
            raise _undecodable(path, "CP932" if encoding else "neither UTF-8 nor CP932", other, fault)
        return TextFile(path, "cp932", digest)
    if fault:
        raise _undecodable(path, "UTF-8", fault, None)
    return TextFile(path, "utf-8-sig", digest)


@dataclass(frozen=True, slots=True)
class _Fault:
    """Where decoding breaks off, and how many characters beyond ASCII came before."""

    position: int
    characters: int


def _undecodable(path: Path, wanted: str, fault: _Fault, other: _Fault | None) -> BadInput:
    also = f" (as UTF-8 at byte {other.position})" if other else ""
    word = wanted if wanted.startswith("neither") else f"not {wanted}"
    return BadInput(
        f"{path.name} is {word}: it breaks at byte {fault.position}{also}. "
        "Save it again as UTF-8; nothing was taken in."
    )


def _first_fault(path: Path, encoding: str) -> _Fault | None:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    passed = characters = 0
    for block in _endless(path):
        pending = len(decoder.getstate()[0])
        try:
            decoded = decoder.decode(block, final=not block)
        except UnicodeDecodeError as fault:
            before = fault.object[: fault.start].decode(encoding, "ignore")
            return _Fault(passed - pending + fault.start, characters + _beyond_ascii(before))
        passed += len(block)
        characters = characters if characters >= _DAMAGED_AFTER else characters + _beyond_ascii(decoded)
    return None


def _endless(path: Path) -> Iterator[bytes]:
    yield from _blocks(path)
    yield b""


def _beyond_ascii(decoded: str) -> int:
    return sum(1 for _ in islice(_BEYOND_ASCII.finditer(decoded), _DAMAGED_AFTER))


def _refuse_nul(path: Path) -> None:
    passed = 0
    for block in _blocks(path):
        if passed == 0 and block.startswith(_UTF16_MARKS):
            raise BadInput(f"{path.name} is UTF-16. Save it again as UTF-8; nothing was taken in.")
        if (found := block.find(0)) >= 0:
            raise BadInput(f"{path.name} holds a NUL byte at byte {passed + found}; it is no text, or it is damaged.")
        passed += len(block)


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block
    except FileNotFoundError:
        raise NotFound(f"There is no file {path.name}; check the path.") from None
    except IsADirectoryError:
        raise BadInput(f"{path.name} is a folder; name a file.") from None
    except OSError as fault:
        raise Unavailable(f"{path.name} cannot be read ({type(fault).__name__}); check its rights.") from None
