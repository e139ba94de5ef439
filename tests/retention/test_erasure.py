"""Forgetting those who left: wholly, alone, and so that it may stop anywhere."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import RunId
from tayori.domain.states import BatchState
from tayori.errors import Tampered
from tayori.ingest.followers import welcome
from tayori.ingest.quarantine import SetAside, set_aside
from tayori.office import Office
from tayori.retention import erase
from tayori.retention.erase import erase_leavers, sweep_keys
from tayori.vault import audit
from tayori.vault.audit import Action, record
from tayori.vault.identity import open_line_ids
from tayori.warehouse import erasure, journal, people
from tayori.warehouse.audit import lines as audit_lines
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.orphans import still_without_person
from tayori.warehouse.people import Chosen
from tayori.warehouse.schema.people import event_seen, person
from tayori.warehouse.schema.records import quarantine
from tests.support.builders import TestClock, a_line_id
from tests.support.frozen import a_batch, members_of
from tests.support.people import choose, follow, leave
from tests.support.traces import tables_with_bytes, tables_with_number

RUN = RunId("retention-test")
KEY = bytes(range(32))


def a_ward(office: Office, count: int = 20) -> list[int]:
    numbers = list(follow(office, [a_line_id(one) for one in range(1, count + 1)]))
    choose(office, [Chosen(no, "2026-11", office.now(), 1980, 1, 3, frozenset({1, 3, 11})) for no in numbers])
    return numbers


def open_ids(office: Office, numbers: list[int]) -> dict[int, str]:
    with writing(office.warehouse) as warehouse:
        line = record(warehouse, Evidence("test", Purpose.INSPECTION), Action.OPEN, "all", count=1, now=office.now())
    with reading(office.warehouse) as warehouse, reading(office.vault) as vault:
        return {
            int(no): str(one) for no, one in open_line_ids(warehouse, vault, office.person_keys, numbers, line).items()
        }


def index_of(office: Office, number: int) -> bytes:
    return office.index.of_line_id(a_line_id(number))


def test_a_leaver_is_gone_and_the_others_are_untouched(office: Office) -> None:
    """After an erasure neither row nor key of a leaver is anywhere; every survivor opens as before."""
    numbers = a_ward(office)
    leave(office, numbers[:5])
    erased = erase_leavers(office, RUN, KEY, size=2)
    assert (erased.residents, erased.waiting) == (5, 0)
    for number in numbers[:5]:
        assert tables_with_number(office, number) == {"erasure_journal"}
        assert not tables_with_bytes(office, index_of(office, number))
    opened = open_ids(office, numbers)
    assert opened == {number: a_line_id(number) for number in numbers[5:]}
    with reading(office.warehouse) as warehouse:
        assert people.count_people(warehouse) == 15
        assert journal.tally(warehouse, RUN)["person"] == 5


def test_settings_that_came_after_the_leaving_go_too(office: Office) -> None:
    """What was set between the leaving and the night is walked like everything else, genre by genre."""
    numbers = a_ward(office)
    leave(office, numbers[:5])
    choose(office, [Chosen(no, "2026-11", office.now(), genres=frozenset({1, 7, 15})) for no in numbers[:6]])
    erase_leavers(office, RUN, KEY, size=3)
    assert all(tables_with_number(office, number) == {"erasure_journal"} for number in numbers[:5])
    assert {"genre_choice", "reception_settings"} <= tables_with_number(office, numbers[5])
    with reading(office.warehouse) as warehouse:
        assert journal.tally(warehouse, RUN)["genre_choice"] == 15


def test_a_second_walk_finds_nobody(office: Office) -> None:
    """The eraser may run again: nobody is erased twice, and nobody is counted twice."""
    leave(office, a_ward(office)[:5])
    erase_leavers(office, RUN, KEY)
    assert erase_leavers(office, RUN, KEY).residents == 0
    with reading(office.warehouse) as warehouse:
        assert journal.journalled(warehouse, RUN).residents == 5


def test_whoever_comes_back_is_a_new_person(office: Office) -> None:
    """A re-follow after the erasure is a new number with a new key; nothing of before returns."""
    first = a_ward(office, 3)
    leave(office, first[:1])
    erase_leavers(office, RUN, KEY)
    (again,) = follow(office, [a_line_id(1)])
    assert again not in first
    assert open_ids(office, [again]) == {again: a_line_id(1)}
    assert tables_with_number(office, again) == {"person", "person_key"}


def test_a_quarantined_row_of_a_leaver_keeps_its_count_and_reason_only(office: Office) -> None:
    """What the gate refused of a leaver is blanked; how many and why stays, and others' rows stay whole."""
    numbers = a_ward(office, 2)
    with writing(office.warehouse) as warehouse:
        rows = [SetAside(no, "birth year", a_line_id(no).encode(), index_of(office, no)) for no in (1, 2)]
        set_aside(office, warehouse, "test", rows)
    leave(office, numbers[:1])
    erase_leavers(office, RUN, KEY)
    with reading(office.warehouse) as warehouse:
        held = list(warehouse.execute(select(quarantine).order_by(quarantine.c.row_no)))
    assert [(row.rule, row.sealed is None, row.line_index is None) for row in held] == [
        ("birth year", True, True),
        ("birth year", False, False),
    ]


def test_a_leaver_is_taken_out_of_a_batch_that_was_never_tried(office: Office) -> None:
    """A planned batch loses the leaver and is a new promise: its list and its size are those without them."""
    numbers = a_ward(office)
    planned = a_batch(office, numbers[:10])
    leave(office, [numbers[3], numbers[9], numbers[15]])
    assert erase_leavers(office, RUN, KEY).lists == 1
    left = [number for number in numbers[:10] if number not in (numbers[3], numbers[9])]
    assert members_of(office, planned) == (left, 8)


def test_a_batch_that_loses_everybody_stays_as_an_empty_one(office: Office) -> None:
    """A planned batch of leavers alone names nobody any more."""
    numbers = a_ward(office)
    planned = a_batch(office, numbers[:2])
    leave(office, numbers[:2])
    erase_leavers(office, RUN, KEY)
    assert members_of(office, planned) == ([], 0)


@pytest.mark.parametrize("state", [BatchState.SENDING, BatchState.UNKNOWN])
def test_a_leaver_in_a_batch_of_open_outcome_waits(office: Office, state: BatchState) -> None:
    """Who is in a batch that may have to be repeated as it was is not erased yet, and is reported as waiting."""
    numbers = a_ward(office)
    tried = a_batch(office, numbers[:10], state, first_attempt=office.now())
    leave(office, [numbers[3], numbers[15]])
    erased = erase_leavers(office, RUN, KEY)
    assert (erased.residents, erased.waiting) == (1, 1)
    assert members_of(office, tried) == (numbers[:10], 10)
    assert "person_key" in tables_with_number(office, numbers[3])


def test_nobody_waits_longer_than_three_days(office: Office, clock: TestClock) -> None:
    """After 72 h no list may be sent again, so nobody waits for it any more; what was promised then stays stated."""
    numbers = a_ward(office)
    tried = a_batch(office, numbers[:10], BatchState.UNKNOWN, first_attempt=office.now())
    leave(office, [numbers[3]])
    clock.forward(hours=71)
    assert erase_leavers(office, RUN, KEY).waiting == 1
    clock.forward(hours=2)
    assert erase_leavers(office, RUN, KEY).residents == 1
    held, size = members_of(office, tried)
    assert numbers[3] not in held
    assert size == 10


def crash(*_: object) -> None:
    raise InterruptedError


Step = tuple[object, str]


@pytest.mark.parametrize(
    "where",
    [(erase, "_destroy_keys"), (journal, "write_journal"), (erasure, "forget"), (journal, "add_tally")],
    ids=["before the keys", "before the journal", "before the rows", "before the tally"],
)
def test_an_erasure_that_stopped_goes_on(office: Office, monkeypatch: pytest.MonkeyPatch, where: Step) -> None:
    """Interrupted between any two steps and run again: everybody is erased once, counted once, no key outlives."""
    numbers = a_ward(office)
    leave(office, numbers[:5])
    with monkeypatch.context() as broken:
        broken.setattr(*where, crash)
        with pytest.raises(InterruptedError):
            erase_leavers(office, RUN, KEY, size=2)
    erase_leavers(office, RUN, KEY, size=2)
    assert all(tables_with_number(office, number) == {"erasure_journal"} for number in numbers[:5])
    with reading(office.warehouse) as warehouse:
        assert journal.journalled(warehouse, RUN).residents == 5
        assert journal.tally(warehouse, RUN)["person"] == 5
    assert len(open_ids(office, numbers)) == 15


def test_a_key_without_a_person_is_swept(office: Office) -> None:
    """A key that a crash left between the two stores goes; everyone who has a row keeps theirs."""
    numbers = a_ward(office)
    with writing(office.vault) as vault:
        office.person_keys.create(vault, [900, 901])
    assert sweep_keys(office) == 2
    assert len(open_ids(office, numbers)) == 20
    assert sweep_keys(office) == 0


def test_a_key_whose_person_came_meanwhile_is_not_swept(office: Office) -> None:
    """Before a key goes it is looked again whether its person is here by now."""
    numbers = a_ward(office)
    with reading(office.warehouse) as warehouse:
        assert still_without_person(warehouse, [900, *numbers]) == [900]


def test_each_block_is_a_line_of_the_access_log(office: Office) -> None:
    """An erasure is written down by block with its count, and the chain holds."""
    leave(office, a_ward(office)[:5])
    erase_leavers(office, RUN, KEY, size=2)
    with reading(office.warehouse) as warehouse:
        lines = [line for line in audit_lines(warehouse) if line.action == "erase"]
        assert [line.count for line in lines] == [2, 2, 1]
        audit.verify(warehouse, office.signing_key.public_key())


def test_canaries_are_erased_and_never_counted_among_residents(office: Office) -> None:
    """Numbers below zero go like others and stand in no count of residents."""
    with office.writing_people() as stores:
        line = record(stores[0], erase.EVIDENCE, Action.WRITE, "canaries", count=1, now=office.now())
        from_below = welcome(office, stores, [(a_line_id(77), 1)], line, canaries=True)
    leave(office, from_below, "canary")
    erased = erase_leavers(office, RUN, KEY)
    assert (erased.residents, erased.canaries) == (0, 1)
    with reading(office.warehouse) as warehouse:
        assert journal.commitments(warehouse, RUN) == []


def test_what_reached_its_age_ends_and_nothing_younger(office: Office, clock: TestClock) -> None:
    """Event ids end after 16 days, quarantined content at its date; the quarantined row's reason stays."""
    with writing(office.warehouse) as warehouse:
        ms = int(office.now().timestamp() * 1000)
        warehouse.execute(insert(event_seen), [{"event_id": "e1", "at_ms": ms}])
        set_aside(office, warehouse, "test", [SetAside(1, "rule", b"x", bytes(32))])
        set_aside(office, warehouse, "test", [SetAside(2, "rule", b"x", None)], kept=timedelta(days=30))
    clock.forward(days=6)
    with writing(office.warehouse) as warehouse:
        assert not any(erasure.expire(warehouse, "warehouse", office.now()).values())
    clock.forward(days=11)
    with writing(office.warehouse) as warehouse:
        assert erasure.expire(warehouse, "warehouse", office.now()) == {
            "event_seen": 1,
            "quarantine": 1,
            "erasure_journal": 0,
            "tombstone": 0,
        }
        held = list(warehouse.execute(select(quarantine).order_by(quarantine.c.row_no)))
    assert [(row.rule, row.state, row.sealed is None) for row in held] == [
        ("rule", "expired", True),
        ("rule", "waiting", False),
    ]


def test_the_journal_of_an_uncertified_run_does_not_end(office: Office, clock: TestClock) -> None:
    """Who was erased without a certificate yet is not forgotten by the journal, however old it is."""
    leave(office, a_ward(office)[:1])
    erase_leavers(office, RUN, KEY)
    clock.forward(days=100)
    with writing(office.warehouse) as warehouse:
        assert erasure.expire(warehouse, "warehouse", office.now())["erasure_journal"] == 0


def swap_look_ups(office: Office, one: int, other: int) -> None:
    """Let two persons' rows have each other's look-up value, as whoever can write the table could."""
    with writing(office.warehouse) as warehouse:
        for value, number in ((bytes(32), one), (index_of(office, one), other), (index_of(office, other), one)):
            warehouse.execute(update(person).where(person.c.person_no == number).values(line_index=value))


def test_a_leaver_whose_sealed_id_was_changed_keeps_nobody_else_back(office: Office) -> None:
    """A LINE id that does not open under its person's key is told, and the others who left are erased."""
    numbers = a_ward(office)
    leave(office, numbers[:3])
    with writing(office.warehouse) as warehouse:
        warehouse.execute(update(person).where(person.c.person_no == numbers[1]).values(line_user_id=bytes(61)))
    with pytest.raises(Tampered, match="of 1 leavers"):
        erase_leavers(office, RUN, KEY)
    assert tables_with_number(office, numbers[0]) == tables_with_number(office, numbers[2]) == {"erasure_journal"}
    assert "person_key" in tables_with_number(office, numbers[1])


def test_a_leaver_under_anothers_look_up_value_is_not_erased(office: Office) -> None:
    """Swapped look-up values: neither of the two is erased, every other leaver is, and the night tells it."""
    numbers = a_ward(office)
    leave(office, numbers[:3])
    swap_look_ups(office, numbers[0], numbers[10])
    with pytest.raises(Tampered, match="of 1 leavers"):
        erase_leavers(office, RUN, KEY, size=2)
    assert not tables_with_number(office, numbers[1]) - {"erasure_journal"}
    assert {"person", "person_key"} <= tables_with_number(office, numbers[0]) & tables_with_number(office, numbers[10])
    with writing(office.warehouse) as warehouse:
        for value, number in (
            (bytes(32), numbers[0]),
            *((index_of(office, no), no) for no in (numbers[10], numbers[0])),
        ):
            warehouse.execute(update(person).where(person.c.person_no == number).values(line_index=value))
    erase_leavers(office, RUN, KEY)
    assert tables_with_number(office, numbers[0]) == {"erasure_journal"}
