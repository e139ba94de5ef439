"""A copy or a key that is packed or written another way is found as one that lies in the open."""

import base64
import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tayori.office import Office
from tayori.retention.copies import backups
from tayori.retention.copies.searching import Stray, kept_by_mistake, search
from tayori.vault.keyfile import Space
from tests.support.builders import TestClock, a_line_id
from tests.support.people import follow

Pack = Callable[[Path, Path], None]


def in_a_zip(source: Path, to: Path) -> None:
    """Pack into a zip."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(source, "somewhere/else.txt")


def in_a_tar(source: Path, to: Path) -> None:
    """Pack into a compressed tar."""
    with tarfile.open(to, "w:gz") as archive:
        archive.add(source, "else.txt")


def in_a_gzip(source: Path, to: Path) -> None:
    """Compress."""
    to.write_bytes(gzip.compress(source.read_bytes()))


def in_a_zip_in_a_gzip(source: Path, to: Path) -> None:
    """Pack, then compress."""
    in_a_zip(source, to)
    in_a_gzip(to, to)


PACKS: tuple[Pack, ...] = (in_a_zip, in_a_tar, in_a_gzip, in_a_zip_in_a_gzip)


def place_of(office: Office) -> Path:
    """A folder of this installation in which nothing is expected."""
    place = office.settings.home / "aside"
    place.mkdir()
    return place


def found(office: Office) -> list[Stray]:
    """What lies in that folder, after the search found nothing anywhere else."""
    strays = kept_by_mistake(office)
    assert all("aside" in stray.file for stray in strays)
    return strays


@pytest.mark.parametrize("pack", PACKS)
def test_a_packed_copy_is_found(sqlite_office: Office, pack: Pack) -> None:
    """A store, a sealed backup that still opens, a key file: each by its kind; a packed store has no date."""
    follow(sqlite_office, [a_line_id(1)])
    made = sqlite_office.settings.backups / backups.make(sqlite_office, "flow:backup").copy_id
    place = place_of(sqlite_office)
    pack(sqlite_office.settings.home / "warehouse.db", place / "a")
    pack(next(made.glob("warehouse*.age")), place / "b")
    pack(sqlite_office.kek_path, place / "c")
    strays = {stray.kind: stray for stray in found(sqlite_office)}
    assert strays.keys() == {"store", "backup", "keys"}
    assert strays["store"].brings_back(sqlite_office.now())
    assert not strays["keys"].brings_back(sqlite_office.now()), "a key in use is no key of an epoch that ended"


def as_bytes(key: bytes) -> bytes:
    """As a key lies in a bare file."""
    return key


WRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "bytes": as_bytes,
    "bytes, line": lambda key: key + b"\n",
    "bytes, among others": lambda key: bytes(32) + key,
    "hexadecimal": lambda key: b"note: " + key.hex().encode() + b";",
    "HEXADECIMAL": lambda key: key.hex().upper().encode(),
    "base64": base64.b64encode,
    "base64url": lambda key: b'{"k":"' + base64.urlsafe_b64encode(key).rstrip(b"=") + b'"}',
}


@pytest.mark.parametrize("written", WRITTEN)
def test_a_key_of_an_ended_epoch_is_recognised_however_it_is_written(
    sqlite_office: Office, clock: TestClock, written: str
) -> None:
    """Nobody here knows it any more: the check value beside its epoch tells it from any other 32 bytes."""
    key = sqlite_office.key_provider.key(Space.PERSON, 1)
    path = place_of(sqlite_office) / "note"
    path.write_bytes(WRITTEN[written](key))
    (present,) = found(sqlite_office)
    assert not present.brings_back(clock())
    sqlite_office.person_keys.rotate(sqlite_office.vault, clock())
    (old,) = found(sqlite_office)
    assert (old.ended, old.brings_back(clock())) == (("person/1",), True)
    assert key.hex() not in repr(old)
    path.write_bytes(WRITTEN[written](bytes([key[0] ^ 1]) + key[1:]))
    assert found(sqlite_office) == []


def test_the_key_of_a_backups_epoch_counts(sqlite_office: Office, clock: TestClock) -> None:
    """With it and a copy of the vault a backup that expired would open: its epoch is looked at as a person's is."""
    key = sqlite_office.key_provider.key(Space.BACKUP, 1)
    (place_of(sqlite_office) / "note").write_bytes(key)
    sqlite_office.backup_keys.rotate(sqlite_office.vault, clock())
    (old,) = found(sqlite_office)
    assert old.ended == ("backup/1",)


def test_hashes_are_no_keys_and_what_was_not_compared_is_told(sqlite_office: Office) -> None:
    """A list of commitments or a manifest has many values of 32 bytes; none is a hit; beyond a number it is told."""
    path = place_of(sqlite_office) / "list"
    path.write_text("".join(f"{number:064x}\n" for number in range(256)), "ascii")
    assert search(sqlite_office, {}).not_examined == ()
    path.write_text("".join(f"{number:064x}\n" for number in range(257)), "ascii")
    searched = search(sqlite_office, {})
    assert searched.strays == []
    assert searched.not_examined == ("鍵らしい値が多すぎる内容（終わった世代の鍵との照合）（1件）",)


def test_a_present_key_is_found_inside_a_long_file(sqlite_office: Office) -> None:
    """Keys that are in use are known here, and sought at every place of a file."""
    key = sqlite_office.key_provider.key(Space.PERSON, 1)
    (place_of(sqlite_office) / "core").write_bytes(bytes(10_001) + key + bytes(500_000))
    assert [stray.kind for stray in found(sqlite_office)] == ["keys"]


def test_what_breaks_off_or_is_too_large_is_told(sqlite_office: Office, tmp_path: Path) -> None:
    """A cut archive, a link, a large file without a known beginning: not examined is not the same as nothing found."""
    place = place_of(sqlite_office)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", bytes(1000))
    (place / "cut.zip").write_bytes(packed.getvalue()[:500])
    (place / "link").symlink_to(tmp_path)
    (place / "large").write_bytes(bytes(5 << 20))
    assert search(sqlite_office, {}).not_examined == (
        "4 MiB を超える内容に含まれる鍵（1件）",
        "シンボリックリンク・特殊ファイル（1件）",
        "展開できない圧縮ファイル（1件）",
    )
