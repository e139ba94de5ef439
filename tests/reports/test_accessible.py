"""The pages of a report can be read by everybody, on a phone as on a desk."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tayori.reports.opinion_report import pages
from tests.conftest import NO_PROGRAM
from tests.reports.test_opinion_report import a_year
from tests.resident.chromium import Tab, running_chromium

pytestmark = pytest.mark.chromium
AXE = Path(os.environ.get("AXE_CORE", "axe.min.js"))
PHONE, DESK = (390, 844), (1280, 900)


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    """Give a browser; skip where none is installed."""
    with running_chromium() as started:
        yield started


@pytest.mark.parametrize("name", ["opinion-report", "mayor"])
def test_no_page_is_wider_than_a_phone(tab: Tab, tmp_path: Path, name: str) -> None:
    """Wide tables scroll inside their own frame, the page itself does not."""
    path = tmp_path / "page.html"
    path.write_text(pages(a_year())[name], "utf-8")
    tab.look(*PHONE)
    tab.open(path.as_uri())
    assert tab.find("document.documentElement.scrollWidth") <= PHONE[0]


def violations(tab: Tab, folder: Path, page: str) -> list[object]:
    """What axe-core has to say against a page, on a phone and on a desk."""
    path = folder / "page.html"
    path.write_text(page, "utf-8")
    told: list[object] = []
    for size in (PHONE, DESK):
        tab.look(*size)
        tab.open(path.as_uri())
        tab.find(AXE.read_text("utf-8") + ";true")
        told += tab.find("axe.run().then(one => one.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
    return told


@pytest.mark.parametrize("name", ["opinion-report", "mayor"])
def test_axe_finds_nothing(tab: Tab, tmp_path: Path, name: str) -> None:
    """axe-core, where its file is given by AXE_CORE, has no violation to report."""
    if not AXE.is_file():
        pytest.skip(NO_PROGRAM)
    assert not violations(tab, tmp_path, pages(a_year())[name])
