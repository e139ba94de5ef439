"""The audience: nobody, too few, everybody, or not those who were approved."""

from tayori.broadcast.guards.objection import Objection
from tayori.domain.approval import drifted
from tayori.domain.segments import Everyone, Segment


def nobody(count: int) -> Objection | None:
    """Object to an audience of nobody: an empty condition never means everybody (I7)."""
    return Objection("The segment matches nobody any more; nothing was sent.") if count == 0 else None


def moved(approved: int | None, count: int, margin: float) -> Objection | None:
    """Object to an audience that came or went by more than the margin since it was approved."""
    if approved is None or not drifted(approved, count, margin):
        return None
    return Objection(
        f"{approved} people were approved, {count} would get it: more than {margin:.0%} apart. Approve it again."
    )


def too_few(count: int, smallest: int, reason: str | None) -> Objection | None:
    """Object to a small audience for which nobody gave a reason."""
    if count >= smallest or (reason and reason.strip()):
        return None
    return Objection(f"Fewer than {smallest} people would get it, and no reason was given.")


def everybody(segment: Segment, count: int, chosen: int) -> Objection | None:
    """Object to a condition that narrows to nobody less than all who chose the genre, where `everyone` is not said."""
    if isinstance(segment, Everyone) or count < chosen:
        return None
    return Objection("The segment matches everybody who chose the genre; write `everyone: true` if that is meant.")
