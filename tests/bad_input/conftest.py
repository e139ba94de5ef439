"""What the tests of bad input share: an office made once, a desk of one's own, the command in this process."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest

from cli import app as command
from sandbox.demo.world import ROOT
from tests.bad_input.office import Desk, Said, build, copied

EXAMPLES = ("desk_list.yaml", "call_centre.yaml")


class Asked(Protocol):
    """A command line, and what the environment says."""

    @property
    def line(self) -> str:
        """The words after `tayori`."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Settings beside the desk's own."""


class Tayori:
    """The command at a desk."""

    def __init__(self, desk: Desk, environment: pytest.MonkeyPatch, caught: pytest.CaptureFixture[str]) -> None:
        self._desk, self._environment, self._caught = desk, environment, caught

    def __call__(self, asked: Asked) -> Said:
        """Run a case's command in this process."""
        return self.run(asked.line, asked.environment)

    def run(self, line: str, more: Mapping[str, str] | None = None) -> Said:
        """Run a command line in this process."""
        with self._environment.context() as here:
            for name, value in (self._desk.environment | dict(more or {})).items():
                here.setenv(name, value)
            code = command.run(self._desk.words(line))
        said = self._caught.readouterr()
        return Said(code, said.out, said.err)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Make the office once."""
    with pytest.MonkeyPatch.context() as environment:
        return build(tmp_path_factory.mktemp("office"), environment)


@pytest.fixture
def desk(made: Desk, tmp_path: Path) -> Desk:
    """Give a desk of one's own."""
    for name in EXAMPLES:
        shutil.copy(ROOT / "docs" / "examples" / name, tmp_path / name)
    return copied(made, tmp_path)


@pytest.fixture
def tayori(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tayori:
    """Give the command as it runs in this process."""
    monkeypatch.chdir(desk.folder)
    return Tayori(desk, monkeypatch, capsys)
