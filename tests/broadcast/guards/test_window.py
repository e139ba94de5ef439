"""Guard `window`: nothing starts after the window that both handlers signed."""

from tayori.office import Office
from tests.broadcast.builders import residents, staff
from tests.broadcast.guards.rig import HOUR, Plan, approved, assert_held, assert_starts
from tests.support.builders import TestClock


def test_it_holds_after_the_window(office: Office, clock: TestClock) -> None:
    """At the very end of the window nothing starts any more."""
    residents(office, 20)
    broadcast_id = approved(office, staff(office), Plan(begins=0 * HOUR, lasts=2 * HOUR))
    clock.forward(hours=2)
    assert_held(office, broadcast_id, "window", "window of the broadcast is over")


def test_it_lets_through_within_the_window(office: Office, clock: TestClock) -> None:
    """A second before its end it starts."""
    residents(office, 20)
    broadcast_id = approved(office, staff(office), Plan(begins=0 * HOUR, lasts=2 * HOUR))
    clock.forward(hours=1, minutes=59, seconds=59)
    assert_starts(office, broadcast_id)
