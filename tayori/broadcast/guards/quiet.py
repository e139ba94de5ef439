"""Quiet hours: nothing starts at night. A broadcast that meets them stays approved and waits."""

from datetime import datetime

from tayori.broadcast.guards.objection import Effect, Objection
from tayori.domain.sending_policy import SendingPolicy, quiet_until


def too_quiet(policy: SendingPolicy, genre: int, now: datetime) -> Objection | None:
    """Object to a start within the genre's quiet hours."""
    until = quiet_until(policy, genre, now)
    if until is None:
        return None
    return Objection(f"These are quiet hours; the broadcast is not due until {until:%H:%M}.", Effect.WAIT)
