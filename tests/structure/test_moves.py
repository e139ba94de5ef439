"""A broadcast's state changes in one place, with its line in the access log; the tables of steps hold together."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tayori.domain.states import BATCH_STEPS, BROADCAST_STEPS, CASE_STEPS

TREE = Path(__file__).resolve().parents[2]
MOVES = TREE / "tayori" / "broadcast" / "moves.py"
MACHINES = [BROADCAST_STEPS, BATCH_STEPS, CASE_STEPS]


def _moves(path: Path) -> list[int]:
    """The lines of a module that call `broadcasts.move`."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if ast.unparse(call.func) == "broadcasts.move"]


def test_only_one_function_changes_a_broadcasts_state() -> None:
    """I5: whoever moves a broadcast goes through `moves.move`, which writes who did it."""
    found = {
        path: _moves(path)
        for part in ("tayori", "tasks", "flows", "cli", "web")
        for path in TREE.glob(f"{part}/**/*.py")
    }
    assert [path for path, lines in found.items() if lines] == [MOVES]


@pytest.mark.parametrize("machine", MACHINES)
def test_every_state_is_reached_and_leads_to_an_end(machine: Mapping[Any, frozenset[Any]]) -> None:
    """No state is out of reach, none is a trap, and every step leads to a state of the table."""
    begin = next(iter(machine))
    reached, front = {begin}, {begin}
    while front:
        front = {after for before in front for after in machine[before]} - reached
        reached |= front
    assert reached == set(machine)
    ends = {state for state, following in machine.items() if not following}
    while more := {state for state, following in machine.items() if following & ends} - ends:
        ends |= more
    assert ends == set(machine)
