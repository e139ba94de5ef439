"""Seal files to age recipients, as streams: chunks that are authenticated each, with a mark on the last (age v1).

A backup's identity is made of its own key in the vault; a custodian's stands in a file of theirs. What pyrage gives is
used as it is; of the format, only the writing of an identity (Bech32, BIP 173) is ours, since pyrage takes no raw key.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, Protocol

from pyrage import (  # type: ignore[import-untyped]
    DecryptError,
    EncryptError,
    IdentityError,
    RecipientError,
    decrypt_io,
    encrypt_io,
)
from pyrage.x25519 import Identity, Recipient  # type: ignore[import-untyped]

from tayori.errors import BadInput, NotFound, Tampered, Unavailable

HEADER: Final = b"age-encryption.org/v1\n"
ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
PREFIX: Final = "age-secret-key-"
FINGERPRINT: Final = 16  # hexadecimal digits: a name for people, not a proof


class Source(Protocol):
    """What is read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Give the next bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Custodian:
    """A post that can open escrows, by its public key. Posts, not people."""

    post: str
    recipient: Recipient = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """A short name of the public key."""
        return fingerprint(str(self.recipient))


def fingerprint(recipient: str) -> str:
    """Give a short name of a public key: the beginning of its SHA-256."""
    return hashlib.sha256(recipient.encode("ascii")).hexdigest()[:FINGERPRINT]


def recipient_of(written: str) -> Recipient:
    """Read a public key (age1...).

    Raises:
        BadInput: it is none.

    """
    try:
        return Recipient.from_str(written.strip())
    except (RecipientError, ValueError):
        raise BadInput("A recipient's key is written age1...; this is none.") from None


def identity_of(key: bytes) -> Identity:
    """Give the identity that is made of a key of 32 bytes."""
    return Identity.from_str(_bech32(PREFIX, key).upper())


def read_identities(path: Path) -> list[Identity]:
    """Read a file of identities, as `age-keygen` writes it.

    Raises:
        NotFound: there is no such file.
        BadInput: it holds no identity.

    """
    try:
        lines = path.read_text("ascii").split()
    except OSError:
        raise NotFound(f"There is no identity file {path.name} that can be read.") from None
    except UnicodeDecodeError:
        lines = []
    try:
        found = [Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-1")]
    except (IdentityError, ValueError):
        found = []
    if not found:
        raise BadInput(f"{path.name} holds no age identity (AGE-SECRET-KEY-1...).")
    return found


def read_custodians(path: Path) -> list[Custodian]:
    """Read the custodians: a line each, the public key and then the post that holds it; `#` begins a remark.

    Raises:
        NotFound: there is no such file.
        BadInput: a line has no key or no post, or a key stands twice.

    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise NotFound(f"There is no file of custodians {path.name} that can be read.") from None
    found: list[Custodian] = []
    for number, line in enumerate(lines, 1):
        key, _, post = line.partition("#")[0].strip().partition(" ")
        if not key:
            continue
        if not post.strip():
            raise BadInput(f"{path.name}, line {number}: after the key comes the post that holds it.")
        found.append(Custodian(post.strip(), recipient_of(key)))
    if len({str(one.recipient) for one in found}) != len(found):
        raise BadInput(f"{path.name} names a key twice; each custodian has one of their own.")
    return found


class Hashing:
    """A file that is written to, counted and hashed at once."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, piece: bytes) -> int:
        """Write a piece."""
        self._hash.update(piece)
        self.size += len(piece)
        self._target.write(piece)
        return len(piece)

    def flush(self) -> None:
        """Hand on what was written."""
        self._target.flush()

    @property
    def sha256(self) -> str:
        """The hash of everything written so far, in hexadecimal."""
        return self._hash.hexdigest()


class Pieces:
    """Pieces to read from as one stream; memory stays flat."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._held = iter(pieces), bytearray()

    def read(self, size: int = -1, /) -> bytes:
        """Give the next bytes, at most `size` of them."""
        while size < 0 or len(self._held) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._held += piece
        cut = len(self._held) if size < 0 else size
        given = bytes(self._held[:cut])
        del self._held[:cut]
        return given


def seal_stream(source: Source, target: Hashing, recipients: Sequence[Recipient]) -> None:
    """Seal a stream to recipients, any one of whom can open it; memory stays flat.

    Raises:
        Unavailable: the source or the disk gave up.

    """
    try:
        encrypt_io(source, target, list(recipients))
    except (EncryptError, OSError):
        raise Unavailable("A copy could not be written; make room on the disk, then run it again.") from None


def seal_file(source: Source, path: Path, recipient: str) -> Hashing:
    """Seal a stream to one recipient as a file of its owner alone: whole under its name, or not at all.

    Raises:
        BadInput: what is given is no recipient.
        Unavailable: the source or the disk gave up.

    """
    key, half = recipient_of(recipient), path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        half.unlink(missing_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            hashing = Hashing(target)
            seal_stream(source, hashing, [key])
            target.flush()
            os.fsync(target.fileno())
        half.replace(path)
    except OSError:
        raise Unavailable(f"{path.name} could not be written; make room on the disk, then run it again.") from None
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)
    return hashing


def open_stream(source: Source, target: IO[bytes] | Hashing, identities: Sequence[Identity]) -> None:
    """Open a sealed stream. What was written to the target before an error is not to be used.

    Raises:
        NotFound: none of these identities opens it.
        Tampered: it was changed or cut.

    """
    try:
        decrypt_io(source, target, list(identities))
    except DecryptError as error:
        if "No matching keys" in str(error):
            raise NotFound("None of the keys at hand opens this copy.") from None
        raise Tampered("A sealed copy does not open: it was changed, cut, or is none.") from None
    except OSError:
        raise Tampered("A sealed copy does not open: it was changed or cut, or the disk is full.") from None


def _bech32(prefix: str, key: bytes) -> str:
    number = int.from_bytes(key, "big") << (-len(key) * 8 % 5)
    digits = (len(key) * 8 + 4) // 5
    values = [(number >> (5 * (digits - 1 - place))) & 31 for place in range(digits)]
    expanded = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    check = _polymod([*expanded, *values, 0, 0, 0, 0, 0, 0]) ^ 1
    values += [(check >> (5 * (5 - place))) & 31 for place in range(6)]
    return prefix + "1" + "".join(ALPHABET[value] for value in values)


def _polymod(values: Sequence[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(GENERATOR):
            check ^= generator if (top >> bit) & 1 else 0
    return check
