"""Keys that outlived their epoch, keys from an escrow: what is kept is what the vault needs, and nothing else."""

import pytest

from tayori.deployment import Weight, examine
from tayori.errors import NotFound, Refused
from tayori.office import Office
from tayori.retention import run
from tayori.vault import keeping
from tayori.vault.keeping import Kept
from tayori.vault.keyfile import KeyFile, Space
from tayori.vault.sealed_box import BOX
from tayori.warehouse import wrapped_keys
from tayori.warehouse.engines import reading, writing

NAME = "keys of epochs (P8, L16)"


def weight(office: Office) -> Weight:
    return next(one.weight for one in examine(office.settings) if one.name == NAME)


def test_an_old_key_file_that_was_put_back_is_told_and_ends_in_the_next_night(sqlite_office: Office) -> None:
    """`doctor` fails while the key of an ended epoch is kept; the next night destroys it again, and only it."""
    office = sqlite_office
    with writing(office.vault) as vault:
        keys = office.person_keys.create(vault, [1, 2])
    old = office.key_provider.key(Space.PERSON, 1)
    office.person_keys.rotate(office.vault, office.now())
    assert weight(office) is Weight.OK
    office.key_provider.keep(Space.PERSON, 1, old)
    office.key_provider.make(Space.PERSON, 9)  # of an epoch that another program begins at this moment
    assert weight(office) is Weight.FAILED
    assert run.sweep_epochs(office) == 1
    with pytest.raises(NotFound):
        office.key_provider.key(Space.PERSON, 1)
    assert office.key_provider.key(Space.PERSON, 9)
    assert weight(office) is Weight.OK
    with reading(office.vault) as vault:
        assert list(office.person_keys.open(vault, [1, 2]).values()) == keys


def test_a_night_ends_the_epochs_of_every_space_once(sqlite_office: Office) -> None:
    """All spaces go over in one night; taken up again, the night ends nothing anew."""
    office = sqlite_office
    night = run.begin(office)
    run.erase_leavers(office, night)
    assert run.rotate_keys(office, night)["spaces_rotated"] == len(Space)
    assert run.rotate_keys(office, night)["spaces_rotated"] == 0
    with reading(office.vault) as vault:
        states = [(one.space, one.state) for one in keeping.kept(vault, office.key_provider, ended=True)]
        found = keeping.kept(vault, office.key_provider)
    assert states == [(space, state) for space in Space for state in ("destroyed", "current")]
    assert {one.key for one in found} == {Kept.THERE}


def test_a_missing_key_is_told_before_anything_opens(sqlite_office: Office) -> None:
    """`doctor` names the space and epoch whose key is missing or another one."""
    office = sqlite_office
    office.key_provider.destroy(Space.CASE, 1)
    assert weight(office) is Weight.FAILED
    office.key_provider.make(Space.CASE, 1)
    with reading(office.vault) as vault:
        assert {one.space: one.key for one in keeping.kept(vault, office.key_provider)}[Space.CASE] is Kept.ANOTHER


def test_what_an_escrow_held_takes_the_place_of_what_is_kept(sqlite_office: Office) -> None:
    """Keys of a vault's own time are taken in whole, marked as having been outside; another vault's are refused."""
    office = sqlite_office
    with writing(office.vault) as vault:
        keys = office.person_keys.create(vault, [1, 2])
    held = {f"{space}/{epoch}": office.key_provider.key(space, epoch) for space, epoch in office.key_provider.names()}
    assert f"{BOX}/1" in held
    office.kek_path.unlink()
    empty = KeyFile(office.kek_path)
    with pytest.raises(Refused, match="not this vault's"):
        keeping.take_in(office.vault, empty, held | {"person/1": bytes(32)})
    assert not empty.stands()
    empty.make(Space.PERSON, 5)
    keeping.take_in(office.vault, empty, held)
    assert empty.names() == {(name.partition("/")[0], 1) for name in held}
    with reading(office.vault) as vault:
        assert list(office.person_keys.open(vault, [1, 2]).values()) == keys
        assert {one.medium for one in wrapped_keys.every_epoch(vault, Space.PERSON)} == {"file"}
