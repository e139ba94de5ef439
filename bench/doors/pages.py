"""Every page of all doors in a real Chromium, in every view, light and dark: what axe-core has to report."""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from tests.path.beside import beside_the_path
from tests.path.house import running_house
from tests.path.walk import the_path
from tests.support.axe import violations
from tests.support.builders import TestClock, an_office
from tests.support.chromium import Tab, running_chromium
from tests.support.readable import VIEWS


def measure(folder: Path) -> Mapping[str, float]:
    """Give `pages`, and `axe_violations`: the elements that axe-core objects to, each counted once for each look."""
    clock = TestClock()
    office = an_office(folder / "home", clock)
    found: dict[str, int] = {}
    with running_house(folder / "nginx", office, clock) as house, running_chromium() as tab:
        for page in chain(the_path(tab, house, folder), beside_the_path(tab, house)):
            found[page] = sum(_objected(tab, dark=dark) for dark in (False, True))
    office.close()
    return {"pages": len(found), "axe_violations": sum(found.values())}


def _objected(tab: Tab, *, dark: bool) -> int:
    count = 0
    for view in VIEWS:
        tab.look(*view, dark=dark)
        count += sum(len(elements) for _, elements in violations(tab))
    return count
