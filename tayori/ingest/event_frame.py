"""Events as a frame that the gate judges, and what each type of event means for us."""

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from tayori.line.webhook import ReducedEvent

FRAME_COLUMNS: Final = ("event_id", "event_type", "mode", "at_ms", "redelivered", "source_type", "line_user_id")
"""The contract of a frame of events: exactly these. What a reply would need (token) is no business of the gate."""

SUITE: Final = "events"
LIVE_SUITE: Final = "events_live"

FOLLOWS: Final[Mapping[str, bool]] = {"follow": True, "unfollow": False}
KNOWN_TYPES: Final = frozenset(
    {
        "message",
        "unsend",
        "messageEdited",
        "postback",
        "accountLink",
        "beacon",
        "videoPlayComplete",
        "membership",
        "join",
        "leave",
        "memberJoined",
        "memberLeft",
        "activated",
        "deactivated",
        "botSuspended",
        "botResumed",
        "module",
        "delivery",
    }
)
"""Types of LINE's webhook that we know and leave alone: nothing of them is kept (L5)."""

UNKNOWN_TYPE: Final = "unknown_type"
STANDBY: Final = "standby"
NO_PERSON: Final = "no_person"


def event_frame(events: Sequence[ReducedEvent]) -> pd.DataFrame:
    """Build the frame of a block of events, a row each in their order."""
    kind, at_ms, event_id, mode, redelivered, source, line_id, _, _ = zip(*events, strict=True)
    columns = (event_id, kind, mode, at_ms, redelivered, source, line_id)
    frame = pd.DataFrame(dict(zip(FRAME_COLUMNS, columns, strict=True)))
    return frame.astype({"line_user_id": "str"})  # a block without persons would have no type of its own


def why_ignored(event: ReducedEvent) -> str | None:
    """Give the reason for which an event that passed the gate changes nothing; None for one that does."""
    if event.mode == STANDBY:
        return STANDBY
    if event.source_type in {"group", "room"}:
        return event.source_type
    if event.event_type not in FOLLOWS:
        return event.event_type if event.event_type in KNOWN_TYPES else UNKNOWN_TYPE
    return NO_PERSON if event.line_user_id is None else None
