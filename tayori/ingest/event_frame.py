"""Events in columns: the frame that the gate judges, and what each type of event means for us."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from tayori.line.webhook import ReducedEvent

FRAME_COLUMNS: Final = ("event_id", "event_type", "mode", "at_ms", "redelivered", "source_type", "line_user_id")
"""The contract of a frame of events: exactly these. What a reply would need is left behind here."""

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


@dataclass(slots=True)
class EventColumns:
    """Events in the order in which they came, a list for each column: a million of them leave no objects behind."""

    row_no: list[int] = field(default_factory=list)
    event_id: list[str] = field(default_factory=list)
    event_type: list[str] = field(default_factory=list)
    mode: list[str] = field(default_factory=list)
    at_ms: list[int] = field(default_factory=list)
    redelivered: list[bool] = field(default_factory=list)
    source_type: list[str] = field(default_factory=list)
    line_user_id: list[str | None] = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        return len(self.row_no)

    def add(self, row_no: int, event: ReducedEvent) -> None:
        """Add an event that a row brought."""
        event_type, at_ms, event_id, mode, redelivered, source_type, line_user_id, _, _ = event
        self.row_no.append(row_no)
        self.event_id.append(event_id)
        self.event_type.append(event_type)
        self.mode.append(mode)
        self.at_ms.append(at_ms)
        self.redelivered.append(redelivered)
        self.source_type.append(source_type)
        self.line_user_id.append(line_user_id)

    def frame(self) -> pd.DataFrame:
        """Build the frame, a row each in their order."""
        frame = pd.DataFrame({name: getattr(self, name) for name in FRAME_COLUMNS})
        return frame.astype({"line_user_id": "str"})  # a block without persons would have no type of its own

    def event(self, position: int) -> ReducedEvent:
        """Give back one event."""
        return ReducedEvent(
            event_type=self.event_type[position],
            at_ms=self.at_ms[position],
            event_id=self.event_id[position],
            mode=self.mode[position],
            redelivered=self.redelivered[position],
            source_type=self.source_type[position],
            line_user_id=self.line_user_id[position],
        )

    def only(self, positions: Sequence[int]) -> "EventColumns":
        """Give the events at some positions, in that order."""
        names = ("row_no", *FRAME_COLUMNS)
        return EventColumns(**{name: _picked(getattr(self, name), positions) for name in names})

    def kinds(self) -> Iterator[tuple[str, str, str]]:
        """Give mode, source and type of each event."""
        return zip(self.mode, self.source_type, self.event_type, strict=True)


def _picked(column: list[Any], positions: Sequence[int]) -> list[Any]:
    return [column[position] for position in positions]


def why_ignored(mode: str, source_type: str, event_type: str) -> str | None:
    """Give the reason for which events of a kind that passed the gate change nothing; None for those that do."""
    if mode == STANDBY:
        return STANDBY
    if source_type in {"group", "room"}:
        return source_type
    if event_type not in FOLLOWS:
        return event_type if event_type in KNOWN_TYPES else UNKNOWN_TYPE
    return None if source_type == "user" else NO_PERSON
