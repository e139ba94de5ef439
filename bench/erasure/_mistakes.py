"""What somebody may keep by mistake, each in a form of its own: the last probe has to find it and refuse 確定."""

import gzip
import io
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tayori.office import Office
from tayori.vault.keyfile import Space


def mistakes(office: Office) -> Mapping[str, bytes]:
    """Give what may be kept from before an erasure, taken now: stores, dumps and keys, in the open and packed."""
    store = _store(office.settings.home / "warehouse.db")
    vault = _store(office.settings.home / "vault.db")
    keys, key = office.kek_path.read_bytes(), office.key_provider.key(Space.PERSON, _current(office))
    return {
        "warehouse": store,
        "vault": vault,
        **{f"warehouse in {name}": pack(store) for name, pack in PACKED.items()},
        "vault in zip in gzip": gzip.compress(_zip(vault)),
        "dump": b"PGDMP\x01\x0e\x00" + bytes(100),
        "key file": keys,
        **{f"key file in {name}": pack(keys) for name, pack in PACKED.items()},
        "one key, bytes": key,
        "one key, hexadecimal": key.hex().encode(),
    }


def _current(office: Office) -> int:
    return max(epoch for space, epoch in office.key_provider.names() if space == Space.PERSON)


def _store(path: Path) -> bytes:
    with sqlite3.connect(path) as opened:
        return opened.serialize()


def _zip(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("kept", content)
    return packed.getvalue()


def _tar(content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("kept")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


PACKED: Final[Mapping[str, Callable[[bytes], bytes]]] = {"gzip": gzip.compress, "zip": _zip, "tar": _tar}
