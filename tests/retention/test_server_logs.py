"""What doors and servers wrote ends with its class of record (システム上の対策 6)."""

from tayori.domain.record_classes import record_classes
from tayori.office import Office
from tayori.retention import run
from tayori.retention.server_logs import end_all
from tests.support.builders import TestClock

DAYS = record_classes().named("server_logs").limits["days"]


def test_each_day_has_its_file_and_ends_after_its_period(sqlite_office: Office, clock: TestClock) -> None:
    """The night turns the logs over, keeps each for the period of its class to the day, and removes it then."""
    folder = sqlite_office.settings.home / "logs"
    folder.mkdir()
    (folder / "door.log").write_bytes(b"200 3\n")
    run.expire(sqlite_office)
    (kept,) = folder.glob("door.*-*.log")
    assert (kept.read_bytes(), (folder / "door.log").read_bytes()) == (b"200 3\n", b"")
    assert kept.stat().st_mode & 0o077 == 0
    clock.forward(days=DAYS)
    assert run.expire(sqlite_office)["expired_server_logs"] == 0
    clock.forward(days=1)
    assert run.expire(sqlite_office)["expired_server_logs"] == 1
    assert [path.name for path in folder.iterdir()] == ["door.log"]


def test_who_writes_goes_on_and_loses_nothing(sqlite_office: Office) -> None:
    """A program that appends need not be told; two nights of one day end in one file."""
    folder = sqlite_office.settings.home / "logs"
    folder.mkdir()
    with (folder / "door.log").open("ab", buffering=0) as written:
        for line in (b"one\n", b"two\n"):
            written.write(line)
            run.expire(sqlite_office)
        written.write(b"three\n")
    (kept,) = folder.glob("door.*-*.log")
    assert (kept.read_bytes(), (folder / "door.log").read_bytes()) == (b"one\ntwo\n", b"three\n")


def test_a_link_is_not_followed_and_nothing_else_is_touched(sqlite_office: Office) -> None:
    """Only logs, and only those that lie here."""
    folder = sqlite_office.settings.home / "logs"
    folder.mkdir()
    other = sqlite_office.settings.home / "other"
    other.write_bytes(b"not ours")
    (folder / "link.log").symlink_to(other)
    (folder / "notes.txt").write_bytes(b"kept")
    run.expire(sqlite_office)
    assert end_all(sqlite_office) == 0
    assert other.read_bytes() == b"not ours"
    assert {path.name for path in folder.iterdir()} == {"link.log", "notes.txt"}
