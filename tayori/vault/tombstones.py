"""Tombstones: that somebody left is remembered for three days at most, under keys that die with it (L14).

A mark is an HMAC of a person's look-up value under the key of half a day. It tells a late or repeated event from a
new one; once its key is destroyed nobody, holding the index key and the LINE id, can tell whose it was. What comes
later than the memory is certain is believed only when LINE shows a profile.
"""

import hmac
import os
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from tayori.vault.keyfile import damaged, read_secret
from tayori.warehouse import tombstones

EPOCH: Final = timedelta(hours=12)
LIVES: Final = timedelta(hours=71)
"""From the begin of its epoch; the watch destroys every ten minutes, so that no mark lives for more than 72 h."""
CERTAIN: Final = timedelta(hours=48)
"""How old an event may be to be judged by marks alone. Every leaving is remembered for 59 h or more; the hours between
are for clocks that differ."""
KEY_BYTES: Final = 32
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class TombstoneKeys:
    """The keys of tombstones, one file for each half of a day (`tombstone-EPOCH.key`)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def current(self, now: datetime) -> tuple[int, bytes, datetime]:
        """Give the epoch of a moment, its key, made at its first use, and the moment at which it ends."""
        epoch = self.epoch_of(now)
        path = self._path(epoch)
        if not path.exists():
            self._make(path)
        return epoch, self._read(path), self._end_of(epoch)

    def living(self, now: datetime) -> dict[int, bytes]:
        """Give the keys that have not ended."""
        return {epoch: self._read(path) for epoch, path in self._files().items() if self._end_of(epoch) > now}

    def destroy_ended(self, now: datetime) -> int:
        """Destroy the keys that have ended; give how many."""
        ended = [path for epoch, path in self._files().items() if self._end_of(epoch) <= now]
        for path in ended:
            path.unlink(missing_ok=True)
        return len(ended)

    def from_before(self, moment: datetime) -> list[int]:
        """Give the epochs whose keys are still here and may have marked a leaving up to a moment."""
        return sorted(epoch for epoch in self._files() if epoch <= self.epoch_of(moment))

    @staticmethod
    def epoch_of(moment: datetime) -> int:
        """Give the epoch of a moment."""
        return (moment - _BEGINNING) // EPOCH

    @staticmethod
    def _end_of(epoch: int) -> datetime:
        return _BEGINNING + epoch * EPOCH + LIVES

    def _files(self) -> dict[int, Path]:
        return {int(path.stem.rsplit("-", 1)[1]): path for path in sorted(self._folder.glob("tombstone-*.key"))}

    def _path(self, epoch: int) -> Path:
        return self._folder / f"tombstone-{epoch}.key"

    def _make(self, path: Path) -> None:
        """Make a key whole and once: of two programs that do so at the same moment both end with the first one's."""
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, secrets.token_hex(KEY_BYTES).encode())
            os.fsync(handle)
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            os.close(handle)
            fresh.unlink()

    @staticmethod
    def _read(path: Path) -> bytes:
        try:
            key = bytes.fromhex(read_secret(path).decode("ascii"))
        except ValueError:
            raise damaged(path) from None
        if len(key) != KEY_BYTES:
            raise damaged(path)
        return key


def bury(connection: Connection, keys: TombstoneKeys, left: Mapping[bytes, int], now: datetime) -> None:
    """Remember when (ms) people left, by their look-up values, so that no older event brings them back."""
    if left:
        epoch, key, ends_at = keys.current(now)
        tombstones.put(connection, epoch, ((_mark(key, index), at_ms) for index, at_ms in left.items()), ends_at)


def leavings(connection: Connection, keys: TombstoneKeys, indexes: Sequence[bytes], now: datetime) -> dict[bytes, int]:
    """Give when (ms) those left who are still remembered."""
    held = tombstones.epochs(connection)
    marks = {_mark(key, index): index for epoch, key in keys.living(now).items() if epoch in held for index in indexes}
    found: dict[bytes, int] = {}
    for mark, at_ms in tombstones.find(connection, list(marks)).items():
        found[marks[mark]] = max(at_ms, found.get(marks[mark], at_ms))
    return found


def certain_since_ms(connection: Connection, keys: TombstoneKeys, now: datetime) -> int:
    """Give the event time (ms) from which on marks tell for certain whether somebody left afterwards.

    Where the key of marks that have not ended is lost, nothing is certain: a moment in the future.
    """
    lost = tombstones.unended(connection, now) - keys.living(now).keys()
    since = now + EPOCH if lost else now - CERTAIN
    return int(since.timestamp() * 1000)


def _mark(key: bytes, index: bytes) -> bytes:
    return hmac.digest(key, b"tayori|tombstone|" + index, "sha256")[:16]
