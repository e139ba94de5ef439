"""Builders: a test says what matters, the builder fills in the rest. Every person here is a dummy."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from tayori.domain.identifiers import DUMMY_PREFIX, LineUserId
from tayori.office import Office, set_up
from tayori.settings import Settings

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # a Monday, 10:00 in Tokyo


@dataclass
class TestClock:
    """A clock that moves only when told to."""

    __test__ = False
    moment: datetime = START

    def __call__(self) -> datetime:
        """Give the moment."""
        return self.moment

    def forward(self, **span: float) -> datetime:
        """Move on by a timedelta's arguments."""
        self.moment += timedelta(**span)
        return self.moment


def a_line_id(number: int) -> LineUserId:
    """Give the LINE id of the n-th dummy person."""
    return LineUserId(f"{DUMMY_PREFIX}{number:024x}")


def some_settings(home: Path, **changes: object) -> Settings:
    """Give settings of a rehearsal in a folder."""
    return Settings(_env_file=None, home=home, **changes)  # type: ignore[arg-type]


def an_office(home: Path, clock: TestClock | None = None, seed: int = 0, **changes: object) -> Office:
    """Give an office with stores and keys set up."""
    settings = some_settings(home, **changes)
    moving = clock or TestClock()
    set_up(settings, moving())
    return Office(settings, moving, Random(seed))  # noqa: S311 - replayable on purpose
