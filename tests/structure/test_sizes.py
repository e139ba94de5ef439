"""A function fits on a screen, a file in a head."""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("bench", "cli", "expectations", "flows", "sandbox", "tasks", "tayori", "tests", "web")
GENERATED = ROOT / "tayori" / "warehouse" / "migrations" / "versions"
LONGEST_FILE, LONGEST_FUNCTION = 400, 50
FILES = sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py") if GENERATED not in path.parents)


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_and_no_function_is_too_long(path: Path) -> None:
    """At most 400 lines a file, 50 a function."""
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE
    assert [name for name, lines in _functions(path) if lines > LONGEST_FUNCTION] == []


def test_functions_are_short_as_a_rule() -> None:
    """The median function has at most ten lines, nine of ten at most 28."""
    lengths = sorted(lines for path in FILES if "tests" not in path.parts for _, lines in _functions(path))
    assert statistics.median(lengths) <= 10
    assert lengths[len(lengths) * 9 // 10] <= 28
