"""Every page of both doors in a real Chromium, light and dark: what axe-core has to report (JIS X 8341-3).

Needs Chromium, and axe-core's file in AXE_CORE.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.resident.chromium import Tab, running_chromium

from tests.opinion.builders import running_screen
from tests.opinion.test_chromium import PAGES as LETTERS
from tests.opinion.test_chromium import show
from tests.resident.builders import running_pages
from tests.resident.test_chromium import AXE, PHONE, enter
from tests.resident.test_chromium import PAGES as SETTINGS
from tests.support.builders import TestClock, an_office
from tests.surveys.builders import published


def measure(folder: Path) -> Mapping[str, float]:
    """Look at each page once in each colour scheme."""
    clock = TestClock()
    office = an_office(folder / "home", clock)
    published(office)
    pages = violations = 0
    with ExitStack() as held:
        held.callback(office.close)
        desk, door = held.enter_context(running_screen(office, clock)), held.enter_context(running_pages(office, clock))
        tab = held.enter_context(running_chromium())
        tab.ask("Page.setBypassCSP", enabled=True)
        for dark in (False, True):
            tab.look(*PHONE, dark=dark)
            for page in LETTERS:
                show(tab, desk, page)
                pages, violations = pages + 1, violations + found(tab)
            enter(tab, door)
            for path in SETTINGS:
                tab.open(f"{door.base}{path}")
                pages, violations = pages + 1, violations + found(tab)
    return {"pages": pages / 2, "axe_violations": violations}


def found(tab: Tab) -> int:
    """Give how many violations axe-core finds on the page that is open."""
    tab.find(AXE.read_text("utf-8") + ";true")
    return sum(int(nodes) for nodes in _counts(tab))


def _counts(tab: Tab) -> Iterator[int]:
    yield from tab.find("axe.run().then(one => one.violations.map(v => v.nodes.length))")
