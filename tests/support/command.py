"""The command `tayori`, run in this process: what it said, and with which exit code."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli import app as command


@dataclass(frozen=True)
class Said:
    """What the command said: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """Standard output, read as JSON."""
        return json.loads(self.out)


Tayori = Callable[..., Said]


def runner(capsys: pytest.CaptureFixture[str]) -> Tayori:
    """Give the command: words in, what it said out."""

    def run(*words: object) -> Said:
        code = command.run([str(word) for word in words])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


def agent_file(folder: Path, phrases: Mapping[str, str]) -> Path:
    """Write a file that tells the passphrases of handlers, readable by its owner alone."""
    agent = folder / "agent"
    agent.write_text("".join(f"{name} {phrase}\n" for name, phrase in phrases.items()))
    agent.chmod(0o600)
    return agent
