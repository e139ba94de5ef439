"""Asking LINE, as this installation knows it: what the guards want to hear from outside, each as a function.

LINE's SDK takes more than a second to load; whoever asks nothing never loads it.
"""

from collections.abc import Sequence
from typing import Final

from tayori.broadcast.guards.quota import AskRoom, Room, room_at
from tayori.broadcast.guards.validation import AskFaults
from tayori.settings import Settings

NO_UNIT: Final = "check"  # nothing is sent, so nothing is counted under it


def asking_room(settings: Settings) -> AskRoom:
    """Give what asks LINE how many messages the month still holds."""

    def ask() -> Room:
        from tayori.line.client import LineClient  # noqa: PLC0415 - start-up time, as above

        return room_at(LineClient.from_settings(settings))

    return ask


def asking_faults(settings: Settings) -> AskFaults | None:
    """Give what lets LINE check messages; None in a rehearsal that has neither LINE nor a sandbox."""
    if not settings.line_base:
        return None

    def ask(messages: bytes) -> Sequence[str]:
        from tayori.line.client import LineClient, content_of  # noqa: PLC0415 - start-up time, as above

        return LineClient.from_settings(settings).faults_in(content_of(messages, NO_UNIT))

    return ask
