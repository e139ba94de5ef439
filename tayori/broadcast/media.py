"""The folder of pictures that the door serves: only those of submitted broadcasts, each under the hash of its bytes.

The door never reads the warehouse. A picture goes out to the folder when its broadcast is handed in, is checked before
the start, and is taken back when the broadcast is written anew or called off unsent and nobody else shows it.
"""

import os
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from tayori.domain.pictures import PICTURE_NAME, image_hashes, sha256_of
from tayori.errors import Tampered, Unavailable
from tayori.office import Office
from tayori.vault import audit
from tayori.warehouse import pictures, texts
from tayori.warehouse.engines import writing

FOR_EVERYBODY: Final = 0o644  # pictures are public, and the door is another user
OPEN_FOLDER: Final = 0o755


def publish(connection: Connection, folder: Path, hashes: Sequence[str]) -> None:
    """Write the pictures of a broadcast that is handed in, each whole or not at all.

    Raises:
        Tampered: one is missing in the store, or is not what its name says.
        Unavailable: the folder cannot be written.

    """
    served = _genuine(pictures.files(connection, hashes), hashes)
    try:
        for name, content in served.items():
            _write(folder, name, content)
    except OSError:
        raise Unavailable(
            "The folder of pictures cannot be written (TAYORI_MEDIA_FOLDER); nothing was submitted."
        ) from None


def verify(connection: Connection, folder: Path, hashes: Sequence[str]) -> None:
    """Check before a start that the store and the door still hold exactly the pictures that were approved.

    Raises:
        Tampered: one is missing, or its bytes are no longer those of its name.

    """
    for name in _genuine(pictures.files(connection, hashes), hashes):
        served = folder / name
        if served.is_symlink() or not served.is_file() or sha256_of(served.read_bytes()) != _hash_of(name):
            raise Tampered("A picture of the broadcast is not the one that was approved; nothing was sent.")


def withdraw(office: Office, hashes: Iterable[str]) -> None:
    """Take back pictures of what was written anew or called off, where no other broadcast, plan or template shows them.

    Whoever hands one in at this moment reserves the access log's line, as this does: their picture stays or comes anew.
    """
    gone = set(hashes)
    if not gone:
        return
    with writing(office.warehouse) as connection:
        audit.reserve(connection)
        for messages in texts.messages_shown(connection):
            gone -= set(image_hashes(messages))
        for path in office.media_folder.glob("*.*"):
            if PICTURE_NAME.fullmatch(path.name) and _hash_of(path.name) in gone:
                path.unlink(missing_ok=True)


def _genuine(stored: dict[str, bytes], hashes: Sequence[str]) -> dict[str, bytes]:
    true = {name: content for name, content in stored.items() if sha256_of(content) == _hash_of(name)}
    if {_hash_of(name) for name in true} != set(hashes):
        raise Tampered("A picture of the broadcast is missing or is not what its name says; hand it in again.")
    return true


def _write(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(OPEN_FOLDER)
    fresh = folder / f".{secrets.token_hex(8)}"
    with fresh.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.chmod(FOR_EVERYBODY)
    fresh.replace(folder / name)


def _hash_of(name: str) -> str:
    return name.partition(".")[0]
