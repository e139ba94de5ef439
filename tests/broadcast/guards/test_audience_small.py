"""Guard `audience_small`: a small audience needs a reason that both handlers sign."""

import pytest

from tayori.broadcast import desk
from tayori.domain.sending_policy import sending_policy
from tayori.errors import Refused
from tayori.office import Office
from tests.broadcast.builders import leave, residents, staff
from tests.broadcast.guards.rig import WOMEN, Plan, approved, assert_starts, judged, written


def test_it_holds_an_audience_that_became_small(office: Office) -> None:
    """Ten were approved without a reason, nine are left: held, even where the policy allows much drift."""
    people = residents(office, 10)
    broadcast_id = approved(office, staff(office))
    leave(office, people[0])
    figures = sending_policy().every_genre.model_copy(update={"drift": 0.5})
    ruling = judged(office, broadcast_id, sending_policy().model_copy(update={"every_genre": figures, "genres": {}}))
    assert ruling is not None
    assert (ruling.guard, ruling.objection.sentence) == (
        "audience_small",
        "Fewer than 10 people would get it, and no reason was given.",
    )


def test_it_holds_at_the_desk(sqlite_office: Office) -> None:
    """Without a reason a small audience is not even submitted."""
    residents(sqlite_office, 20, chosen=[(None, 1, None)] * 3)
    who = staff(sqlite_office)
    broadcast_id = desk.draft(sqlite_office, who.writer, written(sqlite_office, Plan(segment=WOMEN)))
    with pytest.raises(Refused, match="say why"):
        desk.submit(sqlite_office, who.writer, broadcast_id, desk.review(sqlite_office, broadcast_id))


def test_it_lets_through_with_a_reason(office: Office) -> None:
    """Three people, and both signed why."""
    residents(office, 20, chosen=[(None, 1, None)] * 3)
    assert_starts(office, approved(office, staff(office), Plan(segment=WOMEN, reason="施設の利用者だけの連絡")))
