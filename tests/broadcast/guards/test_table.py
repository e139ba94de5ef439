"""The table of guards is whole: each with its words, its tests, and no way around it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tayori.broadcast.guards.table import GUARDS, guard_named, guard_names
from tayori.domain.sending_policy import sending_policy
from tayori.errors import BadInput

ROOT = Path(__file__).resolve().parents[3]
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
SENDERS = ("cli", "flows", "tasks", "tayori", "web")
NAMES = sorted(guard_names())


@pytest.mark.parametrize("name", NAMES)
def test_every_guard_is_shown_to_hold_and_to_let_through(name: str) -> None:
    """A guard without both tests is no guard."""
    tests = (Path(__file__).parent / f"test_{name}.py").read_text("utf-8")
    named = re.findall(r"^def test_(\w+)", tests, re.MULTILINE)
    assert any("holds" in one for one in named)
    assert any("lets_through" in one for one in named)


@pytest.mark.parametrize("name", NAMES)
def test_every_guard_tells_staff_what_it_looks_at(name: str) -> None:
    """In Japanese, and each name stands once."""
    assert JAPANESE.search(guard_named(name).looks_at)
    assert sum(one.name == name for one in GUARDS) == 1


def test_what_the_design_forbids_stays_forbidden() -> None:
    """Signatures and an empty audience are overridden by nobody, whatever the ward's policy says."""
    free = sending_policy().model_copy(update={"never_overridden": frozenset()})
    closed = {one.name for one in GUARDS if not one.may_be_overridden(free)}
    assert closed >= {"signatures", "audience_empty", "window", "validation"}


def test_a_policy_that_names_no_guard_is_refused() -> None:
    """A slip of the pen in `never_overridden` would leave a guard open: nothing starts, nothing is overridden."""
    slipped = sending_policy().model_copy(update={"never_overridden": frozenset({"qouta"})})
    with pytest.raises(BadInput, match="no guard is called qouta"):
        guard_named("quota").may_be_overridden(slipped)
    assert sending_policy().never_overridden <= guard_names()


def _starts() -> Iterator[tuple[str, ast.Call]]:
    for path in (path for part in SENDERS for path in (ROOT / part).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("freeze.start"):
                yield str(path.relative_to(ROOT)), node


def test_every_program_that_starts_a_broadcast_asks_for_the_quota() -> None:
    """`room` may be left out by tests and benches only."""
    starts = list(_starts())
    assert len(starts) >= 2
    assert [path for path, call in starts if "room" not in {word.arg for word in call.keywords}] == []
