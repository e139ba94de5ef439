"""Programs that `tayori up` starts and ends: each a child in a session of its own; only these are ever signalled."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from tayori.errors import Unavailable

START_SECONDS: Final = 120
END_SECONDS: Final = 20
GLANCE_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Child:
    """A program that runs: its name, its process, and the file that holds what it says."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None


@dataclass(slots=True)
class Household:
    """The children, in the order in which they were started; they are ended in the other order."""

    logs: Path
    children: list[Child] = field(default_factory=list)

    def start(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> Child:
        """Start a program. What it says goes to a file of its own; it reads nothing."""
        self.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.logs / f"{name}.log"
        with path.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own programs
                [str(word) for word in command],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        child = Child(name, process, path)
        self.children.append(child)
        return child

    def wait_until_it_answers(self, child: Child, url: str) -> None:
        """Wait until a child answers at an address.

        Raises:
            Unavailable: it ended, or did not answer in time.

        """
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and not child.ended:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(url, timeout=2).status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                    return
            time.sleep(GLANCE_SECONDS)
        raise Unavailable(f"{child.name} did not start; what it said is in {child.log}.")

    def one_that_ended(self) -> Child | None:
        """Give a child that ended by itself, if there is one."""
        return next((child for child in self.children if child.ended), None)

    def end(self) -> None:
        """Ask every child to end, the last one first; end by force what does not in time."""
        for child in reversed(self.children):
            self._signal(child, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(END_SECONDS)
            self._signal(child, signal.SIGKILL)
            child.process.wait()

    def _signal(self, child: Child, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.process.pid, number)
