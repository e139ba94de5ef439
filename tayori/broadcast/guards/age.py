"""Age and delay: content that is stale, and a start that comes too late behind its plan."""

from datetime import datetime, timedelta
from typing import Final

from tayori.broadcast.guards.objection import Effect, Objection
from tayori.domain.sending_policy import WARD_TIME, Late, Lateness

EFFECTS: Final = {Late.HOLD: Effect.HOLD, Late.DROP: Effect.DROP}


def too_old(content_at: datetime, now: datetime, longest: timedelta) -> Objection | None:
    """Object to content whose own time lies further back than the genre allows."""
    if now - content_at <= longest:
        return None
    return Objection(
        f"The content is of {_day(content_at)}, {_span(now - content_at)} old; the genre allows {_span(longest)}."
    )


def too_late(planned: datetime, now: datetime, policy: Lateness) -> Objection | None:
    """Object to a start further behind the planned moment than the genre allows, unless it is to go out anyway."""
    if policy.then is Late.SEND or now - planned <= policy.after:
        return None
    sentence = f"It is {_span(now - planned)} behind its planned moment; the genre allows {_span(policy.after)}."
    return Objection(sentence, EFFECTS[policy.then])


def window_over(not_after: datetime, now: datetime) -> Objection | None:
    """Object to a start after the window that both handlers signed."""
    return Objection("The window of the broadcast is over; nothing was sent.") if now >= not_after else None


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(WARD_TIME):%Y-%m-%d %H:%M}"


def _span(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.1f} hours"  # noqa: PLR2004 - two days are days
