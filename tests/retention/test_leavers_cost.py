"""Forgetting costs by whoever left, not by whoever stayed."""

from sqlalchemy import event, text

from tayori.office import Office
from tayori.warehouse import erasure
from tayori.warehouse.engines import reading


def test_leavers_are_found_without_reading_past_those_who_stay(sqlite_office: Office) -> None:
    """The eraser's question is answered from an index that holds leavers alone."""
    asked: list[tuple[str, tuple[object, ...]]] = []
    with reading(sqlite_office.warehouse) as warehouse:
        event.listen(
            sqlite_office.warehouse, "before_cursor_execute", lambda *seen: asked.append((seen[2], tuple(seen[3])))
        )
        erasure.next_leavers(warehouse, erasure.FIRST_NUMBER, 10, canaries=False)
        statement, values = asked[0]
        plan = warehouse.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
        held = warehouse.execute(text("SELECT sql FROM sqlite_master WHERE name = 'ix_person_left'")).scalar_one()
    assert [row[3] for row in plan] == ["SEARCH person USING INDEX ix_person_left (person_no>?)"]
    assert str(held).endswith("WHERE left_at IS NOT NULL")
