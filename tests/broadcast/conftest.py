"""What tests of sending share: one sandbox platform, given anew to each test."""

from collections.abc import Iterator

import pytest

from sandbox.line.serve import RunningPlatform, running_platform


@pytest.fixture(scope="session")
def shared_platform() -> Iterator[RunningPlatform]:
    """Give one sandbox platform for all tests here."""
    with running_platform() as started:
        yield started


@pytest.fixture
def platform(shared_platform: RunningPlatform) -> RunningPlatform:
    """Give the platform anew: some thousand friends, nothing was sent, nothing goes wrong."""
    shared_platform.control.ask("reset", rate_factor=100.0, monthly_limit=None)
    shared_platform.control.friends(6_000)
    return shared_platform
