"""Guard `audience_drift`: who gets it is about who was approved."""

from hypothesis import given
from hypothesis import strategies as st

from tayori.broadcast import desk
from tayori.broadcast.guards.audience import moved
from tayori.office import Office
from tests.broadcast.builders import leave, residents, staff
from tests.broadcast.guards.rig import approved, assert_held, assert_starts


@given(approved_count=st.integers(1, 10**7), count=st.integers(0, 10**7), margin=st.floats(0, 1))
def test_drift_is_more_than_the_margin_either_way(approved_count: int, count: int, margin: float) -> None:
    """Coming and going weigh the same; exactly the margin passes."""
    objects = moved(approved_count, count, margin) is not None
    assert objects == (abs(count - approved_count) > margin * approved_count)


def test_it_holds_an_audience_that_went(office: Office) -> None:
    """More than 5 % left: held; approved again with today's number it starts."""
    people = residents(office, 100)
    who = staff(office)
    broadcast_id = approved(office, who)
    leave(office, *people[:6])
    assert_held(office, broadcast_id, "audience_drift", "100 people were approved, 94 would get it: more than 5% apart")
    desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    assert_starts(office, broadcast_id)


def test_it_holds_an_audience_that_came(office: Office) -> None:
    """More than 5 % came: nobody approved them."""
    residents(office, 100)
    broadcast_id = approved(office, staff(office))
    residents(office, 6, seed=2)
    assert_held(office, broadcast_id, "audience_drift", "100 people were approved, 106")


def test_it_lets_through_the_margin(office: Office) -> None:
    """5 % exactly."""
    people = residents(office, 100)
    broadcast_id = approved(office, staff(office))
    leave(office, *people[:5])
    assert_starts(office, broadcast_id)
