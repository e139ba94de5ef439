"""Under which conditions a sender is killed, and what became of the residents then, in counts."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum

from tests.support.kills.wards import Store


class Mode(StrEnum):
    """Under which conditions the sender is killed."""

    ALONE = "alone"
    FAULTS = "faults"
    REFUSALS = "refusals"  # faults, and LINE refuses some ids by a 400 that names them
    WORKERS = "workers"
    PREFECT = "prefect"


@dataclass
class Outcome:
    """What became of a trial, in counts: `missed`, `doubled` and `stray` are people by the platform's own ledger.

    `undecided`: people of whom we do not know at the end; `unsent`: people whose batch is still planned; `unsure`: how
    far our count of those whom LINE accepted is from the platform's; `altered`: requests that came under a key that was
    used for another one; `redrawn`: draws that hit no living sender before its last state write.
    """

    seed: int
    store: Store
    mode: Mode
    where: list[str] = field(default_factory=list)
    missed: int = 0
    doubled: int = 0
    stray: int = 0
    undecided: int = 0
    unsent: int = 0
    unsure: int = 0
    altered: int = 0
    redrawn: int = 0
    faults: int = 0
    jumped: bool = False
    seconds: float = 0.0

    @property
    def kills(self) -> int:
        """How often a living sender was killed before its last state write."""
        return len(self.where)

    @property
    def is_clean(self) -> bool:
        """Whether everybody approved got it once, and we know it.

        Where clocks jumped past the twelve hours, whoever did not get it is left to a person, or still planned.
        """
        wrong = self.doubled or self.stray or self.altered
        if self.jumped:
            return not wrong and self.missed <= self.undecided + self.unsent
        return not (wrong or self.missed or self.undecided or self.unsure)

    def __str__(self) -> str:
        figures = {name: value for name, value in asdict(self).items() if name not in {"where", "seconds"}}
        words = " ".join(f"{name}={value}" for name, value in figures.items())
        return f"{words} kills={self.kills} [{'; '.join(self.where)}] {self.seconds:.1f} s"
