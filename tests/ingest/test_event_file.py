"""A file of events: every line is accounted for, whatever it holds; a file that is none is refused whole."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from expectations.gate import gate
from sandbox.line.events_file import write_events_file
from tayori.errors import BadInput, NotFound
from tayori.ingest import event_file, quarantine
from tayori.office import Office
from tests.ingest.builders import a_file, an_event, followers, rows, take_in_file
from tests.support.builders import TestClock

REFERENCE = Path(
    os.environ.get("WEBHOOK_EVENTS", Path(__file__).parents[3] / "shared" / "data" / "webhook-events.jsonl")
)


def test_every_event_of_the_reference_file_ends_somewhere(office: Office) -> None:
    """Each of the events of LINE's own fixtures is applied, ignored, a duplicate or quarantined; none crashes."""
    if not REFERENCE.is_file():
        pytest.skip("the reference files are not on this machine")
    counts = take_in_file(office, REFERENCE)
    assert counts.received == len(REFERENCE.read_text("utf-8").splitlines())
    assert counts.received == (counts.applied + counts.ignored.total() + counts.duplicate + counts.quarantined.total())
    assert counts.quarantined["old_format_without_event_id"] == 17
    assert len(quarantine.list_waiting(office)) == counts.quarantined.total()


def test_events_wrappers_bodies_and_lists_are_lines_alike(office: Office, tmp_path: Path) -> None:
    """A line may be an event, a wrapper around one, a whole webhook body, or a list of events; blank lines are none."""
    lines = [
        an_event("follow", 1),
        {"destination": "U" + "b" * 32, "event": an_event("follow", 2)},
        {"destination": "U" + "b" * 32, "events": [an_event("follow", 3), an_event("message", 3)]},
        "",
        [an_event("follow", 4)],
        {"destination": "U" + "b" * 32, "events": []},
    ]
    counts = take_in_file(office, a_file(tmp_path / "e.jsonl", lines))
    assert (counts.received, counts.applied, counts.ignored) == (5, 4, {"message": 1})
    assert len(followers(office)) == 4


def test_a_truncated_line_goes_aside_with_its_number(office: Office, tmp_path: Path) -> None:
    """A line that breaks off is quarantined under its row number, for a day; the lines around it are taken in."""
    whole = json.dumps(an_event("follow", 1), ensure_ascii=False)
    path = a_file(tmp_path / "e.jsonl", [an_event("follow", 2), whole[:80], an_event("follow", 3)])
    with path.open("ab") as file:
        file.write('{"type":"message","message":{"text":"途'.encode()[:-1])
    counts = take_in_file(office, path)
    assert (counts.received, counts.applied, counts.quarantined) == (4, 2, {"not_json": 2})
    held = quarantine.list_waiting(office)
    assert [row.row_no for row in held] == [2, 4]
    assert all(row.expires_at - row.received_at == timedelta(days=1) for row in held)


def test_the_same_file_again_takes_in_only_what_is_new(office: Office, tmp_path: Path) -> None:
    """Run twice, a file changes nothing: its events are duplicates, its broken lines are not set aside twice."""
    path = a_file(tmp_path / "e.jsonl", [an_event("follow", 1), "{", an_event(mode="x")])
    take_in_file(office, path)
    again = take_in_file(office, path)
    assert (again.received, again.applied, again.duplicate) == (3, 0, 1)
    assert len(quarantine.list_waiting(office)) == 2


def test_a_byte_order_mark_is_no_part_of_the_first_line(office: Office, tmp_path: Path) -> None:
    """A file saved with a BOM is read like one without."""
    path = tmp_path / "e.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(an_event("follow", 1)).encode())
    assert take_in_file(office, path).applied == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\n  \n", b"\xef\xbb\xbf", '{"text":"便り"}\n'.encode("cp932"), '{"a":1}\n'.encode("utf-16")],
    ids=["empty", "blank", "only a mark", "CP932", "UTF-16"],
)
def test_a_file_that_is_none_is_refused_whole(office: Office, tmp_path: Path, content: bytes) -> None:
    """An empty file and one in another encoding are refused with a sentence before anything is taken in."""
    path = tmp_path / "e.jsonl"
    path.write_bytes(json.dumps(an_event("follow", 1)).encode() + b"\n" + content if len(content) > 5 else content)
    with pytest.raises(BadInput) as refusal:
        take_in_file(office, path)
    assert refusal.value.exit_code == 2
    assert rows(office, "SELECT 1 FROM person") == rows(office, "SELECT 1 FROM quarantine") == []


def test_a_file_that_is_not_there_is_told(office: Office, tmp_path: Path) -> None:
    """A missing file is a clear refusal; so is a folder."""
    with pytest.raises(NotFound):
        take_in_file(office, tmp_path / "none.jsonl")
    with pytest.raises(BadInput):
        take_in_file(office, tmp_path)


def test_a_file_without_line_ends_is_not_swallowed_whole(
    sqlite_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line longer than any delivery is refused before it fills the memory."""
    monkeypatch.setattr(event_file, "PIECE", 1 << 10)
    monkeypatch.setattr(event_file, "LONGEST_LINE", 1 << 12)
    path = tmp_path / "e.jsonl"
    path.write_text("[" + "1," * 4_000 + "1]", "utf-8")
    with pytest.raises(BadInput, match="line"):
        take_in_file(sqlite_office, path)


def test_a_file_of_many_blocks_sums_up(
    office: Office, tmp_path: Path, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks add up to the file: who follows at its end is who the file says, and progress tells each block."""
    monkeypatch.setattr(event_file, "BLOCK_EVENTS", 700)
    path = tmp_path / "e.jsonl"
    written = write_events_file(path, 2_000, 0.1, seed=3, at=clock() - timedelta(hours=1))
    told: list[int] = []
    counts = event_file.ingest_event_file(office, path, gate, told.append)
    assert told == [700, 700, 600]
    assert counts.received == 2_000
    assert len(followers(office)) == written.followed - written.unfollowed
    assert rows(office, "SELECT count(*) FROM event_seen") == [(2_000,)]
