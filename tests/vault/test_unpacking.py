"""What is packed in a file is opened, one archive in another, and nothing that was left out goes untold."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from functools import reduce

import pytest

from tayori.vault.unpacking import Limits, contents

SECRET = b"the content that is sought"


def a_zip(inner: bytes) -> bytes:
    """A zip with one deflated member."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/inner", inner)
    return packed.getvalue()


def a_tar(inner: bytes) -> bytes:
    """A tar with a folder and one member."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        folder, member = tarfile.TarInfo("folder"), tarfile.TarInfo("folder/inner")
        folder.type, member.size = tarfile.DIRTYPE, len(inner)
        archive.addfile(folder)
        archive.addfile(member, io.BytesIO(inner))
    return packed.getvalue()


Pack = Callable[[bytes], bytes]
PACKS: tuple[Pack, ...] = (gzip.compress, bz2.compress, lzma.compress, a_zip, a_tar)


def unpacked(packed: bytes, limits: Limits | None = None) -> tuple[list[bytes], list[str]]:
    """Every content but the file's own, and what was told."""
    told: list[str] = []
    found = contents(io.BytesIO(packed), told.append, limits or Limits())
    return [b"".join(one.pieces()) for one in found if one.depth], told


@pytest.mark.parametrize("outer", PACKS)
@pytest.mark.parametrize("inner", PACKS)
def test_one_archive_in_another_is_opened(outer: Pack, inner: Pack) -> None:
    """Any of the formats in any other, the archive between them too."""
    between = inner(SECRET)
    assert unpacked(outer(between)) == ([between, SECRET], [])


def test_the_file_itself_comes_first_and_whole() -> None:
    """What a search of bytes on disk reads is never replaced by what is packed in it."""
    packed = gzip.compress(SECRET)
    first = next(contents(io.BytesIO(packed), lambda _: None))
    assert (first.depth, first.whole(1 << 20), first.whole(3)) == (0, packed, None)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, a_zip])
def test_a_small_file_that_unpacks_to_too_much_is_told(pack: Pack) -> None:
    """A bomb ends at the limit: nothing beyond it is read, and the report says so."""
    found, told = unpacked(pack(bytes(40 << 20)), Limits(unpacked=10 << 20))
    assert sum(map(len, found)) <= 10 << 20
    assert told == ["展開の限度を超える書庫"]


def test_depth_and_number_are_limited() -> None:
    """Archives in archives without end, and archives of countless members."""
    deep = reduce(lambda inner, pack: pack(inner), [gzip.compress] * 8, SECRET)
    found, told = unpacked(deep, Limits(depth=3))
    assert (len(found), told) == (3, ["展開の限度を超える書庫"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(20):
            archive.writestr(f"{number}", SECRET)
    found, told = unpacked(packed.getvalue(), Limits(contents=5))
    assert (len(found), told) == (5, ["展開の限度を超える書庫"])


@pytest.mark.parametrize("pack", PACKS)
def test_what_breaks_off_is_told_once(pack: Pack) -> None:
    """A cut archive is not taken for an empty one."""
    packed = pack(SECRET * 4000 + bytes(range(256)) * 100)
    _, told = unpacked(packed[: len(packed) // 2])
    assert told == ["展開できない圧縮ファイル"]


def test_what_nothing_here_opens_is_told() -> None:
    """7z, Zstandard, RAR; and a zip under a password."""
    for begins in (b"7z\xbc\xaf\x27\x1c", b"\x28\xb5\x2f\xfd", b"Rar!\x1a\x07\x00"):
        assert unpacked(begins + bytes(600)) == ([], ["開けない形式の書庫"])
    locked = bytearray(a_zip(SECRET))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert unpacked(bytes(locked)) == ([], ["展開できない圧縮ファイル"])
