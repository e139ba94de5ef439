"""The sandbox's time: the real one, or a time that tests and rehearsals move by hand."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

Clock = Callable[[], datetime]
TOKYO: Final = timezone(timedelta(hours=9), "Asia/Tokyo")


def real_time() -> datetime:
    """Now, aware, UTC."""
    return datetime.now(UTC)


class JumpingClock:
    """A clock that runs as `base` does and can be put forward; `frozen` lets it stand between jumps."""

    def __init__(self, base: Clock = real_time, *, frozen: bool = False) -> None:
        self._base = base
        self._standing = base() if frozen else None
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        """The time now, by this clock."""
        return (self._standing or self._base()) + self._ahead

    def advance(self, by: timedelta) -> datetime:
        """Put the clock forward; the new time."""
        self._ahead += by
        return self()


def tokyo_date(moment: datetime) -> date:
    """The day that LINE's statistics count this moment to (UTC+9)."""
    return moment.astimezone(TOKYO).date()
