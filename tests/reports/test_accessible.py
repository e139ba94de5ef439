"""The pages of reports and records can be read by everybody, on a phone as on a desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reports.forms import FORMS
from tests.support.axe import Violation, violations
from tests.support.chromium import Tab, running_chromium
from tests.support.readable import DESK, NARROW, PHONE

pytestmark = pytest.mark.chromium


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    """Give a browser; skip where none is installed."""
    with running_chromium() as started:
        yield started


@pytest.mark.parametrize("name", FORMS)
def test_no_page_is_wider_than_a_phone(tab: Tab, tmp_path: Path, name: str) -> None:
    """Wide tables scroll inside their own frame, the page itself does not."""
    path = tmp_path / "page.html"
    path.write_text(FORMS[name](), "utf-8")
    tab.look(*PHONE)
    tab.open(path.as_uri())
    assert tab.find("document.documentElement.scrollWidth") <= PHONE[0]


def found_on(tab: Tab, folder: Path, page: str) -> list[Violation]:
    """Give what axe-core has to say against a page, on a phone, on a narrow one and on a desk."""
    path = folder / "page.html"
    path.write_text(page, "utf-8")
    found: list[Violation] = []
    for view in (PHONE, NARROW, DESK):
        tab.look(*view)
        tab.open(path.as_uri())
        found += violations(tab)
    return found


@pytest.mark.parametrize("name", FORMS)
def test_axe_finds_nothing(tab: Tab, tmp_path: Path, name: str) -> None:
    """axe-core has no violation to report."""
    assert found_on(tab, tmp_path, FORMS[name]()) == []
