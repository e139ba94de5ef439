"""Seal what comes in to a public key: the door can close the box and never open it (HPKE, RFC 9180).

Each epoch has its own key pair. The door reads the public file anew when it changed; an old private key is kept
until no row sealed to it is left or arriving.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tayori.errors import NotFound, Tampered, Unavailable
from tayori.vault.envelope import seal, unseal
from tayori.vault.keyfile import damaged, read_secret, write_secret, write_whole
from tayori.vault.providers import KeyProvider

BOX: Final = "box"  # the provider's name for the epochs of boxes; no space of the vault
PUBLIC: Final = 0o644  # doors run under a name of their own
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A closed box: which epoch's key opens it, and its bytes."""

    epoch: int
    box: bytes


class _Published(NamedTuple):
    """What the public file held when it looked so: replaced whole, since threads share it."""

    stamp: tuple[int, int]
    epoch: int
    key: X25519PublicKey


class Sealer:
    """Closes boxes, from any thread. Holds public keys only."""

    def __init__(self, public_file: Path) -> None:
        self._path = public_file
        self._published: _Published | None = None

    def seal(self, kind: str, content: bytes) -> Sealed:
        """Close content into a box of a kind; the kind is bound to it."""
        now = self._current()
        return Sealed(now.epoch, SUITE.encrypt(content, now.key, _purpose(kind, now.epoch)))

    def _current(self) -> _Published:
        known = self._published
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_ino)
            if known is None or stamp != known.stamp:
                written = json.loads(self._path.read_bytes())
                key = X25519PublicKey.from_public_bytes(bytes.fromhex(written["public"]))
                known = self._published = _Published(stamp, int(written["epoch"]), key)
        except (OSError, ValueError, KeyError):
            raise Unavailable("The public key of the inbox cannot be read; run `tayori init` or restore it.") from None
        return known


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the file of a private key holds: when the pair was made, and the key, sealed under its epoch's own."""

    made_at: datetime
    sealed: bytes


class BoxKeys:
    """The private keys of the boxes, one file an epoch (`NAME-EPOCH.key`), and the public file beside them.

    Each is sealed under a key of the provider's, so that it ends as the keys of every other epoch end.
    """

    def __init__(self, folder: Path, public_file: Path, keys: KeyProvider, name: str = "inbox") -> None:
        self._folder = folder
        self._public_file = public_file
        self._keys = keys
        self._name = name
        self._open: dict[int, X25519PrivateKey] = {}

    def epochs(self) -> list[int]:
        """Give the epochs whose private keys still exist, ascending."""
        found = self._folder.glob(f"{self._name}-*.key")
        return sorted(int(path.stem.rsplit("-", 1)[1]) for path in found)

    def replaced_before(self, moment: datetime) -> list[int]:
        """Give the epochs to which the doors seal no more, their successors being older than `moment`; ascending."""
        epochs = self.epochs()
        return [one for one, after in pairwise(epochs) if self._kept(after).made_at < moment]

    def renew(self, now: datetime) -> int:
        """Make the next key pair and publish it, the private key being safe by then; give its epoch."""
        epoch = (self.epochs() or [0])[-1] + 1
        private = X25519PrivateKey.generate()
        self._keys.make(BOX, epoch)
        sealed = seal(self._keys.key(BOX, epoch), private.private_bytes_raw(), _place(epoch))
        kept = {"made_at": now.astimezone(UTC).isoformat(), "sealed": sealed.hex()}
        write_secret(self._path(epoch), json.dumps(kept).encode())
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        published = {"epoch": epoch, "public": public.hex()}
        write_whole(self._public_file, json.dumps(published).encode("ascii"), PUBLIC)
        return epoch

    def open(self, kind: str, sealed: Sealed) -> bytes:
        """Open a box.

        Raises:
            NotFound: the epoch's private key was destroyed.
            Tampered: the box was changed, or is of another kind.

        """
        try:
            return SUITE.decrypt(sealed.box, self._private(sealed.epoch), _purpose(kind, sealed.epoch))
        except InvalidTag:
            raise Tampered("A sealed submission does not open: it was changed, or is of another kind.") from None

    def destroy(self, epoch: int) -> None:
        """Destroy the private key of an epoch; what is still sealed to it is lost for good."""
        self._open.pop(epoch, None)
        self._keys.destroy(BOX, epoch)
        self._path(epoch).unlink(missing_ok=True)

    def _private(self, epoch: int) -> X25519PrivateKey:
        if not self._path(epoch).exists():  # another program may have destroyed it since it was opened here
            self._open.pop(epoch, None)
            raise NotFound(f"The private key of inbox epoch {epoch} is not here: it was destroyed.")
        if epoch not in self._open:
            try:
                raw = unseal(self._keys.key(BOX, epoch), self._kept(epoch).sealed, _place(epoch))
            except Tampered:
                raise damaged(self._path(epoch)) from None
            self._open[epoch] = X25519PrivateKey.from_private_bytes(raw)
        return self._open[epoch]

    def _kept(self, epoch: int) -> _Kept:
        try:
            written = json.loads(read_secret(self._path(epoch)))
            return _Kept(datetime.fromisoformat(written["made_at"]), bytes.fromhex(written["sealed"]))
        except (ValueError, TypeError, KeyError):
            raise damaged(self._path(epoch)) from None

    def _path(self, epoch: int) -> Path:
        return self._folder / f"{self._name}-{epoch}.key"


def _place(epoch: int) -> bytes:
    return f"box_key|{epoch}".encode()


def _purpose(kind: str, epoch: int) -> bytes:
    return f"tayori|{kind}|{epoch}".encode()
