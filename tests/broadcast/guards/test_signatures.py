"""Guard `signatures`: two different hands over exactly what is stored (I10)."""

import pytest

from tayori.broadcast import control
from tayori.errors import Tampered
from tayori.office import Office
from tayori.warehouse import broadcasts
from tayori.warehouse.engines import writing
from tests.broadcast.builders import residents, staff
from tests.broadcast.guards.rig import approved, assert_held, assert_starts, start


def test_it_holds_what_was_changed_afterwards(office: Office) -> None:
    """Changed behind the desk: told as tampered, held under the guard's name."""
    residents(office, 20)
    broadcast_id = approved(office, staff(office))
    with writing(office.warehouse) as connection:
        broadcasts.change(connection, broadcast_id, messages=b'[{"type":"text","text":"x"}]')
    with pytest.raises(Tampered, match="not what was approved"):
        start(office, broadcast_id)
    assert control.status(office, broadcast_id).held_by == "signatures"


def test_it_holds_what_lost_a_signature(sqlite_office: Office) -> None:
    """Approved by its state, and not by two hands: held."""
    residents(sqlite_office, 20)
    broadcast_id = approved(sqlite_office, staff(sqlite_office))
    with writing(sqlite_office.warehouse) as connection:
        broadcasts.void_signatures(connection, broadcast_id)
    assert_held(sqlite_office, broadcast_id, "signatures", "not approved by two handlers")


def test_it_lets_through_what_two_hands_signed(office: Office) -> None:
    """Two hands, and nothing changed since."""
    residents(office, 20)
    assert_starts(office, approved(office, staff(office)))
