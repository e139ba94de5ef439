"""One key per person and per case, wrapped under the key of an epoch; destroying it is what erases."""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Engine

from tayori.errors import Tampered, Unavailable
from tayori.vault.envelope import KEY_BYTES, NONCE
from tayori.vault.keyfile import KeyFile, Space
from tayori.warehouse import wrapped_keys
from tayori.warehouse.engines import is_sqlite, reading, writing
from tayori.warehouse.wrapped_keys import WrappedRow

BLOCK = 20_000
PATIENCE = 100
PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did: which epoch ended, which began, how many keys went over."""

    space: Space
    ended: int
    began: int
    survivors: int


class Keyring:
    """The keys of one space. Connections are the vault's; the caller holds the transaction."""

    def __init__(self, space: Space, keys: KeyFile) -> None:
        self.space = space
        self._keys = keys

    def create(self, connection: Connection, numbers: Sequence[int]) -> list[bytes]:
        """Make a key for each number, store it wrapped under the current epoch, and give the keys in that order.

        A number is new to the warehouse, so a key that is there already was left by a crash between the two stores'
        commits; it never sealed anything that exists, and is replaced.
        """
        epoch = wrapped_keys.current_epoch(connection, self.space)
        wrap = AESGCM(self._keys.key(self.space, epoch))
        fresh = [os.urandom(KEY_BYTES) for _ in numbers]
        rows = ((no, epoch, self._wrapped(wrap, no, epoch, key)) for no, key in zip(numbers, fresh, strict=True))
        wrapped_keys.delete_keys(connection, self.space, numbers)
        wrapped_keys.add_keys(connection, self.space, rows)
        return fresh

    def ensure(self, connection: Connection, number: int) -> None:
        """Make a key for a number unless it has one; of several programs that do so at once, all end with one key."""
        epoch = wrapped_keys.current_epoch(connection, self.space)
        wrap = AESGCM(self._keys.key(self.space, epoch))
        row = (number, epoch, self._wrapped(wrap, number, epoch, os.urandom(KEY_BYTES)))
        wrapped_keys.add_keys(connection, self.space, [row], ignore=True)

    def open(self, connection: Connection, numbers: Sequence[int]) -> dict[int, bytes]:
        """Give the keys of those numbers that have one; an erased number is simply absent."""
        return dict(self.unwrapped(wrapped_keys.find_keys(connection, self.space, numbers)))

    def open_between(self, connection: Connection, first: int, last: int) -> dict[int, bytes]:
        """Give the keys of a whole range of numbers, both ends included."""
        return dict(self.unwrapped(wrapped_keys.keys_between(connection, self.space, first, last)))

    def destroy(self, connection: Connection, numbers: Sequence[int]) -> int:
        """Delete the wrapped keys. They end for good when the epoch that wraps them is destroyed (rotation)."""
        return wrapped_keys.delete_keys(connection, self.space, numbers)

    def unwrapped(self, rows: Iterable[WrappedRow]) -> Iterator[tuple[int, bytes]]:
        """Unwrap stored rows: number and key.

        Raises:
            Tampered: a row does not belong to its number and epoch.

        """
        openers: dict[int, AESGCM] = {}
        for number, epoch, wrapped in rows:
            opener = openers.get(epoch)
            if opener is None:
                opener = openers[epoch] = AESGCM(self._keys.key(self.space, epoch))
            try:
                yield number, opener.decrypt(wrapped[:NONCE], wrapped[NONCE:], self._place(number, epoch))
            except InvalidTag:
                raise Tampered("A wrapped key does not match its number and epoch; the vault was changed.") from None

    def rotate(self, vault: Engine, now: datetime) -> Rotation:
        """Carry the survivors over to a new epoch and destroy the old one's key; may be run again after any crash.

        Survivors are re-wrapped into a second table while others work; one transaction then takes over those that came
        or went meanwhile and switches. Only after that is the old epoch's key destroyed.
        """
        self._finish_retired(vault, now)
        ended, began = self._prepare(vault, now)
        self._rewrap(vault, began)
        survivors = self._switch(vault, ended, began)
        self._finish_retired(vault, now)
        return Rotation(self.space, ended, began, survivors)

    def _prepare(self, vault: Engine, now: datetime) -> tuple[int, int]:
        with writing(vault) as connection:
            ended = wrapped_keys.current_epoch(connection, self.space)
            began = wrapped_keys.epoch_in_state(connection, self.space, "preparing")
            if began is None:
                began = ended + 1
                wrapped_keys.add_epoch(connection, self.space, began, "preparing", now)
            self._keys.make(self.space, began)
            wrapped_keys.clear_next(connection, self.space)
        return ended, began

    def _rewrap(self, vault: Engine, began: int) -> None:
        wrap = AESGCM(self._keys.key(self.space, began))
        with reading(vault) as source:
            for block in wrapped_keys.blocks_of_keys(source, self.space, BLOCK):
                with writing(vault) as target:
                    wrapped_keys.add_next(target, self.space, self._over(wrap, began, block))

    def _switch(self, vault: Engine, ended: int, began: int) -> int:
        """Switch as soon as the tables are free: who waits for them in the queue would hold up all who read keys."""
        for _ in range(PATIENCE):
            try:
                return self._switch_now(vault, ended, began)
            except Unavailable:
                if is_sqlite(vault):  # which has waited long enough by itself
                    raise
                time.sleep(PAUSE_SECONDS)
        return self._switch_now(vault, ended, began)

    def _switch_now(self, vault: Engine, ended: int, began: int) -> int:
        wrap = AESGCM(self._keys.key(self.space, began))
        with writing(vault) as connection:
            wrapped_keys.require_free(connection, self.space)
            wrapped_keys.set_epoch_state(connection, self.space, ended, "retired")
            late = wrapped_keys.missing_in_next(connection, self.space)
            wrapped_keys.add_next(connection, self.space, self._over(wrap, began, late))
            wrapped_keys.drop_erased_from_next(connection, self.space)
            wrapped_keys.switch_tables(connection, self.space)
            wrapped_keys.set_epoch_state(connection, self.space, began, "current")
            return wrapped_keys.count_keys(connection, self.space)

    def _finish_retired(self, vault: Engine, now: datetime) -> None:
        with reading(vault) as connection:
            retired = wrapped_keys.epoch_in_state(connection, self.space, "retired")
        if retired is not None:
            self._keys.destroy(self.space, retired)
            with writing(vault) as connection:
                wrapped_keys.set_epoch_state(connection, self.space, retired, "destroyed", now)

    def _over(self, wrap: AESGCM, epoch: int, rows: Iterable[WrappedRow]) -> Iterator[WrappedRow]:
        for number, key in self.unwrapped(rows):
            yield number, epoch, self._wrapped(wrap, number, epoch, key)

    def _wrapped(self, wrap: AESGCM, number: int, epoch: int, key: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + wrap.encrypt(nonce, key, self._place(number, epoch))

    def _place(self, number: int, epoch: int) -> bytes:
        return f"{self.space}_key|{number}|{epoch}".encode()
