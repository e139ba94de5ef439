"""How many guards hold what they have to hold and let the right thing through: their tests are run, and counted."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from bench.figures import BENCH
from tayori.broadcast.guards.table import guard_names

TESTS: Final = Path("tests/broadcast/guards")
BOTH: Final = frozenset({"holds", "lets_through"})


def measure(folder: Path) -> Mapping[str, float]:
    """Give `guards`: guards of which a test that holds and one that lets through passed, and no test failed."""
    report = folder / "guards.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not postgres", f"--junitxml={report}", str(TESTS)]
    subprocess.run(command, cwd=BENCH.parent, check=False, stdout=subprocess.DEVNULL)
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314 - our own file
    shown = [name for name in guard_names() if _is_shown([case for case in cases if _of(name, case)])]
    return {"guards": len(shown), "guards_in_all": len(guard_names()), "guard_tests": len(cases)}


def _of(name: str, case: ET.Element) -> bool:
    return case.get("classname", "").endswith(f".test_{name}")


def _is_shown(cases: list[ET.Element]) -> bool:
    told = {word for case in cases for word in BOTH if re.search(word, case.get("name", ""))}
    return told == BOTH and not any(
        case.find("failure") is not None or case.find("error") is not None for case in cases
    )
