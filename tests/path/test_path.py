"""The whole path of a resident in a real Chromium, before real servers, on a phone and on a desktop."""

from itertools import chain
from pathlib import Path

import pytest

from tayori.office import Office
from tayori.retention.run import retain
from tests.ingest.builders import rows
from tests.path.beside import beside_the_path
from tests.path.house import running_house
from tests.path.walk import the_path
from tests.support.axe import violations
from tests.support.builders import TestClock
from tests.support.chromium import running_chromium
from tests.support.readable import CUT, DESK, NARROW, PHONE, ZOOMED, View

pytestmark = [pytest.mark.chromium, pytest.mark.nginx, pytest.mark.slow]
LOOKS = {PHONE: [(PHONE, False), (NARROW, True)], DESK: [(DESK, True), (ZOOMED, False)]}
"""How axe-core is shown each page, by the window: the two paths together are both schemes, 320 px and 200 %."""
PAGES = 26


@pytest.mark.parametrize("window", [PHONE, DESK], ids=["phone", "desktop"])
def test_the_whole_path_of_a_resident(sqlite_office: Office, clock: TestClock, tmp_path: Path, window: View) -> None:
    """L1-L3, L5, L6, L14, P4, O1: each step by what a resident reads; scripts are off, axe-core finds nothing."""
    found = {}
    with running_house(tmp_path / "nginx", sqlite_office, clock) as house, running_chromium() as tab:
        tab.look(*window)
        tab.scripts(on=False)
        for page in chain(the_path(tab, house, tmp_path), beside_the_path(tab, house)):
            tab.scripts(on=True)  # axe-core is one; the page, which is loaded already, has none
            for view, dark in LOOKS[window]:
                tab.look(*view, dark=dark)
                found[page, view, dark] = violations(tab), tab.find(CUT)
            tab.look(*window)
            tab.scripts(on=False)
    assert [name for name, told in found.items() if told != ([], [])] == []
    assert len(found) == PAGES * len(LOOKS[window])
    assert retain(sqlite_office)[2]["residue_hits"] == 0
    for table in ("person", "reception_settings", "genre_choice", "survey_answer"):
        assert rows(sqlite_office, f"SELECT count(*) FROM {table}") == [(0,)], table  # noqa: S608 - tables of ours
