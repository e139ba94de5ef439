"""Bad input through the command itself: one clear sentence, the right exit code, nothing lost, nothing half done."""

import sqlite3
from contextlib import closing

import pytest

from tests.bad_input import cases, store_cases
from tests.bad_input.cases import Case
from tests.bad_input.conftest import Tayori
from tests.bad_input.office import PHRASES, VALUE, Desk, Said, changed_tables
from tests.support.traces import rows_of

TABLES = (
    cases.ENCODINGS,
    cases.EMPTY,
    cases.TRUNCATED,
    cases.COLUMNS,
    cases.MAPPINGS,
    cases.CONDITIONS,
    cases.MESSAGES,
    cases.BROADCASTS,
    cases.KINDS,
    cases.ROSTER,
    store_cases.KEYS,
    store_cases.STORES,
    store_cases.SETTINGS,
    store_cases.OUTSIDE,
)
CASES = {name: case for table in TABLES for name, case in table.items()}
ALONE = [name for name, case in CASES.items() if case.alone]


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_in_one_sentence_and_leaves_no_trace(name: str, desk: Desk, tayori: Tayori) -> None:
    """Exit code and sentence are the case's; no value, no traceback; every store and key is as it was before."""
    case = CASES[name]
    prepare(desk, case)
    before = desk.holds()
    with case.trouble(desk):
        said = tayori(case)
    assert_told(case, said)
    assert changed_tables(before, desk.holds()) <= case.changes


@pytest.mark.slow
@pytest.mark.parametrize("name", ALONE)
def test_a_process_of_its_own_says_the_same(name: str, desk: Desk) -> None:
    """What holds in a test holds at a terminal: the process ends with the code, and prints the sentence alone."""
    case = CASES[name]
    prepare(desk, case)
    before = desk.holds()
    with case.trouble(desk):
        said = desk.as_process(case.line, case.environment)
    assert_told(case, said)
    assert changed_tables(before, desk.holds()) <= case.changes


def test_no_run_is_left_open(desk: Desk, tayori: Tayori) -> None:
    """A story that is refused after it began is written down as refused, not left to look as if it went on."""
    said = tayori(store_cases.SETTINGS["LINE that is away"])
    assert said.code == cases.UNAVAILABLE
    with desk.open() as office:
        rows = [row for table, row in rows_of(office) if table == "run"]
    assert [(row["story"], row["outcome"]) for row in rows] == [("reconcile", "refused")]


def prepare(desk: Desk, case: Case) -> None:
    for name, content in case.files.items():
        path = desk.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o600)
    if case.before:
        with closing(sqlite3.connect(desk.home / "warehouse.db")) as opened, opened:
            assert opened.execute(case.before.format(**desk.broadcasts)).rowcount > 0


def assert_told(case: Case, said: Said) -> None:
    lines = [line for line in said.err.splitlines() if line.strip()]
    assert (said.code, said.out, len(lines)) == (case.code, "", 1), said
    assert case.says in said.err
    assert "Traceback" not in said.err
    assert not any(secret in said.err for secret in (VALUE, *PHRASES.values()))
    assert lines[0].endswith((".", "。")), "a sentence ends"
