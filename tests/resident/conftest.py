"""The pages of an office, for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tayori.office import Office
from tests.resident.builders import Door, running_pages
from tests.support.builders import TestClock


@pytest.fixture
def door(office: Office, clock: TestClock) -> Iterator[Door]:
    """Give the pages, on both kinds of stores."""
    with running_pages(office, clock) as running:
        yield running


@pytest.fixture
def one_door(sqlite_office: Office, clock: TestClock) -> Iterator[Door]:
    """Give the pages on SQLite alone, for rules that do not depend on the store."""
    with running_pages(sqlite_office, clock) as running:
        yield running
