"""The brake: what stops the couriers of one run, and how the broadcast stands afterwards."""

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tayori.domain.states import BroadcastState
from tayori.errors import TayoriError


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run ends before everything is sent, the state that it leaves, and when it may go on by itself."""

    reason: str
    state: BroadcastState = BroadcastState.PAUSED
    resume_at: datetime | None = None


QUOTA: Final = Stop("LINE says that the month's number of messages is reached")
NOT_LET_IN: Final = Stop("LINE refuses our access token or account")
WINDOW_OVER: Final = Stop("the window of the broadcast ended")


def content_refused(status: int, places: tuple[str, ...]) -> Stop:
    """LINE objects to what is sent, not to whom: every further batch would be refused too."""
    where = f" at {', '.join(places)}" if places else ""
    return Stop(f"LINE refuses the request ({status}{where}); nothing more is sent"[:200], BroadcastState.HELD)


def no_place(refusal: TayoriError) -> Stop:
    """The rate gives no places any more: nothing goes out until somebody has looked."""
    return Stop(refusal.sentence[:200])


class Brake:
    """Stops couriers: `ease` lets those on their way settle first, `abandon` lets them drop everything at once."""

    def __init__(self) -> None:
        self.stop: Stop | None = None
        self._eased = threading.Event()
        self._abandoned = threading.Event()

    def ease(self, stop: Stop | None = None) -> None:
        """Begin nothing new; the first reason given is kept."""
        self.stop = self.stop or stop
        self._eased.set()

    def release(self) -> None:
        """Go on: what stood in the way is gone."""
        self.stop = None
        self._eased.clear()

    def abandon(self, stop: Stop | None = None) -> None:
        """Leave everything as it is; the first reason given is kept."""
        self.ease(stop)
        self._abandoned.set()

    @property
    def eased(self) -> bool:
        """Whether nothing new begins."""
        return self._eased.is_set()

    @property
    def abandoned(self) -> bool:
        """Whether everything is left as it is."""
        return self._abandoned.is_set()

    @property
    def is_the_desks(self) -> bool:
        """Whether it was put on because the desk paused the broadcast, and for nothing else."""
        return self.eased and self.stop is None and not self.abandoned

    def sleep(self, seconds: float) -> None:
        """Sleep, unless everything is abandoned meanwhile."""
        self._abandoned.wait(seconds)
