"""The watch over the order of locks sees what it has to see: what the tests of broadcasts rely on."""

from tayori.office import Office
from tayori.warehouse import batches, broadcasts
from tayori.warehouse.engines import writing
from tests.broadcast.builders import an_approved, residents
from tests.support.lock_order import lock_order_watched


def test_the_watch_sees_a_breach(office: Office) -> None:
    """A broadcast that is locked after lists is seen on PostgreSQL, where that can end in a circle of waiting."""
    residents(office, 60)
    broadcast_id = an_approved(office)
    with lock_order_watched() as breaches, writing(office.warehouse) as connection:
        batches.give_up_retrying(connection, before=office.now())
        broadcasts.find(connection, broadcast_id, lock=True)
    expected = ["broadcast is locked after batch"] if office.warehouse.dialect.name == "postgresql" else []
    assert breaches == expected


def test_the_right_order_passes(office: Office) -> None:
    """Broadcasts, all at once, then lists; and one's own new broadcast at any moment."""
    residents(office, 60)
    with lock_order_watched() as breaches:
        broadcast_id = an_approved(office)
        with writing(office.warehouse) as connection:
            broadcasts.lock_all(connection, [broadcast_id])
            batches.give_up_retrying(connection, before=office.now())
    assert breaches == []
