"""Troubles that befall an office while a command runs, each put right afterwards."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from tayori.warehouse import engines
from tests.bad_input.office import Desk

Trouble = Callable[[Desk], AbstractContextManager[None]]


@contextmanager
def none(_desk: Desk) -> Iterator[None]:
    """Let nothing be wrong."""
    yield


def missing(*names: str) -> Trouble:
    """Take files out of the home."""

    @contextmanager
    def trouble(desk: Desk) -> Iterator[None]:
        moved = [(path, path.with_name(f"{path.name}.away")) for name in names for path in _found(desk, name)]
        assert moved
        for path, away in moved:
            path.rename(away)
        yield
        for path, away in moved:
            assert not path.exists(), f"{path.name} was made anew"
            away.rename(path)

    return trouble


def replaced(name: str, content: bytes) -> Trouble:
    """Put other bytes in a file's place."""

    @contextmanager
    def trouble(desk: Desk) -> Iterator[None]:
        (path,) = _found(desk, name)
        before = path.read_bytes()
        path.write_bytes(content)
        yield
        assert path.read_bytes() == content
        path.write_bytes(before)

    return trouble


def readable(name: str) -> Trouble:
    """Let everybody read a file."""

    @contextmanager
    def trouble(desk: Desk) -> Iterator[None]:
        (path,) = _found(desk, name)
        path.chmod(0o644)
        yield
        path.chmod(0o600)

    return trouble


def locked(name: str) -> Trouble:
    """Let another program write to a store without end; nobody waits long for it here."""

    @contextmanager
    def trouble(desk: Desk) -> Iterator[None]:
        patience, engines.BUSY_SECONDS = engines.BUSY_SECONDS, 0  # type: ignore[misc]
        with closing(sqlite3.connect(desk.home / name, isolation_level=None)) as opened:
            opened.execute("BEGIN IMMEDIATE")
            yield
            opened.execute("ROLLBACK")
        engines.BUSY_SECONDS = patience  # type: ignore[misc]

    return trouble


@contextmanager
def impostor(desk: Desk) -> Iterator[None]:
    """Put one handler's key file under another one's name."""
    theirs, mine = desk.home / "handlers" / "ken.pem", desk.home / "handlers" / "hana.pem"
    before = theirs.read_bytes()
    theirs.write_bytes(mine.read_bytes())
    yield
    theirs.write_bytes(before)


def _found(desk: Desk, name: str) -> list[Path]:
    return sorted(desk.home.glob(name))
