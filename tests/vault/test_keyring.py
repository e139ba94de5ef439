"""Keys of persons and cases: who has one opens, who was erased never does again."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tayori.domain.identifiers import BroadcastId
from tayori.errors import NotFound, Tampered
from tayori.office import Office
from tayori.vault import lists
from tayori.vault.envelope import place, seal, unseal
from tayori.vault.keyfile import Space
from tayori.vault.keyring import Keyring
from tayori.warehouse import wrapped_keys
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.people import reserve_numbers
from tests.support.stops import Killed, stopped_after

RACERS = 8
BROADCAST = BroadcastId("b-0000dddd")


def test_rotation_keeps_survivors_and_ends_the_destroyed(office: Office) -> None:
    """After a rotation every survivor's key opens as before, a destroyed one is gone and so is its epoch's key."""
    with writing(office.vault) as vault:
        keys = dict(zip(range(1, 101), office.person_keys.create(vault, range(1, 101)), strict=True))
        office.person_keys.destroy(vault, [7, 8])
    rotation = office.person_keys.rotate(office.vault, office.now())
    assert (rotation.ended, rotation.began, rotation.survivors) == (1, 2, 98)
    with reading(office.vault) as vault:
        assert office.person_keys.open(vault, range(1, 101)) == {no: keys[no] for no in keys if no not in (7, 8)}
        assert [state for _, state, *_ in wrapped_keys.epochs(vault, "person")] == ["destroyed", "current"]
    with pytest.raises(NotFound):
        office.key_provider.key(Space.PERSON, 1)


def test_rotation_interrupted_before_the_switch_is_simply_run_again(office: Office) -> None:
    """A rotation that died after re-wrapping starts over: no key added meanwhile is lost, none erased returns."""
    with writing(office.vault) as vault:
        office.person_keys.create(vault, [1, 2, 3])
    keyring = office.person_keys
    with stopped_after(office.vault, commits=3), pytest.raises(Killed):
        keyring.rotate(office.vault, office.now())
    with writing(office.vault) as vault:
        late = keyring.create(vault, [4])[0]
        keyring.destroy(vault, [2])
    assert keyring.rotate(office.vault, office.now()).survivors == 3
    with reading(office.vault) as vault:
        opened = keyring.open(vault, [1, 2, 3, 4])
    assert sorted(opened) == [1, 3, 4]
    assert opened[4] == late


def test_a_key_left_by_a_crash_does_not_block_the_number(office: Office) -> None:
    """A crash after the vault's commit and before the warehouse's leaves a key behind; its number is used anew."""
    with pytest.raises(RuntimeError), writing(office.warehouse) as people:  # noqa: PT012 - the crash is the block
        with writing(office.vault) as vault:
            lost = office.person_keys.create(vault, reserve_numbers(people, 3))
        raise RuntimeError
    with office.writing_people() as (people, vault):
        numbers = reserve_numbers(people, 2)
        fresh = office.person_keys.create(vault, numbers)
    with reading(office.vault) as vault:
        opened = office.person_keys.open(vault, numbers)
    assert list(numbers) == [1, 2]
    assert [opened[number] for number in numbers] == fresh != lost[:2]


def test_a_wrapped_key_cannot_stand_in_for_another(office: Office) -> None:
    """A wrapped key moved to another number is refused as tampered."""
    with writing(office.vault) as vault:
        office.person_keys.create(vault, [1])
        (_, epoch, wrapped) = wrapped_keys.find_keys(vault, "person", [1])[0]
        wrapped_keys.add_keys(vault, "person", [(2, epoch, wrapped)])
    with reading(office.vault) as vault, pytest.raises(Tampered):
        office.person_keys.open(vault, [2])


def test_the_two_spaces_do_not_open_each_other(office: Office) -> None:
    """A person's key row copied among the cases' keys does not open there."""
    with writing(office.vault) as vault:
        office.person_keys.create(vault, [1])
        wrapped_keys.add_keys(vault, "case", wrapped_keys.find_keys(vault, "person", [1]))
    with reading(office.vault) as vault, pytest.raises(Tampered):
        Keyring(Space.CASE, office.key_provider).open(vault, [1])


def test_a_sealed_value_is_bound_to_its_place() -> None:
    """A sealed value opens only in the table, column and row it was sealed for."""
    key = bytes(32)
    sealed = seal(key, b"dummy", place("person", "line_user_id", 1))
    assert unseal(key, sealed, place("person", "line_user_id", 1)) == b"dummy"
    for other in (("person", "line_user_id", 2), ("person", "name", 1), ("case", "line_user_id", 1)):
        with pytest.raises(Tampered):
            unseal(key, sealed, place(*other))


def test_two_that_make_the_same_key_end_with_one(office: Office) -> None:
    """Programs that need a broadcast's key at the same moment all get the same: no list is sealed under a lost one."""
    gate = threading.Barrier(RACERS)

    def make_one(at: int) -> bytes:
        gate.wait()
        lists.make_key(office.vault, office.list_keys, BROADCAST)
        return lists.open_seal(office.vault, office.list_keys, BROADCAST, "c" * 64).seal(at, b"a list")

    with ThreadPoolExecutor(RACERS) as racers:
        sealed = list(racers.map(make_one, range(RACERS)))
    opener = lists.open_seal(office.vault, office.list_keys, BROADCAST, "c" * 64)
    assert [opener.open(at, one) for at, one in enumerate(sealed)] == [b"a list"] * RACERS
