"""What a guard says when it says no: one sentence, what becomes of the broadcast, and as which error it is told."""

from dataclasses import dataclass
from enum import StrEnum

from tayori.errors import Refused, TayoriError


class Effect(StrEnum):
    """What an objection does to a broadcast that was about to start."""

    HOLD = "holds"  # a handler has to look at it
    DROP = "drops"  # cancelled, by the ward's own policy
    WAIT = "waits"  # not yet; it stays approved


@dataclass(frozen=True, slots=True)
class Objection:
    """A guard's no."""

    sentence: str
    effect: Effect = Effect.HOLD
    error: type[TayoriError] = Refused
