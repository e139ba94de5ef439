"""A step that touches rows all over a store works in larger turns, and leaves the connection as it was."""

import pytest
from sqlalchemy import Engine, text

from tayori.office import Office
from tayori.warehouse.engines import MUCH, reading, writing_much


def sizes(engine: Engine) -> dict[str, int]:
    """What a pooled connection has set."""
    with reading(engine) as connection:
        return {pragma: int(connection.execute(text(f"PRAGMA {pragma}")).scalar_one()) for pragma in MUCH}


def broken_off(engine: Engine, statement: str) -> None:
    """Write, and end before the end."""
    with writing_much(engine) as connection:
        connection.execute(text(statement))
        raise InterruptedError


def test_the_sizes_hold_for_the_step_alone(sqlite_office: Office) -> None:
    """Within, the larger ones; afterwards, ended or broken off, the driver's own; what was broken off wrote nothing."""
    engine = sqlite_office.warehouse
    before = sizes(engine)
    with writing_much(engine) as connection:
        within = {pragma: connection.execute(text(f"PRAGMA {pragma}")).scalar_one() for pragma in MUCH}
        connection.execute(text("UPDATE person_counter SET last_no = last_no + 7"))
    assert (within, sizes(engine)) == (MUCH, before)
    with pytest.raises(InterruptedError):
        broken_off(engine, "UPDATE person_counter SET last_no = last_no + 100")
    assert sizes(engine) == before


def test_it_writes_whole_on_every_store(office: Office) -> None:
    """One transaction, as `writing` is."""
    with writing_much(office.warehouse) as connection:
        connection.execute(text("INSERT INTO person_counter (kind, last_no) VALUES ('x', 1)"))
    with pytest.raises(InterruptedError):
        broken_off(office.warehouse, "UPDATE person_counter SET last_no = 2 WHERE kind = 'x'")
    with reading(office.warehouse) as connection:
        assert connection.execute(text("SELECT last_no FROM person_counter WHERE kind = 'x'")).scalar_one() == 1
