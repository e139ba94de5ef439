"""The burst breaker: a feed or a mistake that starts one broadcast after the other is stopped after a few."""

from tayori.broadcast.guards.objection import Objection
from tayori.domain.sending_policy import Burst


def too_many(started: int, policy: Burst) -> Objection | None:
    """Object to one more start where so many broadcasts started lately, in all genres together."""
    if started < policy.broadcasts:
        return None
    return Objection(
        f"{started} broadcasts started within {policy.minutes} minutes; more than {policy.broadcasts} are held, "
        "for somebody to look whether all of them are meant."
    )
