"""The key-encryption keys, by space and epoch, in one file that only its owner may read.

The file form can say no more than "file replaced, medium not examined" about a destroyed epoch.
"""

import contextlib
import fcntl
import glob
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from tayori.errors import NotFound, Refused, Unavailable
from tayori.vault.providers import KEY_BYTES, KeyName, Medium

Stamp = tuple[int, int, int]


class Space(StrEnum):
    """The key spaces: a key per person who follows, per case of a letter, per broadcast for its lists, per backup."""

    PERSON = "person"
    CASE = "case"
    LIST = "list"
    BACKUP = "backup"


@dataclass(slots=True)
class KeyFile:
    """Keys by space and epoch, in a file.

    Another program may change the file: at each use it is looked whether it did, and a key that is in it no more is not
    in this program's memory any longer either.
    """

    path: Path
    _keys: dict[str, bytes] = field(default_factory=dict, repr=False)
    _stamp: Stamp | None = None

    @property
    def medium(self) -> Medium:
        """A file: what it says of a destroyed key is that the file was replaced, and its medium not examined."""
        return Medium.FILE

    def stands(self) -> bool:
        """Whether the file is there."""
        return self.path.exists()

    def names(self) -> frozenset[KeyName]:
        """Give the space and epoch of every key that is kept."""
        self.refresh()
        return frozenset((space, int(epoch)) for space, _, epoch in (name.partition("/") for name in self._keys))

    def key(self, space: str, epoch: int) -> bytes:
        """Give the key of an epoch.

        Raises:
            NotFound: the epoch was destroyed or never existed.

        """
        self.refresh()
        found = self._keys.get(f"{space}/{epoch}")
        if found is None:
            raise NotFound(f"The key of {space} epoch {epoch} is not here: it was destroyed, or never made.")
        return found

    def make(self, space: str, epoch: int) -> None:
        """Make the key of an epoch, unless it is there already."""
        self.keep(space, epoch, secrets.token_bytes(KEY_BYTES))

    def keep(self, space: str, epoch: int, key: bytes) -> None:
        """Keep a key that was made elsewhere, unless the epoch has one already."""
        with alone_in(self.path.parent):
            keys = self._read() if self.path.exists() else {}
            keys.setdefault(f"{space}/{epoch}", key)
            self._write(keys)

    def destroy(self, space: str, epoch: int) -> None:
        """Take the key of an epoch out of the file and out of memory."""
        with alone_in(self.path.parent):
            keys = self._read()
            keys.pop(f"{space}/{epoch}", None)
            self._write(keys)

    def strays(self) -> list[str]:
        """Name nothing: a file holds its keys and no more."""
        return []

    def refresh(self) -> None:
        """Forget what is in the file no more."""
        stamp = stamp_of(self.path)
        if stamp is None or stamp != self._stamp:
            self._keys = self._read()
            self._stamp = stamp

    def _read(self) -> dict[str, bytes]:
        written = read_secret(self.path)
        try:
            return {name: bytes.fromhex(value) for name, value in json.loads(written).items()}
        except (ValueError, TypeError, AttributeError):
            raise damaged(self.path) from None

    def _write(self, keys: dict[str, bytes]) -> None:
        write_secret(self.path, json.dumps({name: value.hex() for name, value in sorted(keys.items())}).encode())
        self._keys, self._stamp = keys, stamp_of(self.path)


def stamp_of(path: Path) -> Stamp | None:
    """Give what changes when a file is replaced; None where it is not there or cannot be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let one program at a time read, change and write a file of a folder; others wait."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


RESTORE: Final = "restore it; `tayori init` makes one only where nothing needs the old one"


def read_secret(path: Path, *, missing: str = RESTORE) -> bytes:
    """Read a key file; `missing` is what to do where it is not there.

    Raises:
        Unavailable: it is not there.
        Refused: others than its owner may read it.

    """
    try:
        mode = path.stat().st_mode
        if mode & 0o077:
            raise Refused(f"The key file {path.name} may be read by others; set its rights to 0600, then run it again.")
        return path.read_bytes()
    except OSError:
        raise Unavailable(f"The key file {path.name} is missing or cannot be read; {missing}.") from None


def damaged(path: Path, copy: str = "its escrow") -> Unavailable:
    """Give the error that tells of a key file that is there but holds no key; of its content it says nothing."""
    return Unavailable(f"The key file {path.name} is damaged; restore it from {copy}. Nothing was done.")


def write_secret(path: Path, secret: bytes) -> None:
    """Write a key file whole, readable by its owner alone: it is either the old one or the new one, never half.

    No copy stays behind: what an earlier attempt left when it was killed holds keys that may have ended since.

    Raises:
        Unavailable: the disk did not take it; the file is the old one.

    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, secret)
    for left in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}"):
        left.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file in one go, with these rights, safely on the disk before it takes the old one's place.

    Raises:
        Unavailable: the disk did not take it; the file is the old one.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        _write_new(fresh, content, mode)
        fresh.replace(path)
    except OSError:
        sentence = f"The file {path.name} cannot be written; make room on the disk. It is as it was."
        raise Unavailable(sentence) from None
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _write_new(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        written = 0
        while written < len(content):  # a full disk takes a part of it and says so by the number alone
            written += os.write(handle, content[written:])
        os.fchmod(handle, mode)
        os.fsync(handle)
    finally:
        os.close(handle)
