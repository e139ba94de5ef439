"""Reception settings on the page: shown, set, cleared, stopped, erased, and nothing of it at LINE (L1, L5, L13, P4)."""

from tayori.ingest.wishes import CAUSE
from tests.ingest.builders import an_event, deliver, rows, take_in
from tests.resident.builders import Door
from tests.support.builders import a_line_id

STORED = "SELECT birth_year, sex, area, purpose_version FROM reception_settings"
GENRES = "SELECT genre FROM genre_choice ORDER BY genre"


def test_what_is_set_on_the_page_stands_in_the_warehouse(door: Door) -> None:
    """L1: chosen on the page, sealed in the inbox, put by the next ingest, shown as what is held."""
    door.follow(1)
    browser, page = door.enter(1)
    assert page.status == 200
    assert "選んでいません" in page.text
    done = browser.submit(page.form("/settings"), genre=[1, 11], area="3", birth_year="1985", sex="1")
    assert "受け付けました" in done.text
    assert "反映しているところです" in done.text
    assert rows(door.office, STORED) == []
    take_in(door.office)
    assert rows(door.office, STORED) == [(1985, 1, 3, "2026-11")]
    assert rows(door.office, GENRES) == [(1,), (11,)]
    again = browser.get("/settings")
    assert "反映しているところです" not in again.text
    assert "1985年（昭和60年）" in again.text
