"""Events come in: each is applied, ignored for a named reason, a duplicate, or quarantined; none is lost."""

from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from expectations.gate import gate
from tayori.domain.identifiers import CANARY_PREFIX, Contract, RunId
from tayori.errors import Tampered, Unavailable
from tayori.ingest import quarantine
from tayori.ingest.counts import Counts
from tayori.ingest.following import NOT_FOLLOWING, OLDER
from tayori.ingest.inbox import UNPARSED, ingest_inbox
from tayori.ingest.verdict import Verdict
from tayori.office import Office
from tayori.warehouse import audit, closing, inbox, people
from tayori.warehouse import events as seen
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.people import person
from tests.ingest.builders import (
    an_event,
    an_event_id,
    deliver,
    followers,
    rows,
    submit,
    take_in,
)
from tests.support.builders import TestClock, a_line_id

FAMILIES = count(1)


def a_story(rng: Random, first: int) -> list[dict[str, Any]]:
    """Give events of three people from `first` on, some of them delivered twice."""
    story = [
        an_event(rng.choice(["follow", "unfollow"]), first + rng.randint(0, 2), at=rng.randint(1, 6)) for _ in range(10)
    ]
    return story + rng.sample(story, 3)


def left_numbers(office: Office) -> list[int]:
    return [row[0] for row in rows(office, "SELECT person_no FROM person WHERE left_at IS NOT NULL ORDER BY 1")]


def test_a_follow_makes_a_person_with_a_key_and_a_leave_marks_them(office: Office) -> None:
    """Who follows can be found and opened; who leaves is marked with cause, and is in no audience from then on."""
    deliver(office, an_event("follow", 1), an_event("follow", 2))
    assert take_in(office).events.applied == 2
    assert sorted(followers(office)) == [a_line_id(1), a_line_id(2)]
    submit(office, 2)
    assert take_in(office).receptions.applied == 1
    assert len(rows(office, "SELECT 1 FROM genre_choice")) == 2
    deliver(office, an_event("unfollow", 2, at=1))
    assert take_in(office).events.applied == 1
    assert list(followers(office)) == [a_line_id(1)]
    assert rows(office, "SELECT left_cause FROM person WHERE left_at IS NOT NULL") == [("unfollow",)]
    assert rows(office, "SELECT 1 FROM genre_choice") == []


def test_the_same_event_counts_once_however_often_it_is_delivered(office: Office) -> None:
    """A doubled, a redelivered and a repeated event are duplicates: in one block and in a later one."""
    event = an_event("follow", 1)
    again = event | {"deliveryContext": {"isRedelivery": True}}
    deliver(office, event, event)
    deliver(office, again)
    first = take_in(office).events
    assert (first.received, first.applied, first.duplicate) == (3, 1, 2)
    deliver(office, again, an_event("message", 1))
    second = take_in(office).events
    assert (second.applied, second.duplicate, second.ignored) == (0, 1, {"message": 1})
    assert len(followers(office)) == 1


def test_what_is_not_about_following_is_ignored_by_name(office: Office) -> None:
    """Talk, groups, rooms, standby, account events and types that LINE adds later leave nothing but a named count."""
    group = {"type": "group", "groupId": "C" + "a" * 32, "userId": a_line_id(7)}
    deliver(
        office,
        an_event("message", message={"type": "text", "text": "ダミーの発言"}),
        an_event("join", source=group),
        an_event("message", source={"type": "room", "roomId": "R" + "a" * 32}),
        an_event("follow", mode="standby"),
        an_event("botResumed", source=None),
        an_event("greatNewFeature"),
        an_event("follow", source=None),
    )
    counts = take_in(office).events
    assert dict(counts.ignored) == {
        "message": 1,
        "group": 1,
        "room": 1,
        "standby": 1,
        "botResumed": 1,
        "unknown_type": 1,
        "no_person": 1,
    }
    assert counts.received == counts.ignored.total() == 7
    assert rows(office, "SELECT 1 FROM person") == []


def test_a_broken_event_keeps_its_siblings(office: Office) -> None:
    """Of a delivery with broken events the others are applied; the broken ones wait in quarantine, sealed."""
    truncated = {"type": "user", "userId": "U4af4980629..."}
    deliver(office, an_event("follow", 1), "no event", an_event(source=truncated), None, an_event("follow", 2))
    counts = take_in(office).events
    assert (counts.received, counts.applied, counts.quarantined.total()) == (5, 2, 3)
    held = quarantine.list_waiting(office)
    assert {row.rule for row in held} == {"event_has_no_type", "line_user_id_has_wrong_form"}
    assert all(b"U4af" not in sealed for (sealed,) in rows(office, "SELECT sealed FROM quarantine"))


def test_a_late_follow_does_not_bring_back_who_left_even_after_the_erasure(office: Office) -> None:
    """A follow older than the leave is ignored, whether the person still stands in the warehouse or is erased."""
    late, later = an_event("follow", 1, at=1), an_event("follow", 1, at=2)
    deliver(office, an_event("follow", 1), an_event("unfollow", 1, at=5))
    take_in(office)
    deliver(office, late)
    assert take_in(office).events.ignored == {OLDER: 1}
    with writing(office.warehouse) as connection:
        people.detach(connection, [(number, bytes(32)) for number in left_numbers(office)])
    deliver(office, later)
    assert take_in(office).events.ignored == {OLDER: 1}
    assert followers(office) == {}


def test_a_leave_that_comes_before_its_follow_wins(office: Office) -> None:
    """A leave of somebody unknown changes nothing, and the older follow that comes after it does not count."""
    deliver(office, an_event("unfollow", 1, at=5))
    assert take_in(office).events.ignored == {NOT_FOLLOWING: 1}
    deliver(office, an_event("follow", 1, at=1))
    assert take_in(office).events.ignored == {OLDER: 1}
    assert followers(office) == {}


def test_who_comes_back_is_a_new_person_with_a_new_key_and_nothing_set(office: Office) -> None:
    """A return gives a new number; the old one stays among those to be erased and is no longer found by its id."""
    deliver(office, an_event("follow", 1))
    take_in(office)
    submit(office)
    take_in(office)
    before = followers(office)[a_line_id(1)]
    deliver(office, an_event("unfollow", 1, at=1), an_event("follow", 1, at=2))
    assert take_in(office).events.applied == 2
    after = followers(office)[a_line_id(1)]
    assert after != before
    assert left_numbers(office) == [before]
    assert rows(office, "SELECT 1 FROM genre_choice") == []
    assert rows(office, "SELECT person_no FROM reception_settings") == [(before,)]


def test_what_waited_in_quarantine_for_a_leaver_ends_with_their_return(office: Office) -> None:
    """Settings that were refused before somebody left do not wait on under the look-up value of the new person."""
    deliver(office, an_event("follow", 1))
    submit(office, 1, sex=9)
    take_in(office)
    deliver(office, an_event("unfollow", 1, at=1), an_event("follow", 1, at=2))
    take_in(office)
    assert quarantine.list_waiting(office) == []
    assert rows(office, "SELECT state, sealed, line_index FROM quarantine") == [("erased", None, None)]


def test_canaries_get_numbers_below_zero(office: Office) -> None:
    """In a rehearsal, ids that mark canaries are welcomed under canary numbers and counted among no residents."""
    canary = {"type": "user", "userId": CANARY_PREFIX + "1" * 24}
    deliver(office, an_event("follow", 1), an_event("follow", source=canary))
    assert take_in(office).events.applied == 2
    assert sorted(followers(office).values()) == [-1, 1]
    with reading(office.warehouse) as connection:
        assert people.count_people(connection) == 1


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(seed=st.integers(0, 10_000), cuts=st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_blocks_of_any_size_end_like_one_event_after_the_other(
    sqlite_office: Office, seed: int, cuts: list[int]
) -> None:
    """The same events, cut into blocks anyhow, leave the same followers and the same sums."""
    ends = []
    for sizes in ([1], cuts):
        first = 10 * next(FAMILIES)
        rest = a_story(Random(seed), first)  # noqa: S311 - replayable on purpose
        totals = Counts()
        while rest:
            size = sizes[len(rest) % len(sizes)]
            deliver(sqlite_office, *rest[:size])
            totals.add(ingest_inbox(sqlite_office, lambda frame, _suite, _now: Verdict(frame, ())).events)
            del rest[:size]
        following = followers(sqlite_office)
        ends.append(
            (
                [a_line_id(first + number) in following for number in range(3)],
                totals.applied,
                totals.ignored,
                totals.duplicate,
            )
        )
    assert ends[0] == ends[1]


def test_a_crash_before_the_inbox_is_emptied_is_harmless(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that were written but not yet deleted come again: nobody is doubled, nothing is quarantined twice."""
    deliver(office, an_event("follow", 1), an_event(mode="x"))
    submit(office)

    def crash(*_: object) -> None:
        raise Unavailable("the machine stopped")

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "remove", crash)
        with pytest.raises(Unavailable):
            take_in(office)
    again = take_in(office)
    assert (again.events.duplicate, again.receptions.duplicate) == (1, 1)
    assert len(followers(office)) == len(quarantine.list_waiting(office)) == 1
    assert take_in(office).rows == 0


def test_a_store_that_fails_in_the_middle_leaves_nothing_half_done(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If writing the last of a block fails, warehouse, vault and inbox are as they were."""
    deliver(office, an_event("follow", 1), an_event(mode="x"))

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("the store went away")

    with monkeypatch.context() as patch:
        patch.setattr(seen, "add_tally", fail)
        with pytest.raises(Unavailable):
            take_in(office)
    assert rows(office, "SELECT 1 FROM person") == rows(office, "SELECT 1 FROM event_seen") == []
    with reading(office.vault) as vault:
        assert office.person_keys.open(vault, [1]) == {}
    assert take_in(office).events.applied == 1


def test_a_missing_key_file_stops_everything_and_loses_nothing(sqlite_office: Office) -> None:
    """Without the key file nobody can be welcomed: the clerk is told, and the rows stay in the inbox."""
    office = sqlite_office
    deliver(office, an_event("follow", 1))
    kept = office.settings.key_path("key_file", "kek.json")
    content = kept.read_bytes()
    kept.unlink()
    with pytest.raises(Unavailable, match=r"kek\.json"):
        take_in(office)
    kept.write_bytes(content)
    kept.chmod(0o600)
    assert take_in(office).events.applied == 1


def test_missing_private_keys_leave_the_inbox_as_it_is(sqlite_office: Office) -> None:
    """A key folder that is away for a while costs nothing: the rows wait."""
    office = sqlite_office
    deliver(office, an_event("follow", 1))
    folder = office.keys_folder
    away = folder.with_name("away")
    folder.rename(away)
    with pytest.raises(Unavailable, match="private key"):
        take_in(office)
    away.rename(folder)
    assert take_in(office).events.applied == 1


def test_a_box_that_does_not_open_goes_aside_and_the_others_come_in(office: Office) -> None:
    """A row that was changed, or sealed to a destroyed key, does not hold up the inbox."""
    deliver(office, an_event("follow", 1))
    with writing(office.inbox) as connection:
        inbox.put(connection, "events", 1, b"changed", office.now())
        inbox.put(connection, "events", 77, b"of another epoch", office.now())
    counts = take_in(office).events
    assert (counts.applied, counts.quarantined) == (1, {"box_does_not_open": 2})


def test_what_came_as_a_letter_and_is_none_is_of_the_letters_contract(office: Office) -> None:
    """It waits under the letters' source, so that contract O ends with it and contract L without."""
    box = office.sealer.seal("letter", b"no letter")
    with writing(office.inbox) as connection:
        inbox.put(connection, "letter", box.epoch, box.box, office.now())
        inbox.put(connection, "letter", 77, b"of another epoch", office.now())
    assert take_in(office).events.quarantined.total() == 2
    with reading(office.warehouse) as warehouse:
        waiting = {contract: closing.unfinished(warehouse, contract).quarantined for contract in Contract}
    assert waiting == {Contract.LINE: 0, Contract.OPINIONS: 2}


def test_what_cannot_be_parsed_is_kept_for_a_day_at_most(office: Office, clock: TestClock) -> None:
    """A whole body in quarantine ends 24 h after the door took it, not after it was taken in."""
    box = office.sealer.seal(UNPARSED, b"{broken")
    with writing(office.inbox) as connection:
        inbox.put(connection, UNPARSED, box.epoch, box.box, office.now())
    taken = clock()
    clock.forward(hours=3)
    counts = take_in(office).events
    assert (counts.received, counts.quarantined) == (1, {UNPARSED: 1})
    (row,) = quarantine.list_waiting(office)
    assert (row.expires_at - taken).total_seconds() == 24 * 3600


def test_the_tally_and_the_log_say_what_was_done(office: Office) -> None:
    """A run's tally sums to what was received; openings and writes stand in the access log with counts alone."""
    deliver(office, an_event("follow", 1), an_event("message", 1), an_event(mode="x"))
    submit(office)
    submit(office, number=2, sex=9)
    ingest_inbox(office, gate, run_id=RunId("r1"))
    with reading(office.warehouse) as connection:
        tally = seen.tally(connection, ["r1"])
        lines = [(line.action, line.object, line.count) for line in audit.lines(connection)]
    assert tally == {
        ("applied", ""): 1,
        ("ignored", "message"): 1,
        ("quarantined", "mode_is_unknown"): 1,
        ("applied", "reception"): 1,
        ("quarantined", "reception:sex_is_unknown"): 1,
    }
    assert lines == [
        ("open", "sealed rows of the inbox", 3),
        ("write", "events of following and leaving", 1),
        ("write", "reception settings", 1),
    ]


def test_an_empty_inbox_writes_nothing(office: Office) -> None:
    """Looking into an empty inbox leaves no line and no tally."""
    assert take_in(office).rows == 0
    assert rows(office, "SELECT 1 FROM audit_entry") == []


def test_a_known_event_id_among_many_is_found(office: Office) -> None:
    """Of a block in which one id was seen before, exactly that one is a duplicate."""
    known = an_event("message", 1, webhookEventId=an_event_id(999_999))
    deliver(office, known)
    take_in(office)
    deliver(office, *(an_event("message", 1) for _ in range(50)), known)
    counts = take_in(office).events
    assert (counts.duplicate, counts.ignored.total()) == (1, 50)


def test_a_leave_finds_nobody_else_by_a_swapped_look_up_value(office: Office) -> None:
    """Where two rows have each other's look-up value nobody leaves for another: the events wait, nothing is lost."""
    deliver(office, an_event("follow", 1), an_event("follow", 2))
    take_in(office)
    mine, others = (office.index.of_line_id(a_line_id(one)) for one in (1, 2))
    with writing(office.warehouse) as connection:
        for old, new in ((mine, bytes(32)), (others, mine), (bytes(32), others)):
            connection.execute(update(person).where(person.c.line_index == old).values(line_index=new))
    deliver(office, an_event("unfollow", 1, at=5))
    with pytest.raises(Tampered):
        take_in(office)
    assert len(followers(office)) == 2
    with reading(office.inbox) as connection:
        assert inbox.waiting(connection)[0] == 1
