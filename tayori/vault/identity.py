"""The single door from a person's number to their LINE id, and back (I5)."""

from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from tayori.domain.identifiers import LineUserId, PersonNo
from tayori.errors import Tampered
from tayori.vault.audit import Recorded
from tayori.vault.envelope import NONCE, place, seal
from tayori.vault.keyring import Keyring
from tayori.warehouse import lineids

TABLE, COLUMN = "person", "line_user_id"


def seal_line_id(key: bytes, number: PersonNo, line_user_id: LineUserId) -> bytes:
    """Seal a LINE id under the person's own key."""
    return seal(key, line_user_id.encode("ascii"), place(TABLE, COLUMN, number))


def open_line_ids(
    people: Connection, vault: Connection, keyring: Keyring, numbers: Sequence[int], recorded: Recorded
) -> dict[PersonNo, LineUserId]:
    """Open the LINE ids of those numbers that still follow and still have a key; the others are absent.

    Raises:
        Tampered: a sealed id does not belong to its person.

    """
    _evidenced(recorded)
    keys = keyring.open(vault, numbers)
    return _opened(keys, lineids.sealed_ids(people, numbers))


def open_line_ids_between(
    people: Connection, vault: Connection, keyring: Keyring, first: int, last: int, recorded: Recorded
) -> dict[PersonNo, LineUserId]:
    """Open the LINE ids of a whole range of numbers, both ends included; leavers are absent."""
    _evidenced(recorded)
    keys = keyring.open_between(vault, first, last)
    return _opened(keys, lineids.sealed_ids_between(people, first, last))


def open_frozen_line_ids(
    people: Connection, vault: Connection, keyring: Keyring, numbers: Sequence[int], recorded: Recorded
) -> dict[PersonNo, LineUserId]:
    """Open the LINE ids of a frozen list (ascending), leavers who are not erased yet included; at sending speed.

    A request whose outcome is unknown is repeated as it was, or not at all: who left since then is still part of it.
    """
    _evidenced(recorded)
    whole = lineids.is_a_range(numbers)
    keys = keyring.open_between(vault, numbers[0], numbers[-1]) if whole else keyring.open(vault, numbers)
    return _opened(keys, lineids.sealed_ids_of_list(people, numbers))


def _evidenced(recorded: object) -> None:
    if not isinstance(recorded, Recorded):
        message = "an opening needs its line in the access log"
        raise TypeError(message)


def _opened(keys: dict[int, bytes], sealed: Sequence[tuple[int, bytes]]) -> dict[PersonNo, LineUserId]:
    opened: dict[PersonNo, LineUserId] = {}
    for number, box in sealed:
        key = keys.get(number)
        if key is not None:
            opened[PersonNo(number)] = LineUserId(_open_one(key, box, number))
    return opened


def _open_one(key: bytes, box: bytes, number: int) -> str:
    try:
        return AESGCM(key).decrypt(box[:NONCE], box[NONCE:], place(TABLE, COLUMN, number)).decode("ascii")
    except InvalidTag:
        raise Tampered("A sealed LINE id does not match its person; the warehouse was changed or restored.") from None
