"""Repetition: the same words again, and too much of one genre, asked of today's settings without any history (I4).

No counter and no list of who got what exists. Earlier sends are stored as segment expressions; how many of today's
audience they would reach again is one question to the database. A correction goes to a list, and is not asked.
"""

from collections import Counter

from tayori.broadcast.audiences import Reached, read_audience
from tayori.broadcast.guards.objection import Objection
from tayori.broadcast.guards.situation import Situation
from tayori.domain.segments import Segment
from tayori.domain.sending_policy import WARD_TIME, Frequency, Repetition
from tayori.domain.wording import wording
from tayori.warehouse import broadcasts, earlier


def same_words(here: Situation) -> Objection | None:
    """Object where more than the policy's share of the audience would meet the same words again."""
    if isinstance(here.audience, Reached):
        return None
    if here.is_urgent:  # a template's words are meant to be said again; its lane has a guard of its own
        return None
    policy, said = here.figures.repeated_text, wording(here.row.messages)
    before = [one for one in here.sends_of(policy.days) if wording(one.messages) == said]
    if not before:
        return None
    asked = {(one.genre, one.segment) for one in before}
    audiences = [(genre, _segment_of(here, stored)) for genre, stored in sorted(asked)]
    mine = (here.row.genre, here.segment)
    again = here.scans.of(("any", *mine, *audiences), lambda: earlier.meeting_any(here.connection, *mine, audiences))
    day = before[0].started_at.astimezone(WARD_TIME)
    return too_alike(again, here.count, policy, f"{day:%Y-%m-%d}")


def too_alike(again: int, count: int, policy: Repetition, day: str) -> Objection | None:
    """Object to so many people who would meet the same words a second time."""
    if again <= policy.share * count:
        return None
    return Objection(
        f"The same text went out on {day}; {again} of {count} people would get it again within {policy.days} days."
    )


def often(here: Situation) -> Objection | None:
    """Object where more than the policy's share of the audience had the policy's number of sends of the genre."""
    policy = here.figures.frequency
    if policy is None or isinstance(here.audience, Reached):
        return None
    mine = [one.segment for one in here.sends_of(policy.days) if one.genre == here.row.genre]
    if len(mine) < policy.sends:
        return None
    sends = Counter(_segment_of(here, stored) for stored in mine)
    times = policy.sends
    met = here.scans.of(
        ("often", here.row.genre, here.segment, frozenset(sends.items()), times),
        lambda: earlier.meeting_often(here.connection, here.row.genre, here.segment, sends, times=times),
    )
    return too_often(met, here.count, policy)


def _segment_of(here: Situation, stored: str) -> Segment:
    """Give the segment of an earlier send; a correction is taken for the broadcast that it corrected."""
    found = read_audience(stored)
    while isinstance(found, Reached):
        found = read_audience(broadcasts.find(here.connection, found.broadcast_id).segment)
    return found


def too_often(met: int, count: int, policy: Frequency) -> Objection | None:
    """Object to so many people for whom this would be one more than enough."""
    if met <= policy.share * count:
        return None
    return Objection(
        f"For {met} of {count} people this would be more than {policy.sends} sends of the genre "
        f"in {policy.days} days; put them together, or narrow it."
    )
