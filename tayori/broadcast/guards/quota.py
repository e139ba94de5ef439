"""LINE's quota: how many messages the month still holds, asked before anything is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tayori.broadcast.guards.objection import Objection
from tayori.errors import TayoriError


class Account(Protocol):
    """What is asked of LINE: the month's limit, and what the month has carried."""

    def quota(self) -> int | None:
        """How many messages the month may carry; None without a limit."""

    def consumption(self) -> int:
        """About how many it has carried."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many messages the month still holds; None: as many as one likes. Or why LINE could not be asked."""

    left: int | None
    trouble: TayoriError | None = None


AskRoom = Callable[[], Room]


def room_at(line: Account) -> Room:
    """Ask LINE how many messages the month still holds.

    Raises:
        Unavailable: LINE could not be asked.

    """
    limit = line.quota()
    return Room(None if limit is None else max(0, limit - line.consumption()))


def asked(ask: AskRoom) -> Room:
    """Ask now, and keep what went wrong until the other guards have spoken."""
    try:
        return ask()
    except TayoriError as trouble:
        return Room(0, trouble)


def too_small(room: Room | None, approved: int) -> Objection | None:
    """Object to a broadcast that the month's rest does not hold in full.

    Raises:
        Unavailable, Refused: LINE could not be asked; the broadcast is refused, not held, and stays approved.

    """
    if room is not None and room.trouble is not None:
        raise room.trouble
    if room is None or room.left is None or room.left >= approved:
        return None
    return Objection(
        f"LINE's quota holds {room.left} more messages this month, {approved} people were approved. "
        "Narrow it, widen the plan, or wait for the next month."
    )
