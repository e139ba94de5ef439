"""What tests of sending share: one sandbox platform, given anew to each test."""

from collections.abc import Iterator

import pytest

from sandbox.line.serve import RunningPlatform, running_platform
from tayori.line.endpoints import foreign_endpoints
from tests.support.lock_order import lock_order_watched


@pytest.fixture(autouse=True)
def _locks_in_order() -> Iterator[None]:
    """Whatever a test here does, no transaction takes its locks out of order: none can wait for another in a circle."""
    with lock_order_watched() as breaches:
        yield
    assert breaches == []


@pytest.fixture(scope="session")
def shared_platform() -> Iterator[RunningPlatform]:
    """Give one sandbox platform for all tests here."""
    with running_platform() as started:
        yield started


@pytest.fixture
def platform(shared_platform: RunningPlatform) -> Iterator[RunningPlatform]:
    """Give the platform anew: some thousand friends, nothing was sent, nothing goes wrong.

    Whatever a test does, afterwards the platform was asked for nothing that is not on the list of endpoints (I4).
    """
    shared_platform.control.ask("reset", rate_factor=100.0, monthly_limit=None)
    shared_platform.control.friends(6_000)
    yield shared_platform
    assert foreign_endpoints(shared_platform.control.asked()) == []
