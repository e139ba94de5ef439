"""Forged requests against the residents' pages and the opinion screen, sent for real; how many were taken (O6)."""

from collections.abc import Mapping
from pathlib import Path

from tests.opinion import forgeries as letters
from tests.opinion.builders import running_screen
from tests.resident import test_forgeries as settings
from tests.resident.builders import running_pages
from tests.support.builders import TestClock, an_office
from web.limits import ALLOWED, Limits


def measure(folder: Path) -> Mapping[str, float]:
    """Send every forgery of both suites, each against a page that lives, and look into the inbox."""
    clock = TestClock()
    office = an_office(folder / "home", clock)
    accepted = 0
    with running_pages(office, clock) as door:
        for forged in settings.FORGERIES.values():
            door.context.limits = Limits(clock)
            before, _ = settings.send(door, forged)
            accepted += settings.handed_in(door) - before
    with running_screen(office, clock) as desk:
        for letter in letters.FORGERIES.values():
            desk.screen.limits = Limits(clock, dict(ALLOWED))
            before, _ = letters.send(desk, letter)
            accepted += desk.waiting() - before
    office.close()
    return {"forgeries": len(settings.FORGERIES) + len(letters.FORGERIES), "forgeries_accepted": accepted}
