"""A sandbox platform, given anew to each test."""

from collections.abc import Iterator

import pytest

from sandbox.line.serve import RunningPlatform, running_platform
from tayori.line.endpoints import foreign_endpoints


@pytest.fixture(scope="session")
def shared_platform() -> Iterator[RunningPlatform]:
    """Give one sandbox platform for all tests here."""
    with running_platform() as started:
        yield started


@pytest.fixture
def platform(shared_platform: RunningPlatform) -> Iterator[RunningPlatform]:
    """Give the platform anew; afterwards it was asked for nothing that is not on the list of endpoints (I4)."""
    shared_platform.control.ask("reset", rate_factor=100.0)
    yield shared_platform
    assert foreign_endpoints(shared_platform.control.asked()) == []
