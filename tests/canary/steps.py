"""What a worker is told, and what it answers."""

from dataclasses import dataclass, field
from typing import Any

READY = "ready"


@dataclass(frozen=True)
class Step:
    """What to run: a flow or a task by its dotted name, its parameters, and what the environment says meanwhile.

    `stumble` lets the store fail at its n-th opening with the n-th kind of error, which carries `broken` in its text.
    `patience` is how many seconds a store may be locked or away before that is told; 30 is what everybody has.
    """

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    stumble: int = 0
    broken: str = ""
    patience: int = 30


@dataclass(frozen=True)
class Outcome:
    """How a step ended: the type and message of its Prefect state, whether the stumble was met, how long it took."""

    type: str
    message: str
    stumbled: bool
    seconds: float
