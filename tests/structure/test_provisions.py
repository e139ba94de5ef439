"""docs/provisions.md stays true: every clause of the papers has code and test that exist, or a line of the roadmap."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLAUSES = [
    *(f"L{number}" for number in range(1, 19)),
    *(f"P{number}" for number in (*range(2, 16), 18, 19)),
    *(f"O{number}" for number in range(1, 11)),
]
ROW = re.compile(r"^\| ([LOP]\d+) \|(.*)\|(.*)\|(.*)\|$", re.MULTILINE)
PLANNED = "planned"


def _rows() -> dict[str, tuple[str, str]]:
    text = (ROOT / "docs" / "provisions.md").read_text("utf-8")
    found = [(clause, (code.strip(), test.strip())) for clause, _, code, test in ROW.findall(text)]
    assert len(found) == len(dict(found)), "a clause stands twice"
    return dict(found)


def test_every_clause_stands_once() -> None:
    """No clause of the two papers is left out, none is invented."""
    assert sorted(_rows()) == sorted(CLAUSES)


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_is_kept_by_code_and_test_or_is_planned(clause: str) -> None:
    """Each path exists; what is planned has its line in the roadmap, what is kept has at least one test."""
    code, test = _rows()[clause]
    paths = re.findall(r"`([^`]+)`", code + test)
    assert [path for path in paths if not (ROOT / path).exists()] == []
    if PLANNED in (code, test):
        planned = (ROOT / "docs" / "roadmap.md").read_text("utf-8")
        assert re.search(rf"^\| {clause} \|", planned, re.MULTILINE) or re.search(rf"\b{clause}\b", planned)
    else:
        assert re.search(r"`tests/[^`]+`", test)


def test_every_path_of_the_page_exists() -> None:
    """Clauses and invariants alike: code and test that the page names are there."""
    text = (ROOT / "docs" / "provisions.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    paths = {path for line in rows for path in re.findall(r"`([^`]+/[^`]+\.\w+)`", line)}
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
