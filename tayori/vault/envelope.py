"""Seal a value under one person's or one case's own key, bound to its place so that rows cannot be swapped."""

import os
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tayori.errors import Tampered

NONCE: Final = 12
KEY_BYTES: Final = 32
VERSION: Final = 1


def place(table: str, column: str, number: int) -> bytes:
    """Name the place of a sealed value: table, column, whose it is, version of the form."""
    return f"{table}|{column}|{number}|{VERSION}".encode()


def seal(key: bytes, value: bytes, where: bytes) -> bytes:
    """Seal a value with AES-256-GCM: a random nonce, then the ciphertext and its tag."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, value, where)


def seal_items(key: bytes, table: str, number: int, items: Mapping[str, str | None]) -> list[bytes | None]:
    """Seal texts of one row under one key, each in the place of its column; what is missing stays missing."""
    cipher = AESGCM(key)
    end = f"|{number}|{VERSION}"
    nonces = os.urandom(NONCE * len(items))
    sealed: list[bytes | None] = []
    for at, (column, value) in enumerate(items.items()):
        nonce = nonces[at * NONCE : (at + 1) * NONCE]
        where = f"{table}|{column}{end}".encode()
        sealed.append(None if value is None else nonce + cipher.encrypt(nonce, value.encode(), where))
    return sealed


def unseal(key: bytes, sealed: bytes, where: bytes) -> bytes:
    """Open a sealed value.

    Raises:
        Tampered: it was changed, moved from another place, or sealed under another key.

    """
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], where)
    except InvalidTag:
        raise Tampered("A sealed value does not match its key and place: it was changed, moved or restored.") from None
