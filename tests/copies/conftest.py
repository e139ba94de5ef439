"""What the tests of copies share: an office with an escrow, and empty places of the same kind of store."""

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tayori.office import Office
from tayori.warehouse.engines import is_sqlite
from tests.copies.builders import Places, empty_place, with_escrow
from tests.support.copied import DATABASES


@pytest.fixture
def kept(office: Office, tmp_path: Path) -> Iterator[Office]:
    """Give an office with an escrow, once on each kind of store."""
    opened = with_escrow(office, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def kept_sqlite(sqlite_office: Office, tmp_path: Path) -> Iterator[Office]:
    """Give an office with an escrow on SQLite alone."""
    opened = with_escrow(sqlite_office, tmp_path)
    yield opened
    opened.close()


class _Places:
    """Empty places for an office's copies."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._request, self._folder = request, folder
        self._opened: list[Office] = []
        self._lent = ExitStack()

    def empty(self, lost: Office, name: str = "elsewhere") -> Office:
        """Give an empty place of the same kind of store, opened for a restore."""
        urls = {}
        if not is_sqlite(lost.warehouse):
            cluster = self._request.getfixturevalue("cluster")
            urls = {name: self._lent.enter_context(cluster.lent()) for name in DATABASES}
        self._opened.append(empty_place(lost, self._folder / name, **urls))
        return self._opened[-1]

    def served(self, restored: Office) -> Office:
        """Give a place as doors and flows open it."""
        restored.close()
        self._opened.append(dataclasses.replace(restored, restores=False))
        return self._opened[-1]

    def close(self) -> None:
        """Let every place go."""
        for one in self._opened:
            one.close()
        self._lent.close()


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    """Give what makes empty places."""
    made = _Places(request, tmp_path)
    yield made
    made.close()
