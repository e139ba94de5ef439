"""The events file for benches: as long as asked, told truly, the same again for the same seed."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sandbox.line.events_file import EventsWritten, write_events_file
from sandbox.line.ids import IdSpace
from tests.sandbox.builders import NOON


def written(path: Path, n: int = 25_000, share: float = 0.1, seed: int = 4) -> EventsWritten:
    return write_events_file(path, n, share, seed=seed, at=NOON)


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_file_holds_what_is_told(tmp_path: Path) -> None:
    """Lines, follows and unfollows are counted as they stand in the file; every event has an id of its own."""
    told, lines = written(tmp_path / "events"), read(tmp_path / "events")
    assert len(lines) == told.lines == sum(told.kinds.values()) == 25_000
    events = [line["event"] for line in lines]
    assert all(line.keys() == {"destination", "event"} for line in lines)
    assert told.followed == sum(event["type"] == "follow" for event in events) == 2500
    assert told.unfollowed == sum(event["type"] == "unfollow" for event in events) > 0
    assert len({event["webhookEventId"] for event in events}) == 25_000


def test_only_friends_talk_and_leave(tmp_path: Path) -> None:
    """Replayed line by line, nobody acts before following or after leaving; who stays is as told."""
    told, friends = written(tmp_path / "events"), set[str]()
    for line in read(tmp_path / "events"):
        event = line["event"]
        person = event["source"]["userId"]
        assert (person in friends) is (event["type"] != "follow")
        if event["type"] == "follow":
            friends.add(person)
        elif event["type"] == "unfollow":
            friends.remove(person)
    assert friends == set(IdSpace(4).ids(told.unfollowed, told.followed))


def test_times_rise_along_the_file(tmp_path: Path) -> None:
    """Across chunks too."""
    written(tmp_path / "events")
    times = [line["event"]["timestamp"] for line in read(tmp_path / "events")]
    assert all(earlier < later for earlier, later in pairwise(times))


@pytest.mark.parametrize(("n", "share", "follows"), [(0, 0.1, 0), (1, 0.1, 0), (1, 1.0, 1), (10, 1.0, 10), (7, 0.5, 4)])
def test_the_share_of_new_followers_is_exact(tmp_path: Path, n: int, share: float, follows: int) -> None:
    """Rounded to the nearest, for short files too."""
    assert written(tmp_path / "events", n, share).followed == follows


def test_the_same_seed_writes_the_same_file(tmp_path: Path) -> None:
    """Another seed writes other people."""
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        written(tmp_path / name, 2000, seed=seed)
    first, second, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == second != other
