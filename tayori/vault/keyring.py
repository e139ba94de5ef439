"""One key per person and per case, wrapped under the key of an epoch; destroying it is what erases."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Engine

from tayori.errors import NotFound, Tampered, Unavailable
from tayori.vault.envelope import KEY_BYTES, NONCE
from tayori.vault.keyfile import Space
from tayori.vault.providers import KeyProvider, check_of
from tayori.warehouse import hygiene, wrapped_keys
from tayori.warehouse.engines import Contended, is_sqlite, reading, writing
from tayori.warehouse.hygiene import Pause
from tayori.warehouse.wrapped_keys import Epoch, WrappedRow

BLOCK: Final = 20_000
EMPTIED: Final = 50_000  # rows that are overwritten in the time in which a block is written
PATIENCE: Final = 30
PAUSE_SECONDS: Final = 1.0
BREATH_SECONDS: Final = 0.01  # between two steps, so that others come in
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did: which epoch ended, which began, how many keys went over."""

    space: Space
    ended: int
    began: int
    survivors: int


class Keyring:
    """The keys of one space. Connections are the vault's; the caller holds the transaction."""

    def __init__(self, space: Space, keys: KeyProvider) -> None:
        self.space = space
        self._keys = keys

    def create(self, connection: Connection, numbers: Sequence[int]) -> list[bytes]:
        """Make a key for each number, store it wrapped under the current epoch, and give the keys in that order.

        A number is new to the warehouse, so a key that is there already was left by a crash between the two stores'
        commits; it never sealed anything that exists, and is replaced.
        """
        standing = wrapped_keys.enter(connection, self.space)
        fresh = [os.urandom(KEY_BYTES) for _ in numbers]
        wrapped_keys.delete_keys(connection, self.space, numbers)
        pairs = list(zip(numbers, fresh, strict=True))
        wrapped_keys.add_keys(connection, self.space, self.wrapped(standing.current, pairs))
        if standing.following is not None:
            wrapped_keys.add_next(connection, self.space, self.wrapped(standing.following, pairs))
        return fresh

    def ensure(self, connection: Connection, number: int) -> None:
        """Make a key for a number unless it has one; of several programs that do so at once, all end with one key."""
        standing = wrapped_keys.enter(connection, self.space)
        if wrapped_keys.find_keys(connection, self.space, [number]):
            return
        pair = [(number, os.urandom(KEY_BYTES))]
        wrapped_keys.add_keys(connection, self.space, self.wrapped(standing.current, pair), ignore=True)
        if standing.following is not None:  # who came second waited at the first table, and leaves the second as it is
            wrapped_keys.add_next(connection, self.space, self.wrapped(standing.following, pair), ignore=True)

    def open(self, connection: Connection, numbers: Sequence[int]) -> dict[int, bytes]:
        """Give the keys of those numbers that have one; an erased number is simply absent."""
        return self._opened(connection, wrapped_keys.find_keys(connection, self.space, numbers))

    def open_between(self, connection: Connection, first: int, last: int) -> dict[int, bytes]:
        """Give the keys of a whole range of numbers, both ends included."""
        return self._opened(connection, wrapped_keys.keys_between(connection, self.space, first, last))

    def destroy(self, connection: Connection, numbers: Sequence[int]) -> int:
        """Delete the wrapped keys. They end for good when the epoch that wraps them is destroyed (rotation)."""
        wrapped_keys.enter(connection, self.space)
        return wrapped_keys.delete_keys(connection, self.space, numbers)

    def _opened(self, connection: Connection, rows: Sequence[WrappedRow]) -> dict[int, bytes]:
        try:
            return dict(self.unwrapped(rows))
        except Tampered:
            for epoch in {row[1] for row in rows}:
                self._checked(wrapped_keys.find_epoch(connection, self.space, epoch))
            raise

    def unwrapped(self, rows: Iterable[WrappedRow]) -> Iterator[tuple[int, bytes]]:
        """Unwrap stored rows: number and key.

        Raises:
            Tampered: a row does not belong to its number and epoch.

        """
        openers: dict[int, AESGCM] = {}
        start = f"{self.space}_key|"
        for number, epoch, wrapped in rows:
            opener = openers.get(epoch)
            if opener is None:
                opener = openers[epoch] = AESGCM(self._keys.key(self.space, epoch))
            try:
                place = f"{start}{number}|{epoch}".encode()
                yield number, opener.decrypt(wrapped[:NONCE], wrapped[NONCE:], place)
            except InvalidTag:
                raise Tampered("A wrapped key does not match its number and epoch; the vault was changed.") from None

    def wrapped(self, epoch: Epoch, pairs: Sequence[tuple[int, bytes]]) -> list[WrappedRow]:
        """Wrap keys under the key of an epoch, after a look that it is the right one.

        Raises:
            Unavailable: the key that is kept for the epoch is another one than the vault's rows were wrapped under.

        """
        wrap, number_of = AESGCM(self._checked(epoch)), epoch.epoch
        start, end = f"{self.space}_key|", f"|{number_of}"
        nonces = os.urandom(NONCE * len(pairs))
        rows: list[WrappedRow] = []
        for at, (number, key) in enumerate(pairs):
            nonce = nonces[at * NONCE : (at + 1) * NONCE]
            rows.append((number, number_of, nonce + wrap.encrypt(nonce, key, f"{start}{number}{end}".encode())))
        return rows

    def _checked(self, epoch: Epoch | None) -> bytes:
        if epoch is None:
            raise NotFound(f"The vault knows no such epoch of {self.space} keys.")
        key = self._keys.key(self.space, epoch.epoch)
        if epoch.check is not None and check_of(self.space, epoch.epoch, key) != epoch.check:
            raise Unavailable(
                f"The key of {self.space} epoch {epoch.epoch} is not the one of this vault: key and vault are of two "
                "installations, or of two times. Restore the key that belongs to this vault. Nothing was done."
            )
        return key

    def rotate(self, vault: Engine, now: datetime, pause: Pause = time.sleep) -> Rotation:
        """Carry the survivors over to a new epoch and destroy the old one's key; may be run again after any crash.

        While others work, survivors are wrapped anew into the second table, block by block; who adds or destroys a key
        meanwhile does so in both. One short transaction makes sure that both hold the same keys, and lets the tables
        change names. Only after that, and once nobody reads the old table any more, the old epoch's key is destroyed.

        Raises:
            Contended: other programs held the vault for too long. The old epoch or the new one is whole; run it again.
            Unavailable: another rotation of this space ended in the middle of this one.

        """
        while (begun := self._begun(vault, now, pause)) is None:
            pass  # another rotation switched in between: what it retired is ended first
        ended, began = begun
        self._carry_over(vault, began)
        survivors = self._switch(vault, ended, began, pause)
        self._end_retired(vault, now, pause)
        return Rotation(self.space, ended, began, survivors)

    def _begun(self, vault: Engine, now: datetime, pause: Pause) -> tuple[int, int] | None:
        """Begin the next epoch, or go on with the one that is begun: what its second table holds stays there.

        Were it emptied now, a rotation that goes on beside this one could not tell where others wrote meanwhile.
        """

        def begin(connection: Connection) -> tuple[int, int] | None:
            standing = wrapped_keys.standing(connection, self.space)
            self._checked(standing.current)
            if standing.following is not None:
                return standing.current.epoch, standing.following.epoch
            if wrapped_keys.epoch_in_state(connection, self.space, "retired") is not None:
                return None
            began = standing.current.epoch + 1
            self.begin_epoch(connection, began, "preparing", now)
            return standing.current.epoch, began

        self._end_retired(vault, now, pause)
        self._empty_next(vault, pause, "preparing", None)
        return self._alone(vault, begin, pause)

    def begin_epoch(self, connection: Connection, epoch: int, state: str, now: datetime) -> None:
        """Make the key of an epoch and write the epoch down."""
        self._keys.make(self.space, epoch)
        check = check_of(self.space, epoch, self._keys.key(self.space, epoch))
        medium = self._keys.medium
        wrapped_keys.add_epoch(connection, self.space, epoch, state, now, check=check, medium=medium)

    def _carry_over(self, vault: Engine, began: int) -> None:
        after = wrapped_keys.FIRST_NUMBER
        while True:
            with reading(vault) as connection:
                block = wrapped_keys.next_keys(connection, self.space, after, BLOCK)
                following = wrapped_keys.find_epoch(connection, self.space, began)
            if not block or following is None:
                return
            anew = self.wrapped(following, list(self.unwrapped(block)))  # nobody waits while this is computed
            self._alone(vault, partial(self._put, began=began, block=block, anew=anew))
            after = block[-1][0]

    def _put(self, connection: Connection, began: int, block: Sequence[WrappedRow], anew: Sequence[WrappedRow]) -> None:
        self._require_preparing(connection, began)
        wrapped_keys.carry_over(connection, self.space, block, anew)

    def _require_preparing(self, connection: Connection, began: int) -> None:
        if wrapped_keys.epoch_in_state(connection, self.space, "preparing") != began:
            raise Unavailable(f"Another rotation of {self.space} keys went on at once; nothing was lost. Run it again.")

    def _switch(self, vault: Engine, ended: int, began: int, pause: Pause) -> int:
        def switch(connection: Connection) -> int:
            self._require_preparing(connection, began)
            survivors = self._completed(connection, began)
            wrapped_keys.set_epoch_state(connection, self.space, ended, "retired")
            wrapped_keys.set_epoch_state(connection, self.space, began, "current")
            wrapped_keys.switch_tables(connection, self.space)
            return survivors

        return self._alone(vault, switch, pause)

    def _completed(self, connection: Connection, began: int) -> int:
        """Give how many keys there are, once the second table holds every one of them; it never holds another.

        They differ only where a program of before emptied what this one had filled: a worker that was not started anew.
        """
        survivors = wrapped_keys.count_keys(connection, self.space)
        if wrapped_keys.count_next(connection, self.space) != survivors:
            following = wrapped_keys.find_epoch(connection, self.space, began)
            while following and (late := wrapped_keys.missing_in_next(connection, self.space, BLOCK)):
                wrapped_keys.add_next(connection, self.space, self.wrapped(following, list(self.unwrapped(late))))
        if wrapped_keys.count_next(connection, self.space) != survivors:
            raise Tampered(f"The second table of {self.space} keys holds strangers; nothing was switched.")
        return survivors

    def _end_retired(self, vault: Engine, now: datetime, pause: Pause) -> None:
        with reading(vault) as connection:
            retired = wrapped_keys.epoch_in_state(connection, self.space, "retired")
        if retired is None:
            return
        hygiene.await_readers(vault, "vault", pause)
        self._keys.destroy(self.space, retired)
        self._empty_next(vault, pause, "retired", retired)
        with writing(vault) as connection:
            wrapped_keys.set_epoch_state(connection, self.space, retired, "destroyed", now)

    def _empty_next(self, vault: Engine, pause: Pause, state: str, epoch: int | None) -> None:
        """Empty the second table as long as `epoch` is the one in a state: another rotation may have filled it anew."""

        def empty(connection: Connection) -> bool:
            still = wrapped_keys.epoch_in_state(connection, self.space, state) == epoch
            return still and wrapped_keys.empty_next(connection, self.space, EMPTIED)

        while self._alone(vault, empty, pause):
            pause(BREATH_SECONDS)

    def _alone(self, vault: Engine, step: Callable[[Connection], T], pause: Pause = time.sleep) -> T:
        """Do a short step while nobody else stands in the space; try again while others hold it."""
        for attempt in range(PATIENCE):
            try:
                with writing(vault) as connection:
                    wrapped_keys.enter_alone(connection, self.space)
                    return step(connection)
            except Contended:
                if is_sqlite(vault) or attempt == PATIENCE - 1:  # SQLite has waited long enough by itself
                    raise
                pause(PAUSE_SECONDS)
        raise AssertionError
