"""LINE's own check of the messages: asked at submission, so that nobody approves what LINE will refuse."""

from collections.abc import Callable, Sequence

from tayori.broadcast.guards.objection import Objection

AskFaults = Callable[[bytes], Sequence[str]]
"""Gives the places of stored messages that LINE objects to; none where all is well."""


def faulty(faults: Sequence[str] | None) -> Objection | None:
    """Object to messages that LINE would refuse; the places are named, never the text."""
    if not faults:
        return None
    return Objection(f"LINE would refuse the messages at {', '.join(faults)}; write that part anew.")
