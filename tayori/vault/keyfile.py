"""The key-encryption keys, by space and epoch, in one file that only its owner may read.

The file form can say no more than "file replaced, medium not examined" about a destroyed epoch.
"""

import glob
import json
import os
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from tayori.errors import NotFound, Refused, Unavailable


class Space(StrEnum):
    """The key spaces: a key per person who follows, per case of a letter, per broadcast for its lists, per backup."""

    PERSON = "person"
    CASE = "case"
    LIST = "list"
    BACKUP = "backup"


@dataclass(slots=True)
class KeyFile:
    """Keys by space and epoch. Another program may change the file: an unknown epoch is looked up anew."""

    path: Path
    _keys: dict[str, bytes] = field(default_factory=dict, repr=False)

    def key(self, space: Space, epoch: int) -> bytes:
        """Give the key of an epoch.

        Raises:
            NotFound: the epoch was destroyed or never existed.

        """
        name = f"{space}/{epoch}"
        if name not in self._keys:
            self._keys = self._read()
        if name not in self._keys:
            raise NotFound(f"The key of {space} epoch {epoch} is not here: it was destroyed, or never made.")
        return self._keys[name]

    def make(self, space: Space, epoch: int) -> None:
        """Make the key of an epoch, unless it is there already."""
        keys = self._read() if self.path.exists() else {}
        keys.setdefault(f"{space}/{epoch}", secrets.token_bytes(32))
        self._write(keys)

    def destroy(self, space: Space, epoch: int) -> None:
        """Take the key of an epoch out of the file and out of memory."""
        keys = self._read()
        keys.pop(f"{space}/{epoch}", None)
        self._write(keys)

    def take_in(self, keys: dict[str, bytes]) -> None:
        """Take in keys from an escrow, named SPACE/EPOCH; what was here before goes."""
        self._write(dict(keys))

    def _read(self) -> dict[str, bytes]:
        written = read_secret(self.path)
        try:
            return {name: bytes.fromhex(value) for name, value in json.loads(written).items()}
        except (ValueError, TypeError, AttributeError):
            raise damaged(self.path) from None

    def _write(self, keys: dict[str, bytes]) -> None:
        write_secret(self.path, json.dumps({name: value.hex() for name, value in sorted(keys.items())}).encode())
        self._keys = keys


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
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        _write_whole(fresh, secret)
        fresh.replace(path)
    except OSError:
        sentence = f"The key file {path.name} cannot be written; make room on the disk. It is as it was."
        raise Unavailable(sentence) from None
    finally:
        fresh.unlink(missing_ok=True)
    for left in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}"):
        left.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _write_whole(path: Path, secret: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        written = 0
        while written < len(secret):  # a full disk takes a part of it and says so by the number alone
            written += os.write(handle, secret[written:])
        os.fsync(handle)
    finally:
        os.close(handle)
