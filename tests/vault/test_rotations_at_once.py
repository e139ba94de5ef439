"""Two rotations of one space at once, one of them killed anywhere: nobody is lost, nobody who was erased returns."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event

from tayori.errors import Unavailable
from tayori.office import Office
from tayori.vault.keyfile import KeyFile, Space
from tayori.vault.keyring import Keyring
from tayori.warehouse import wrapped_keys
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.wrapped_keys import WrappedRow
from tests.support.stops import Killed, stopped_after
from tests.vault.test_rotation import keys_of, opened, states


def test_two_rotations_at_once_lose_nothing(office: Office) -> None:
    """A second rotation beside the first ends with it, or with a sentence; every key opens afterwards."""
    keys = keys_of(office, Space.PERSON, range(1, 301))
    rings = [Keyring(Space.PERSON, KeyFile(office.kek_path)) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        turning = [pool.submit(ring.rotate, office.vault, office.now()) for ring in rings]
        faults = [fault for one in turning if (fault := one.exception(60)) is not None]
    assert all(isinstance(fault, Unavailable) for fault in faults)
    assert len(faults) < 2
    assert opened(office, Space.PERSON, range(1, 301)) == keys
    office.person_keys.rotate(office.vault, office.now())
    assert opened(office, Space.PERSON, range(1, 301)) == keys
    assert states(office, Space.PERSON)[-1] == "current"


@pytest.mark.parametrize(("gone", "made"), [(4, 7), (5, 5)], ids=str)
def test_what_a_second_rotation_empties_hides_no_writer_from_the_first(office: Office, gone: int, made: int) -> None:
    """Between the reading of a block and its writing others write, and a rotation begins beside it and is killed.

    5 had a key, 7 had none: whoever went stays gone, and the key that was made last is the one that goes over.
    """
    numbers = [number for number in range(1, 11) if number != 7]
    with writing(office.vault) as vault:
        keys = dict(zip(numbers, office.person_keys.create(vault, numbers), strict=True))
    overtaken: list[bool] = []

    class Overtaken(Keyring):
        def unwrapped(self, rows: Iterable[WrappedRow]) -> Iterator[tuple[int, bytes]]:
            yield from super().unwrapped(rows)
            if overtaken:
                return
            overtaken.append(True)
            with writing(office.vault) as vault:
                office.person_keys.destroy(vault, [gone])
                keys.pop(gone)
                keys[made] = office.person_keys.create(vault, [made])[0]
            with stopped_after(office.vault, 2), pytest.raises(Killed):
                Keyring(Space.PERSON, KeyFile(office.kek_path)).rotate(office.vault, office.now())

    Overtaken(Space.PERSON, KeyFile(office.kek_path)).rotate(office.vault, office.now())
    assert opened(office, Space.PERSON, range(1, 11)) == keys


def test_what_another_rotation_filled_meanwhile_is_not_emptied(office: Office) -> None:
    """Who ends an epoch late, when another rotation has ended it and carries over already, takes nothing from that."""
    keys = keys_of(office, Space.PERSON, range(1, 11))
    with stopped_after(office.vault, 4), pytest.raises(Killed):  # switched, and the old epoch's key still there
        office.person_keys.rotate(office.vault, office.now())
    assert states(office, Space.PERSON) == ["retired", "current"]
    carried: list[int] = []

    class Late(KeyFile):
        def destroy(self, space: str, epoch: int) -> None:
            super().destroy(space, epoch)
            if not carried:
                with stopped_after(office.vault, 5), pytest.raises(Killed):
                    Keyring(Space.PERSON, KeyFile(office.kek_path)).rotate(office.vault, office.now())
                self.count()

        def key(self, space: str, epoch: int) -> bytes:
            self.count()
            return super().key(space, epoch)

        def count(self) -> None:
            with reading(office.vault) as vault:
                carried.append(wrapped_keys.count_next(vault, Space.PERSON))

    Keyring(Space.PERSON, Late(office.kek_path)).rotate(office.vault, office.now())
    assert carried[:2] == [10, 10]
    assert opened(office, Space.PERSON, range(1, 11)) == keys


def test_no_epoch_is_begun_while_another_waits_to_be_ended(office: Office) -> None:
    """Another rotation switches and is killed right after this one looked: what it retired is ended first."""
    keys = keys_of(office, Space.PERSON, range(1, 11))
    came: list[list[str]] = []
    overtaken: list[bool] = []

    class Seen(KeyFile):
        def make(self, space: str, epoch: int) -> None:
            came.append(states(office, Space.PERSON))
            super().make(space, epoch)

    def overtake(*_: object) -> None:
        if not overtaken:
            overtaken.append(True)
            with stopped_after(office.vault, 4), pytest.raises(Killed):
                Keyring(Space.PERSON, KeyFile(office.kek_path)).rotate(office.vault, office.now())

    event.listen(office.vault, "checkin", overtake)  # the end of its first look
    Keyring(Space.PERSON, Seen(office.kek_path)).rotate(office.vault, office.now())
    event.remove(office.vault, "checkin", overtake)
    assert came == [["destroyed", "current"]]
    assert opened(office, Space.PERSON, range(1, 11)) == keys
