"""Guard `audience_empty`: nobody is nobody, never everybody (I7)."""

import pytest

from tayori.broadcast import desk
from tayori.errors import BadInput
from tayori.office import Office
from tests.broadcast.builders import leave, residents, staff
from tests.broadcast.guards.rig import Plan, approved, assert_held, assert_starts, written


def test_it_holds_where_everybody_left(office: Office) -> None:
    """All who were approved are gone: held by this guard, before any talk of drift."""
    people = residents(office, 20)
    broadcast_id = approved(office, staff(office))
    leave(office, *people)
    assert_held(office, broadcast_id, "audience_empty", "matches nobody")


@pytest.mark.parametrize("empty", [{"all": []}, {"any": []}, {"area": []}, {"all": [{}]}], ids=str)
def test_it_holds_no_condition_for_nobody(sqlite_office: Office, empty: object) -> None:
    """An empty condition is not understood, whatever it is wrapped in; it never becomes everybody."""
    with pytest.raises(BadInput):
        written(sqlite_office, Plan(segment=empty))
    with pytest.raises(BadInput):
        desk.written("3", {}, [{"type": "text", "text": "x"}], sqlite_office.now(), sqlite_office.now())


def test_it_lets_through_an_audience(office: Office) -> None:
    """Somebody is there."""
    residents(office, 20)
    assert_starts(office, approved(office, staff(office)))
