"""A rotation of keys while others work, and stopped anywhere: no survivor is lost, nobody who was erased returns."""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tayori.errors import NotFound, Unavailable
from tayori.office import Office
from tayori.vault import keyring
from tayori.vault.keyfile import KeyFile, Space
from tayori.vault.keyring import Keyring, Rotation
from tayori.warehouse import hygiene, wrapped_keys
from tayori.warehouse.engines import is_sqlite, reading, writing
from tests.support.stops import Killed, stopped_after

SPACES = list(Space)
MOMENT = 0.3  # seconds: long enough that a thread that can go on has gone on
WRITERS = 3
STEPS_OF_ROTATION = 9  # more commits than a rotation of few keys has


def keys_of(office: Office, space: Space, numbers: range) -> dict[int, bytes]:
    with writing(office.vault) as vault:
        return dict(zip(numbers, office.keyring(space).create(vault, numbers), strict=True))


def opened(office: Office, space: Space, numbers: range) -> dict[int, bytes]:
    """Open keys as a program would that has just been started: nothing is in its memory."""
    fresh = Keyring(space, KeyFile(office.kek_path))
    with reading(office.vault) as vault:
        return fresh.open(vault, numbers)


def states(office: Office, space: Space) -> list[str]:
    with reading(office.vault) as vault:
        return [one.state for one in wrapped_keys.every_epoch(vault, space)]


@pytest.mark.parametrize("space", SPACES)
def test_every_space_rotates(office: Office, space: Space) -> None:
    """No space of keys is left out: survivors open, the old epoch's key is gone, nothing lies in the second table."""
    keys = keys_of(office, space, range(1, 31))
    with writing(office.vault) as vault:
        office.keyring(space).destroy(vault, [3])
    assert office.keyring(space).rotate(office.vault, office.now()) == Rotation(space, 1, 2, 29)
    assert opened(office, space, range(1, 31)) == {no: key for no, key in keys.items() if no != 3}
    assert states(office, space) == ["destroyed", "current"]
    with reading(office.vault) as vault:
        assert wrapped_keys.count_next(vault, space) == 0
        ended, current = wrapped_keys.every_epoch(vault, space)
    assert (ended.destroyed_at, current.medium) == (office.now(), "file")
    with pytest.raises(NotFound):
        office.key_provider.key(space, 1)


@pytest.mark.parametrize("commits", range(STEPS_OF_ROTATION))
def test_a_rotation_stopped_at_any_commit_goes_on(office: Office, commits: int) -> None:
    """Stopped before any of its commits, and used by others then, the next rotation ends it: nobody is lost or returns.

    The program that goes on is another one: what the first had in its memory is gone.
    """
    keys = keys_of(office, Space.PERSON, range(1, 41))
    with stopped_after(office.vault, commits) as came:
        try:
            office.person_keys.rotate(office.vault, office.now())
        except Killed:
            assert came[0] == commits
    other = Keyring(Space.PERSON, KeyFile(office.kek_path))
    with writing(office.vault) as vault:
        other.destroy(vault, [1, 2])
        keys[41] = other.create(vault, [41])[0]
        keys[3] = other.create(vault, [3])[0]  # a number whose first key a crash left behind
    assert opened(office, Space.PERSON, range(1, 50)) == {no: key for no, key in keys.items() if no not in (1, 2)}
    again = Keyring(Space.PERSON, KeyFile(office.kek_path)).rotate(office.vault, office.now())
    assert again.survivors == 39
    assert opened(office, Space.PERSON, range(1, 50)) == {no: key for no, key in keys.items() if no not in (1, 2)}
    assert states(office, Space.PERSON)[-1] == "current"
    assert set(states(office, Space.PERSON)[:-1]) == {"destroyed"}
    assert office.key_provider.names() & {("person", again.ended)} == set()


def test_a_rotation_has_no_more_commits_than_are_tried(office: Office) -> None:
    """The test before this one stops at every commit that there is."""
    keys_of(office, Space.PERSON, range(1, 41))
    with stopped_after(office.vault, STEPS_OF_ROTATION * 10) as came:
        office.person_keys.rotate(office.vault, office.now())
    assert came[0] < STEPS_OF_ROTATION


def test_a_writer_that_read_the_epoch_is_waited_for(office: Office) -> None:
    """Who read the current epoch and has not inserted yet keeps the rotation out; what it inserts then goes over."""
    keys = keys_of(office, Space.PERSON, range(1, 11))
    late: list[bytes] = []
    read, insert = threading.Event(), threading.Event()

    def write() -> None:
        with writing(office.vault) as vault:
            wrapped_keys.enter(vault, Space.PERSON)
            read.set()
            insert.wait(30)
            late.extend(office.person_keys.create(vault, [11]))

    with ThreadPoolExecutor(2) as pool:
        pool.submit(write)
        assert read.wait(30)
        turning = pool.submit(office.keyring(Space.PERSON).rotate, office.vault, office.now())
        time.sleep(MOMENT)
        waited = not turning.done() and states(office, Space.PERSON) == ["current"]
        insert.set()
        assert waited
        assert turning.result(60).survivors == 11
    assert opened(office, Space.PERSON, range(1, 12)) == keys | {11: late[0]}


def test_a_writer_that_comes_in_the_middle_of_a_switch_finds_the_new_epoch(office: Office) -> None:
    """Who waits while the tables change names wraps under the epoch that is current afterwards."""
    keys_of(office, Space.PERSON, range(1, 11))
    turned, write = threading.Event(), threading.Event()

    def switch() -> None:
        with writing(office.vault) as vault:
            wrapped_keys.enter_alone(vault, Space.PERSON)
            write.set()
            turned.wait(30)
            office.person_keys.begin_epoch(vault, 2, "preparing", office.now())
            wrapped_keys.set_epoch_state(vault, Space.PERSON, 1, "retired")
            wrapped_keys.set_epoch_state(vault, Space.PERSON, 2, "current")

    with ThreadPoolExecutor(2) as pool:
        switching = pool.submit(switch)
        assert write.wait(30)
        writer = pool.submit(keys_of, office, Space.PERSON, range(11, 12))
        time.sleep(MOMENT)
        waited = not writer.done()
        turned.set()
        assert waited
        switching.result(60)
        writer.result(60)
    with reading(office.vault) as vault:
        assert [row[1] for row in wrapped_keys.find_keys(vault, "person", [11])] == [2]


@pytest.mark.parametrize(("gone", "made"), [([], []), ([4], [5]), ([4], []), ([], [5]), ([], [7]), ([4], [7])], ids=str)
def test_a_key_destroyed_while_others_are_carried_over_does_not_go_over(
    office: Office, gone: list[int], made: list[int]
) -> None:
    """Between the reading of a block and its writing keys are destroyed and made: each ends as its writer left it.

    5 had a key, 7 had none: also where as many came as went, nobody who went returns, and nobody's new key is lost.
    """
    ring, numbers = office.person_keys, [number for number in range(1, 11) if number != 7]
    with writing(office.vault) as vault:
        keys = dict(zip(numbers, ring.create(vault, numbers), strict=True))
        ring.begin_epoch(vault, 2, "preparing", office.now())
    with reading(office.vault) as vault:
        block = wrapped_keys.next_keys(vault, "person", wrapped_keys.FIRST_NUMBER, 100)
        following = wrapped_keys.standing(vault, "person").following
    assert following is not None
    anew = ring.wrapped(following, list(ring.unwrapped(block)))
    with writing(office.vault) as vault:
        ring.destroy(vault, gone)
        keys |= dict(zip(made, ring.create(vault, made), strict=True))
    left = {number: key for number, key in keys.items() if number not in gone}
    with writing(office.vault) as vault:
        wrapped_keys.carry_over(vault, "person", block, anew)
        assert wrapped_keys.count_next(vault, "person") == len(left)
    ring.rotate(office.vault, office.now())
    assert opened(office, Space.PERSON, range(1, 11)) == left


@pytest.mark.parametrize("size", [1, 6, 29, 30, 31])
def test_the_second_table_is_emptied_in_pieces(office: Office, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """However many rows go at once, none stays, and of what was wrapped before no byte is left in the store's files."""
    monkeypatch.setattr(keyring, "EMPTIED", size)
    keys = keys_of(office, Space.PERSON, range(1, 31))
    with reading(office.vault) as vault:
        before = [row[2] for row in wrapped_keys.find_keys(vault, "person", range(1, 31))]
    pauses: list[float] = []
    office.person_keys.rotate(office.vault, office.now(), pause=pauses.append)
    assert len(pauses) == (29 // size if is_sqlite(office.vault) else 0)
    assert opened(office, Space.PERSON, range(1, 31)) == keys
    with reading(office.vault) as vault:
        assert wrapped_keys.count_next(vault, "person") == 0
    hygiene.clean(office.vault, "vault")
    kept = b"".join(path.read_bytes() for path in hygiene.store_files(office.vault).values())
    assert not [one for one in before if one in kept]


def test_ingest_and_erasure_go_on_while_epoch_after_epoch_ends(office: Office) -> None:
    """Writers add, replace and destroy keys from four threads through two rotations: all end with exactly theirs."""
    stop, mine = threading.Event(), [dict[int, bytes]() for _ in range(WRITERS)]

    def write(at: int) -> None:
        ring = Keyring(Space.PERSON, KeyFile(office.kek_path))
        for number in itertools.count(at + 1, WRITERS):
            if stop.is_set():
                return
            with writing(office.vault) as vault:
                key = ring.create(vault, [number])[0]
                if gone := [no for no in mine[at] if no % 5 == 0]:
                    ring.destroy(vault, gone)
            mine[at] = {no: held for no, held in mine[at].items() if no not in gone} | {number: key}
            with reading(office.vault) as vault:
                assert ring.open(vault, [number]) == {number: key}

    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(write, at) for at in range(WRITERS)]
        try:
            for _ in range(2):
                time.sleep(0.1)
                office.person_keys.rotate(office.vault, office.now())
        finally:
            stop.set()
        for writer in writers:
            writer.result(60)
    expected = {no: key for held in mine for no, key in held.items()}
    assert len(expected) > WRITERS
    assert opened(office, Space.PERSON, range(1, max(expected) + 1)) == expected
    assert states(office, Space.PERSON) == ["destroyed"] * 2 + ["current"]


def test_two_that_need_one_key_during_a_rotation_end_with_one(office: Office) -> None:
    """A key that two programs ensure while an epoch is prepared is one key, before the switch and after it."""
    ring = office.list_keys
    with writing(office.vault) as vault:
        ring.begin_epoch(vault, 2, "preparing", office.now())
    gate = threading.Barrier(WRITERS)

    def ensure() -> bytes:
        gate.wait()
        with writing(office.vault) as vault:
            ring.ensure(vault, 7)
        with reading(office.vault) as vault:
            return ring.open(vault, [7])[7]

    with ThreadPoolExecutor(WRITERS) as pool:
        found = {one.result(60) for one in [pool.submit(ensure) for _ in range(WRITERS)]}
    assert len(found) == 1
    ring.rotate(office.vault, office.now())
    assert {opened(office, Space.LIST, range(7, 8))[7]} == found


def test_a_reader_of_the_old_table_is_waited_for(office: Office) -> None:
    """Who read wrapped keys before the switch can open them: their epoch's key lives until nobody reads them."""
    keys = keys_of(office, Space.PERSON, range(1, 11))
    read, go_on = threading.Event(), threading.Event()

    def slowly() -> dict[int, bytes]:
        ring = Keyring(Space.PERSON, KeyFile(office.kek_path))  # a program that has opened nothing yet
        with reading(office.vault) as vault:
            rows = wrapped_keys.find_keys(vault, "person", range(1, 11))
            read.set()
            go_on.wait(30)
            return dict(ring.unwrapped(rows))

    with ThreadPoolExecutor(2) as pool:
        reader = pool.submit(slowly)
        assert read.wait(30)
        turning = pool.submit(office.person_keys.rotate, office.vault, office.now())
        time.sleep(MOMENT)
        waited = not turning.done()
        go_on.set()
        assert waited
        assert reader.result(60) == keys
        assert turning.result(60).survivors == 10


def test_a_reader_that_never_ends_stops_the_rotation_with_a_sentence(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rotation gives up in the end, the store stays usable, and the next one goes on."""
    monkeypatch.setattr(keyring, "PATIENCE", 2)
    keys = keys_of(office, Space.PERSON, range(1, 11))
    waits: list[float] = []
    with reading(office.vault) as reader:
        wrapped_keys.find_keys(reader, "person", [1])
        with pytest.raises(Unavailable):
            office.person_keys.rotate(office.vault, office.now(), pause=waits.append)
        keys |= keys_of(office, Space.PERSON, range(11, 12))
    assert opened(office, Space.PERSON, range(1, 12)) == keys
    office.person_keys.rotate(office.vault, office.now())
    assert opened(office, Space.PERSON, range(1, 12)) == keys
    assert set(states(office, Space.PERSON)[:-1]) == {"destroyed"}


def test_a_key_file_of_another_installation_is_refused(office: Office) -> None:
    """A key of the right name and another vault wraps nothing and opens nothing; the sentence says what is wrong."""
    keys_of(office, Space.PERSON, range(1, 3))
    office.kek_path.unlink()
    foreign = KeyFile(office.kek_path)
    for space in Space:
        foreign.make(space, 1)
    ring = Keyring(Space.PERSON, foreign)
    with pytest.raises(Unavailable, match="two installations"), reading(office.vault) as vault:
        ring.open(vault, [1])
    with pytest.raises(Unavailable, match="two installations"), writing(office.vault) as vault:
        ring.create(vault, [9])
    with pytest.raises(Unavailable, match="two installations"):
        ring.rotate(office.vault, office.now())


def test_a_program_forgets_the_keys_that_another_destroyed(office: Office) -> None:
    """A long-running program that had an epoch's key in its memory has it no more once the epoch ended elsewhere."""
    keys_of(office, Space.PERSON, range(1, 3))
    other = KeyFile(office.kek_path)
    held = other.key(Space.PERSON, 1)
    office.person_keys.rotate(office.vault, office.now())
    other.refresh()
    assert held not in other._keys.values()  # noqa: SLF001 - what is in its memory is the question
    with pytest.raises(NotFound):
        other.key(Space.PERSON, 1)
