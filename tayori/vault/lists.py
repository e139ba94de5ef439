"""The lists of a broadcast, sealed under a key of its own that ends with them.

A list opens only at its own place and for the content that was approved: a list that was changed, moved to another
batch or put under another text does not open at all. Nothing that is left behind tells who was in it.
"""

import hashlib
from typing import Final

from sqlalchemy import Connection, Engine

from tayori.domain.identifiers import BroadcastId
from tayori.errors import Tampered
from tayori.vault.envelope import seal, unseal
from tayori.vault.keyring import Keyring
from tayori.warehouse.engines import reading, writing

CHANGED: Final = "A stored list of recipients is not the one that was frozen for this text; nothing more is sent."


class ListSeal:
    """Seals and opens the lists of one broadcast."""

    def __init__(self, key: bytes, broadcast_id: BroadcastId, content_hash: str) -> None:
        self._key = key
        self._place = f"batch|members|{broadcast_id}|{content_hash}"

    def seal(self, ordinal: int, packed: bytes) -> bytes:
        """Seal the packed list of a batch."""
        return seal(self._key, packed, f"{self._place}|{ordinal}".encode())

    def open(self, ordinal: int, sealed: bytes) -> bytes:
        """Open the list of a batch.

        Raises:
            Tampered: it is not the one that was sealed for this place and this content.

        """
        try:
            return unseal(self._key, sealed, f"{self._place}|{ordinal}".encode())
        except Tampered:
            raise Tampered(CHANGED) from None


def key_number(broadcast_id: BroadcastId) -> int:
    """Give the number under which the vault keeps a broadcast's key: 64 bits of a hash of its id."""
    return int.from_bytes(hashlib.sha256(broadcast_id.encode()).digest()[:8], "big", signed=True)


def make_key(vault: Engine, keyring: Keyring, broadcast_id: BroadcastId) -> None:
    """Make the key of a broadcast's lists, unless there is one; two senders at once end with the same key."""
    with writing(vault) as connection:
        keyring.ensure(connection, key_number(broadcast_id))


def open_seal(vault: Engine, keyring: Keyring, broadcast_id: BroadcastId, content_hash: str) -> ListSeal:
    """Give what opens the lists of a broadcast.

    Raises:
        Tampered: the broadcast has no key: its lists were destroyed, or the vault is another one.

    """
    with reading(vault) as connection:
        return seal_in(connection, keyring, broadcast_id, content_hash)


def seal_in(vault: Connection, keyring: Keyring, broadcast_id: BroadcastId, content_hash: str) -> ListSeal:
    """Give what opens the lists of a broadcast, within a transaction of the vault; see `open_seal`."""
    number = key_number(broadcast_id)
    key = keyring.open(vault, [number]).get(number)
    if key is None:
        raise Tampered("The key of the broadcast's lists is gone; nobody can be sent to any more.")
    return ListSeal(key, broadcast_id, content_hash)
