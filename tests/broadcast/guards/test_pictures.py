"""Guard `pictures`: what the door serves is what both hands signed."""

import pytest

from tayori.broadcast import control, desk
from tayori.domain.identifiers import BroadcastId
from tayori.errors import Tampered
from tayori.office import Office
from tests.broadcast.builders import Staff, residents, staff
from tests.broadcast.guards.rig import assert_starts, start
from tests.broadcast.test_message_kinds import a_writing
from tests.support.wording import IMAGE, a_picture


def pictured(office: Office, who: Staff) -> BroadcastId:
    """Give an approved broadcast that shows a picture."""
    broadcast_id = desk.draft(office, who.writer, a_writing(office, IMAGE))
    desk.submit(office, who.writer, broadcast_id, desk.review(office, broadcast_id))
    desk.approve(office, who.approver, broadcast_id, desk.review(office, broadcast_id))
    return broadcast_id


def test_it_holds_where_the_door_has_another_picture(office: Office) -> None:
    """Replaced after the approval: told as tampered, held under the guard's name."""
    residents(office, 20)
    broadcast_id = pictured(office, staff(office))
    (office.media_folder / a_picture().name).write_bytes(b"another picture")
    with pytest.raises(Tampered):
        start(office, broadcast_id)
    assert control.status(office, broadcast_id).held_by == "pictures"


def test_it_lets_through_the_picture_that_was_signed(office: Office) -> None:
    """The same bytes as at the approval."""
    residents(office, 20)
    assert_starts(office, pictured(office, staff(office)))
