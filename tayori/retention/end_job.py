"""One erasure of a contract at work: what it is given from outside, and the steps that it wrote down."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, RunId
from tayori.office import Office
from tayori.retention.backups import Backups, NoBackups
from tayori.retention.closing import DoorAnswers, no_door
from tayori.vault.roster import Credential
from tayori.warehouse import closing, journal
from tayori.warehouse.closing import ClosingRow, ClosingState
from tayori.warehouse.engines import reading, writing

OTHER: Final = {Contract.LINE: Contract.OPINIONS, Contract.OPINIONS: Contract.LINE}

Forget = Callable[[Contract], Mapping[str, int]]


def _nothing(_point: str) -> None: ...


def _no_runs(_contract: Contract) -> Mapping[str, int]:
    return {}


@dataclass(frozen=True, slots=True)
class Around:
    """What the erasure is given from outside: the door, backups, Prefect's records, further folders, named points."""

    door_answers: DoorAnswers = no_door
    backups: Backups = field(default_factory=NoBackups)
    forget_runs: Forget = _no_runs
    places: Mapping[str, Path] = field(default_factory=dict)
    beyond: Sequence[str] = ()
    between: Callable[[str], None] = _nothing
    pdf: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One erasure at work."""

    office: Office
    by: Credential
    witness: Credential
    row: ClosingRow
    around: Around

    @property
    def run_id(self) -> RunId:
        """The id under which its steps and its certificate stand."""
        return RunId(self.row.closing_id)

    @property
    def contract(self) -> Contract:
        """The contract that ends."""
        return self.row.contract

    @property
    def evidence(self) -> Evidence:
        """Who erases, and what for."""
        return Evidence(self.by.handler_id, Purpose.CLOSING)

    @property
    def other_goes_on(self) -> bool:
        """Whether the other contract still does."""
        with reading(self.office.warehouse) as warehouse:
            row = closing.last(warehouse, OTHER[self.contract])
        return row is None or row.state is not ClosingState.CLOSED

    def steps(self) -> dict[str, journal.StepRow]:
        """What is done."""
        with reading(self.office.warehouse) as warehouse:
            return journal.finished_steps(warehouse, self.run_id)

    def finish(self, step: str, found: Mapping[str, Any]) -> None:
        """Write down that a step is done."""
        with writing(self.office.warehouse) as warehouse:
            journal.finish_step(warehouse, self.run_id, step, found, self.office.now())
