"""Attacks on key files: a full disk, a kill between writing and replacing."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tayori.errors import Unavailable
from tayori.vault.keyfile import KeyFile, Space, write_secret


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let the kernel take only so many bytes of any file, as a disk does that is nearly full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fills_up_costs_no_key(tmp_path: Path) -> None:
    """A write that the disk takes only in part leaves the old file, whole, and no copy beside it."""
    keys = KeyFile(tmp_path / "kek.json")
    keys.make(Space.PERSON, 1)
    before = keys.path.read_bytes()
    with files_of_at_most(len(before) + 10), pytest.raises(Unavailable, match="room"):
        keys.make(Space.CASE, 1)
    assert keys.path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["kek.json"]


def test_a_destroyed_key_is_in_no_copy_that_a_kill_left(tmp_path: Path) -> None:
    """Who was killed between writing and replacing left a copy of all keys; none outlives the next writing."""
    keys = KeyFile(tmp_path / "kek.json")
    keys.make(Space.PERSON, 1)
    keys.make(Space.PERSON, 2)
    left = tmp_path / ".kek.json.0a1b2c3d"
    left.write_bytes(keys.path.read_bytes())
    other = tmp_path / ".index.key.0a1b2c3d"
    other.write_bytes(b"another file's copy")
    first = keys.key(Space.PERSON, 1).hex()
    keys.destroy(Space.PERSON, 1)
    assert not left.exists()
    assert other.exists()
    assert all(first not in path.read_text("utf-8") for path in tmp_path.iterdir())


def test_a_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Written anew, a key file has the rights 0600, whatever stood there before."""
    path = tmp_path / "some.key"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_secret(path, b"new")
    assert path.stat().st_mode & 0o777 == 0o600
