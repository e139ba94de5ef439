"""Leases: one works, a successor may ask, the dead do not hold on."""

from tayori.office import Office
from tayori.warehouse import leases
from tayori.warehouse.engines import reading, writing
from tests.support.builders import TestClock


def take(office: Office, holder: str, name: str = "ingest") -> bool:
    with writing(office.warehouse) as warehouse:
        return leases.take(warehouse, name, holder, office.now())


def held(office: Office) -> bool:
    with reading(office.warehouse) as warehouse:
        return leases.is_held(warehouse, "ingest", office.now())


def test_one_holds_while_its_heart_beats(office: Office, clock: TestClock) -> None:
    """A second taker is refused for as long as the first one's heart beats, however old the lease is."""
    assert take(office, "one")
    for _ in range(5):
        clock.forward(seconds=20)
        assert take(office, "one")
        assert not take(office, "two")


def test_the_dead_do_not_hold_on(office: Office, clock: TestClock) -> None:
    """A lease whose heart stopped for 30 seconds is free."""
    take(office, "one")
    clock.forward(seconds=31)
    assert not held(office)
    assert take(office, "two")
    assert not take(office, "one")


def test_only_the_holder_lets_go(office: Office) -> None:
    """A release by somebody else changes nothing; one by the holder frees the lease at once."""
    take(office, "one")
    with writing(office.warehouse) as warehouse:
        leases.release(warehouse, "ingest", "two", office.now())
    assert held(office)
    with writing(office.warehouse) as warehouse:
        leases.release(warehouse, "ingest", "one", office.now())
    assert not held(office)
    assert take(office, "two")


def test_leases_of_other_names_do_not_meet(office: Office) -> None:
    """Each name is a lease of its own."""
    assert take(office, "one")
    assert take(office, "two", "other")
