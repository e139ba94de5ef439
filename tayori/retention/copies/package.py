"""A sealed copy on disk: a folder with a sealed file for each part, and a signed manifest that names their hashes.

It stands under its own name only when it is whole; what a killed run left is swept by the next one.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tayori.certificates.jws import Signer, opened
from tayori.certificates.tokens import NotProven, decoded
from tayori.errors import NotFound, Refused, Tampered, Unavailable
from tayori.vault.age import Hashing, Source, open_stream, seal_stream
from tayori.warehouse.dumps import erase_file

MANIFEST: Final = "manifest.jws"
MAKING: Final = ".making-"
LOCK: Final = ".lock"
TYPE: Final = "copy-manifest+jws"
CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a copy says of itself: its id, kind, moment, what it holds, and its parts with hash and size.

    `sha256` is the manifest file's own hash: by it the ledger knows the whole copy.
    """

    copy_id: str
    folder: Path
    sha256: str
    said: Mapping[str, Any]

    @property
    def parts(self) -> dict[str, Mapping[str, Any]]:
        """The parts by name: `sha256` and `size` in bytes."""
        return dict(self.said["parts"])


class Making:
    """A copy that is being made; `finish` gives it its name."""

    def __init__(self, root: Path, copy_id: str) -> None:
        self._root, self._copy_id = root, copy_id
        self._folder = root / f"{MAKING}{copy_id}"
        self._parts: dict[str, dict[str, Any]] = {}
        _make_folder(self._folder)

    def add(self, name: str, source: Source, recipients: Sequence[Any]) -> None:
        """Seal a part."""
        path = self._folder / f"{name}.age"
        try:
            with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                hashing = Hashing(file)
                seal_stream(source, hashing, recipients)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            raise Unavailable("A copy could not be written there; make room, or bring the medium back.") from None
        self._parts[name] = {"sha256": hashing.sha256, "size": hashing.size}

    def finish(self, said: Mapping[str, Any], key: Ed25519PrivateKey) -> Manifest:
        """Sign the manifest and let the copy stand under its own name."""
        whole = {**said, "copy_id": self._copy_id, "parts": self._parts}
        token = Signer(key).sign(whole, TYPE)
        target = self._root / self._copy_id
        try:
            with os.fdopen(os.open(self._folder / MANIFEST, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
                file.write(token.encode("ascii"))
                file.flush()
                os.fsync(file.fileno())
            self._folder.rename(target)
            sync(self._root)
        except OSError:
            raise Unavailable("A copy could not be written there; make room, or bring the medium back.") from None
        return Manifest(self._copy_id, target, hashlib.sha256(token.encode("ascii")).hexdigest(), whole)


def read(folder: Path, public_pem: bytes | None) -> Manifest:
    """Read a copy's manifest; without a public key it is read as it stands, to be checked once the key is at hand.

    Raises:
        NotFound: there is no copy.
        Tampered: it is not signed by this key, or is no manifest.

    """
    try:
        token = (folder / MANIFEST).read_text("ascii")
    except (OSError, UnicodeDecodeError):
        raise NotFound(f"There is no copy in {folder.name}: it has no {MANIFEST} that can be read.") from None
    said = opened(token, [public_pem], TYPE) if public_pem is not None else _unchecked(token)
    if not isinstance(said.get("copy_id"), str) or not isinstance(said.get("parts"), dict):
        raise Tampered(f"The manifest of {folder.name} is none.")
    return Manifest(str(said["copy_id"]), folder, hashlib.sha256(token.encode("ascii")).hexdigest(), said)


def _unchecked(token: str) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(decoded(token.split(".")[1], "manifest"))
    except (NotProven, ValueError, IndexError):
        raise Tampered("A copy's manifest cannot be read: it was changed or cut.") from None
    return said


def check_parts(manifest: Manifest) -> int:
    """Hold every part against its hash; give how many bytes.

    Raises:
        NotFound: a part is missing.
        Tampered: a part was changed or cut.

    """
    total = 0
    for name, part in manifest.parts.items():
        found, size = _hashed(manifest.folder / f"{name}.age")
        if found != part["sha256"]:
            raise Tampered(f"The part {name} of {manifest.copy_id} is not what its manifest names: changed or cut.")
        total += size
    return total


def check_sizes(manifest: Manifest) -> None:
    """Hold every part against its size alone.

    Raises:
        NotFound: a part is missing.
        Tampered: a part is longer or shorter.

    """
    for name, part in manifest.parts.items():
        path = manifest.folder / f"{name}.age"
        if not path.is_file():
            raise NotFound(f"The part {name} of {manifest.copy_id} is missing.")
        if path.stat().st_size != part["size"]:
            raise Tampered(f"The part {name} of {manifest.copy_id} is not as long as its manifest says.")


def _hashed(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while piece := file.read(CHUNK):
                digest.update(piece)
                size += len(piece)
    except OSError:
        raise NotFound(f"The part {path.name} of {path.parent.name} is missing or cannot be read.") from None
    return digest.hexdigest(), size


def open_part(manifest: Manifest, name: str, target: IO[bytes] | Hashing, identities: Sequence[Any]) -> None:
    """Open a part into a target.

    Raises:
        NotFound: it is missing, or none of the identities opens it.
        Tampered: it was changed or cut.

    """
    path = manifest.folder / f"{name}.age"
    if not path.is_file():
        raise NotFound(f"The part {name} of {manifest.copy_id} is missing.")
    with path.open("rb") as source:
        open_stream(source, target, identities)


def erase(folder: Path) -> None:
    """Overwrite and remove a copy; one that is gone is gone."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        erase_file(path)
    try:
        folder.rmdir()
        sync(folder.parent)
    except OSError:
        raise Unavailable(f"The copy {folder.name} could not be removed whole; remove it by hand.") from None


def refuse_foreign(root: Path, prefix: str, ours: set[str], public_pem: bytes) -> None:
    """Refuse a folder in which another installation keeps its copies: a sweep would end them.

    `ours` are the copies that stand on the ledger, whatever became of them on the disk.

    Raises:
        Refused: a copy there is not signed by this key.

    """
    for folder in root.glob(f"{prefix}*") if root.is_dir() else ():
        if folder.name in ours:
            continue
        try:
            read(folder, public_pem)
        except NotFound:
            continue  # half of one
        except Tampered:
            raise Refused(
                f"{folder.name} is a copy of another installation, or was changed; give each installation a folder of "
                "its own, or remove it by hand. Nothing was written."
            ) from None


def sweep(root: Path, prefix: str, keep: set[str]) -> int:
    """Erase what a killed run left: copies that were being made, and whole ones of a kind that no ledger names."""
    if not root.is_dir():
        return 0
    left = [one for one in root.iterdir() if one.is_dir() and is_left(one.name, prefix, keep)]
    for folder in left:
        erase(folder)
    return len(left)


def is_left(name: str, prefix: str, keep: set[str]) -> bool:
    """Whether a folder of this name is something that a killed run left."""
    return name.startswith(f"{MAKING}{prefix}") or (name.startswith(prefix) and name not in keep)


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """Let nobody else make or sweep copies in a folder meanwhile; the hold ends with the process, however it ends.

    Raises:
        Refused: another program is at it.

    """
    _make_folder(root, exist_ok=True)
    with (root / LOCK).open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused("Another program is making copies there just now; wait until it is done.") from None
        yield


def _make_folder(folder: Path, *, exist_ok: bool = False) -> None:
    try:
        if not exist_ok:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=exist_ok, exist_ok=exist_ok, mode=0o700)
    except OSError:
        raise Unavailable("The folder for copies cannot be written to; bring the medium back, or make room.") from None


def sync(folder: Path) -> None:
    """Let a folder's names reach the medium."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
