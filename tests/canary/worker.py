"""A worker for rehearsals: a process that runs the flows one after another, as it is told through a socket.

Run as a module with the number of the socket's descriptor. What it prints is searched like everything else.
"""

import importlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from tests.canary.steps import READY, Outcome, Step


def main() -> None:
    """Serve until the other end closes."""
    from prefect.settings import (  # noqa: PLC0415 - the parent needs the messages above without Prefect
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        temporary_settings,
    )

    told = Connection(int(sys.argv[1]))
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        told.send(READY)
        while True:
            try:
                step = told.recv()
            except EOFError:
                return
            told.send(run(step))


def run(step: Step) -> Outcome:
    """Run one step to its final state."""
    module, _, name = step.name.rpartition(".")
    began = time.monotonic()
    with _surroundings(step.environment), _stumbling(step) as met:
        state = getattr(importlib.import_module(module), name)(**step.parameters, return_state=True)
    return Outcome(state.type.value, state.message or "", bool(met), time.monotonic() - began)


@contextmanager
def _surroundings(changed: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(changed)
    yield
    os.environ.clear()
    os.environ.update(before)


@contextmanager
def _stumbling(step: Step) -> Iterator[list[str]]:
    """Let the stores be opened as ever, but for the one time at which the step is to stumble."""
    from tasks import ingest  # noqa: PLC0415 - as above
    from tayori import office  # noqa: PLC0415 - as above
    from tayori.warehouse import engines  # noqa: PLC0415 - as above
    from tests.canary.stumbles import STUMBLES  # noqa: PLC0415 - as above

    opened, met, real = [0], [], engines.open_store

    def open_store(url: str, **how: Any) -> Any:  # noqa: ANN401 - stands in for the real one
        opened[0] += 1
        if opened[0] == step.stumble:
            kind = STUMBLES[step.stumble % len(STUMBLES)]
            met.append(kind.__name__)
            kind(step.broken)
        return real(url, **how)

    changed: list[tuple[Any, str, Any]] = [(office, "open_store", open_store)]
    if step.patience != Step.patience:
        changed += [(engines, "BUSY_SECONDS", step.patience), (ingest, "TROUBLE_SECONDS", step.patience)]
    before = [(module, name, getattr(module, name)) for module, name, _ in changed]
    for module, name, value in changed:
        setattr(module, name, value)
    yield met
    for module, name, value in before:
        setattr(module, name, value)


if __name__ == "__main__":
    main()
