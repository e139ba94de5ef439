"""Guard `audience_everybody`: everybody is reached on purpose only."""

from tayori.broadcast.guards import overrides
from tayori.office import Office
from tests.broadcast.builders import leave, residents, staff
from tests.broadcast.guards.rig import WOMEN, Plan, approved, assert_held, assert_starts


def test_it_holds_a_condition_that_came_to_match_everybody(office: Office) -> None:
    """The only one whom the condition left out is gone: it narrows nothing any more, and nobody said so."""
    people = residents(office, 20, chosen=[(None, 1, None)] * 19)
    who = staff(office)
    broadcast_id = approved(office, who, Plan(segment=WOMEN))
    leave(office, people[19])
    assert_held(office, broadcast_id, "audience_everybody", "everyone: true")
    overrides.override(office, who.approver, broadcast_id, "audience_everybody", "全員でよい")
    assert_starts(office, broadcast_id)


def test_it_lets_through_a_condition_that_narrows(office: Office) -> None:
    """One who chose the genre is left out."""
    residents(office, 20, chosen=[(None, 1, None)] * 19)
    assert_starts(office, approved(office, staff(office), Plan(segment=WOMEN)))


def test_it_lets_through_everybody_on_purpose(office: Office) -> None:
    """`everyone: true` is how to say it."""
    residents(office, 20)
    assert_starts(office, approved(office, staff(office)))
