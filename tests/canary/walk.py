"""A walk under way: which flow met what, how it ended, and how it had to end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tayori.office import Office
from tests.canary.marks import Marks
from tests.canary.steps import Outcome
from tests.canary.world import Worker, World

MOST_OPENINGS = 60
WELL, BADLY = "COMPLETED", "FAILED"
ASKED_AGAIN = {"broadcast", "dispatch"}  # their last step is done again after a trouble of the store
FLOWS = {
    "ingest": "flows.ingest.ingest",
    "broadcast": "flows.broadcast.broadcast",
    "plan": "flows.plan.plan",
    "dispatch": "flows.dispatch.dispatch",
    "backup": "flows.backup.backup",
    "reconcile": "flows.reconcile.reconcile",
    "retention": "flows.retention.retention",
    "ingest_opinions": "flows.ingest_opinions.ingest_opinions",
    "opinion_analysis": "flows.opinion_analysis.opinion_analysis",
    "watch": "flows.watch.watch",
    "feeds": "flows.feeds.feeds",
    "results": "flows.results.results",
    "receipts": "flows.receipts.receipts",
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "ingest": {"order": {"seconds": 0}},
    "broadcast": {"order": {"broadcast_id": f"b-{0:016x}"}},
    "opinion_analysis": {"period": {}},
}


@dataclass(frozen=True)
class Met:
    """One thing that a flow met, how it ended, and how it had to end."""

    flow: str
    what: str
    expected: str
    outcome: Outcome


@dataclass
class Walk:
    """A walk under way: the world, the worker in hand, what was met so far."""

    world: World
    worker: Worker
    met: list[Met] = field(default_factory=list)

    @property
    def office(self) -> Office:
        """The office."""
        return self.world.office

    @property
    def marks(self) -> Marks:
        """The marks."""
        return self.world.marks

    def fails(self, flow: str, what: str, parameters: Mapping[str, Any] | None = None, **how: Any) -> None:  # noqa: ANN401
        """Run a flow that has to fail."""
        self._run(flow, what, BADLY, parameters, **how)

    def ends_well(self, flow: str, what: str, parameters: Mapping[str, Any] | None = None, **how: Any) -> None:  # noqa: ANN401
        """Run a flow that has to get to its end."""
        self._run(flow, what, WELL, parameters, **how)

    def stumbles_through(self, flow: str, each: Callable[[], Mapping[str, Any] | None] = lambda: None) -> None:
        """Run a flow again and again, each time with an error at the next opening of a store, until it gets through.

        `each` prepares a try and gives its parameters.
        """
        for opening in count(1):
            what = f"an error at opening {opening}"
            if not self._run(flow, what, None, each(), stumble=opening, broken=self.marks.broken).stumbled:
                return
            assert opening < MOST_OPENINGS

    def _run(
        self,
        flow: str,
        what: str,
        expected: str | None,
        parameters: Mapping[str, Any] | None,
        **how: Any,  # noqa: ANN401 - fields of a step
    ) -> Outcome:
        outcome = self.worker.run(FLOWS[flow], parameters or PARAMETERS.get(flow), **how)
        overcome = flow in ASKED_AGAIN and outcome.type == WELL
        required = expected or (BADLY if outcome.stumbled and not overcome else WELL)
        self.met.append(Met(flow, what, required, outcome))
        return outcome
