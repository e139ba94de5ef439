"""Keys under a device behind PKCS#11: nothing in the open on a disk, an ended epoch's object gone from the device."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pkcs11 import TokenFlag
from pydantic import SecretStr, ValidationError

from cli.app import run as command
from tayori import deployment
from tayori.deployment import Weight
from tayori.errors import NotFound, Refused, Unavailable
from tayori.office import Office, set_up
from tayori.retention import run
from tayori.retention.moving import move_keys
from tayori.settings import Mode, Settings
from tayori.vault.device import KeyDevice, refuse_last_try
from tayori.vault.keyfile import KeyFile, Space
from tayori.vault.providers import Medium, weakest
from tayori.vault.sealed_box import BOX
from tayori.warehouse import wrapped_keys
from tayori.warehouse.engines import reading, writing
from tests.support.builders import TestClock, an_office, some_settings
from tests.support.softhsm import MODULE, PIN, SoftDevice, installed
from tests.support.stops import Killed, stopped_after

pytestmark = [pytest.mark.softhsm, pytest.mark.skipif(not installed(), reason="softhsm2 is not installed")]


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> SoftDevice:
    """Give the one device of this process."""
    return SoftDevice.begun(tmp_path_factory.mktemp("device"))


@pytest.fixture
def named(device: SoftDevice, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Give the settings of a token of this test's own."""
    return device.token(request.node.name[-32:])


@pytest.fixture
def kept(named: dict[str, Any], tmp_path: Path, clock: TestClock) -> Iterator[Office]:
    """Give an office whose keys a device keeps."""
    opened = an_office(tmp_path / "home", clock, **named)
    yield opened
    opened.close()


def again(office: Office, **changes: Any) -> Office:  # noqa: ANN401 - any setting
    """Open the office as a program would that has just been started, with some settings changed."""
    settings = office.settings.model_dump(exclude_unset=True) | changes
    return Office(Settings(_env_file=None, **settings), office.clock, office.rng)


def keys_of(office: Office, numbers: range) -> dict[int, bytes]:
    with writing(office.vault) as vault:
        return dict(zip(numbers, office.person_keys.create(vault, numbers), strict=True))


def opened(office: Office, numbers: range) -> dict[int, bytes]:
    with reading(office.vault) as vault:
        return office.person_keys.open(vault, numbers)


def test_the_keys_of_a_device_open_in_every_program_and_lie_nowhere_in_the_open(kept: Office) -> None:
    """A second program opens what the first sealed; no file of the installation or the device holds an epoch's key."""
    keys = keys_of(kept, range(1, 11))
    other = again(kept)
    assert opened(other, range(1, 11)) == keys
    secrets = [kept.key_provider.key(space, epoch) for space, epoch in kept.key_provider.names()]
    assert len(secrets) == len(Space) + 1
    for path in kept.settings.home.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not any(one in content or one.hex().encode() in content for one in secrets)
    assert {path.name for path in kept.keys_folder.glob("kek*")} == {"kek.sealed.json"}


def test_an_ended_epoch_is_gone_from_the_device(kept: Office, tmp_path: Path) -> None:
    """After a rotation the sealed key of the ended epoch, kept by mistake, opens on the device no more."""
    keys = keys_of(kept, range(1, 11))
    old_file = shutil.copy(kept.kek_path, tmp_path / "old.json")
    old_key = kept.key_provider.key(Space.PERSON, 1)
    kept.person_keys.rotate(kept.vault, kept.now())
    assert opened(again(kept), range(1, 11)) == keys
    with pytest.raises(NotFound):
        kept.key_provider.key(Space.PERSON, 1)
    shutil.copy(old_file, kept.kek_path)
    restored = again(kept).key_provider
    with pytest.raises(Unavailable, match="holds no key"):
        restored.key(Space.PERSON, 1)
    assert restored.key(Space.CASE, 1) != old_key
    assert isinstance(restored, KeyDevice)
    assert restored.strays() == ["person/2"]  # epoch 2's own, which the old file does not know


def test_a_night_goes_the_same_way_with_a_device(kept: Office) -> None:
    """The nightly steps end every space's epoch and renew the box keys; the certificate claims what the token may."""
    sealed = kept.sealer.seal("event", b"x")
    night = run.begin(kept)
    run.erase_leavers(kept, night)
    assert run.rotate_keys(kept, night)["spaces_rotated"] == len(Space)
    run.renew_box_keys(kept)
    assert again(kept).box_keys.open("event", sealed) == b"x"
    kept.box_keys.destroy(1)
    assert (BOX, 1) not in kept.key_provider.names()
    with pytest.raises(NotFound):
        again(kept).box_keys.open("event", sealed)
    assert kept.key_provider.medium is Medium.TOKEN  # software: no claim beyond a file's
    with reading(kept.vault) as vault:
        assert {one.medium for one in wrapped_keys.every_epoch(vault, Space.PERSON)} == {"token"}


def test_a_device_that_goes_away_in_the_middle_loses_nothing(kept: Office, device: SoftDevice) -> None:
    """Taken away before the switch or before the end, a rotation stops with a sentence and goes on when it is back."""
    keys = keys_of(kept, range(1, 11))
    for commits in range(6):
        with stopped_after(kept.vault, commits), contextlib.suppress(Killed):
            again(kept).person_keys.rotate(kept.vault, kept.now())
        device.take_away()
        try:
            with pytest.raises(Unavailable) as told:
                again(kept).person_keys.rotate(kept.vault, kept.now())
            assert told.value.exit_code == 5
        finally:
            device.bring_back()
        again(kept).person_keys.rotate(kept.vault, kept.now())
        assert opened(again(kept), range(1, 11)) == keys
    held = again(kept).key_provider
    assert isinstance(held, KeyDevice)
    assert held.strays() == []


def test_what_is_wrong_with_a_device_is_a_sentence(kept: Office, tmp_path: Path) -> None:
    """No module, no token, a wrong PIN, a PIN file that is missing or open to others: each says what to do."""
    loose = tmp_path / "pin"
    loose.write_text(PIN, "ascii")
    loose.chmod(0o644)
    faults: list[tuple[dict[str, Any], str]] = [
        ({"pkcs11_module": tmp_path / "none.so"}, "TAYORI_PKCS11_MODULE"),
        ({"pkcs11_token": "another"}, "TAYORI_PKCS11_TOKEN"),
        ({"pkcs11_pin": SecretStr("0000")}, "does not accept the PIN"),
        ({"pkcs11_pin": None, "pkcs11_pin_file": tmp_path / "none"}, "missing"),
        ({"pkcs11_pin": None, "pkcs11_pin_file": loose}, "0600"),
    ]
    for changes, sentence in faults:
        with pytest.raises((Unavailable, Refused), match=sentence) as told:
            again(kept, **changes).key_provider.key(Space.PERSON, 1)
        assert PIN not in told.value.sentence
    loose.chmod(0o600)
    assert again(kept, pkcs11_pin=None, pkcs11_pin_file=loose).key_provider.key(Space.PERSON, 1)


@pytest.mark.parametrize("flag", [TokenFlag.USER_PIN_FINAL_TRY, TokenFlag.USER_PIN_LOCKED])
def test_a_pin_is_not_offered_at_the_last_try(flag: TokenFlag) -> None:
    """A device that would lock at the next wrong PIN is left alone: a schedule must not lock it."""
    refuse_last_try(TokenFlag.LOGIN_REQUIRED)
    with pytest.raises(Unavailable, match="no PIN was offered"):
        refuse_last_try(flag | TokenFlag.LOGIN_REQUIRED)


def test_the_key_file_of_another_installation_is_refused(kept: Office, device: SoftDevice, tmp_path: Path) -> None:
    """A file of another installation, on the same token or on another, opens nothing and says so."""
    keys_of(kept, range(1, 3))
    same_token = an_office(tmp_path / "second", **_device_settings(kept))
    other_token = an_office(tmp_path / "third", **device.token("third"))
    own = kept.kek_path.read_bytes()
    for foreign, sentence in ((same_token, "two installations"), (other_token, "another installation")):
        kept.kek_path.write_bytes(foreign.kek_path.read_bytes())
        with pytest.raises(Unavailable, match=sentence):
            opened(again(kept), range(1, 3))
    kept.kek_path.write_bytes(own.replace(b'"person/1": "', b'"person/1": "00'))
    with pytest.raises(Unavailable, match="Nothing was lost"):
        opened(again(kept), range(1, 3))
    kept.kek_path.write_bytes(b"{}")
    with pytest.raises(Unavailable, match="damaged"):
        opened(again(kept), range(1, 3))


def _device_settings(office: Office) -> dict[str, Any]:
    return {name: getattr(office.settings, name) for name in DEVICE}


DEVICE = ("key_provider", "pkcs11_module", "pkcs11_token", "pkcs11_pin")


def test_a_file_and_a_device_at_once_are_refused(tmp_path: Path) -> None:
    """Both set, half of a device, two PINs: nobody guesses which was meant."""
    whole: dict[str, Any] = {
        "key_provider": "pkcs11",
        "pkcs11_module": MODULE,
        "pkcs11_token": "t",
        "pkcs11_pin": PIN,
    }
    some_settings(tmp_path, **whole)
    broken: list[dict[str, Any]] = [
        whole | {"key_file": tmp_path / "kek.json"},
        whole | {"key_provider": "file"},
        whole | {"pkcs11_pin_file": tmp_path / "pin"},
        *({name: value for name, value in whole.items() if name != lacking} for lacking in DEVICE[1:]),
    ]
    for changes in broken:
        with pytest.raises(ValidationError, match=r"TAYORI_(KEY_PROVIDER|PKCS11)"):
            some_settings(tmp_path, **changes)


def test_keys_move_from_a_file_to_a_device(named: dict[str, Any], tmp_path: Path, clock: TestClock) -> None:
    """After a move every key opens by the device alone, every epoch that lay in the file ended, the file is gone."""
    before = an_office(tmp_path / "home", clock)
    keys = keys_of(before, range(1, 11))
    sealed = before.sealer.seal("event", b"x")
    old = {name: before.key_provider.key(*name) for name in before.key_provider.names()}
    after = again(before, **named)
    with pytest.raises(Unavailable, match="keys move"):
        set_up(after.settings, clock())
    with pytest.raises(Refused, match="TAYORI_KEY_PROVIDER"):
        move_keys(before)
    assert move_keys(after).rotated == len(Space)
    assert opened(again(after), range(1, 11)) == keys
    assert again(after).box_keys.open("event", sealed) == b"x"
    assert not before.kek_path.exists()
    held = after.key_provider
    assert {held.key(*name) for name in held.names()} & set(old.values()) == {old["box", 1]}  # until it is drained
    with pytest.raises(NotFound, match="moved already"):
        move_keys(after)
    with pytest.raises(Unavailable, match="TAYORI_KEY_PROVIDER=pkcs11"):
        set_up(before.settings, clock())
    with reading(after.vault) as vault:
        media = [(one.state, one.medium) for one in wrapped_keys.every_epoch(vault, Space.PERSON)]
    assert media == [("destroyed", "file"), ("current", "token")]


def test_a_move_stopped_anywhere_goes_on(named: dict[str, Any], tmp_path: Path, clock: TestClock) -> None:
    """Stopped before any commit, and rotated by the old settings meanwhile, a move goes on to the same end."""
    before = an_office(tmp_path / "home", clock)
    keys = keys_of(before, range(1, 11))
    for commits in range(4):
        after = again(before, **named)
        with stopped_after(after.vault, commits), pytest.raises(Killed):
            move_keys(after)
        assert before.kek_path.exists()
    move_keys(again(before, **named))
    assert opened(again(before, **named), range(1, 11)) == keys
    assert not before.kek_path.exists()


def test_a_foreign_file_is_not_moved(named: dict[str, Any], tmp_path: Path, clock: TestClock) -> None:
    """A key file that this vault was not wrapped under is refused before anything reaches the device."""
    before = an_office(tmp_path / "home", clock)
    foreign = KeyFile(tmp_path / "foreign.json")
    for space in Space:
        foreign.make(space, 1)
    after = again(before, **named)
    with pytest.raises(Refused, match="not the one"):
        move_keys(after, foreign.path)
    assert not after.key_provider.stands()


def test_doctor_looks_at_the_keeper_of_keys(kept: Office, device: SoftDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    """A software token is told for what it is; a device that is away fails; live remarks on what claims too little."""
    assert _found(kept.settings, "key provider (P8)").weight is Weight.OK
    assert _found(kept.settings, "keys of epochs (P8, L16)").weight is Weight.OK
    live = kept.settings.model_copy(update={"mode": Mode.LIVE})
    assert _found(live, "key provider (P8)").weight is Weight.NOTE
    device.take_away()
    try:
        assert _found(kept.settings, "key provider (P8)").weight is Weight.FAILED
        for name, value in _device_settings(kept).items():
            shown = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            monkeypatch.setenv(f"TAYORI_{name.upper()}", shown)
        monkeypatch.setenv("TAYORI_HOME", str(kept.settings.home))
        assert command(["keys", "list", "--json"]) == 5
    finally:
        device.bring_back()
    assert command(["keys", "list", "--json"]) == 0


def test_doctor_tells_what_lies_astray_in_the_device(kept: Office, tmp_path: Path) -> None:
    """An object that the key file does not know is named; the night leaves it, for an older file may have come back."""
    assert kept.key_provider.strays() == []
    old_file = shutil.copy(kept.kek_path, tmp_path / "old.json")
    kept.key_provider.make(Space.PERSON, 2)
    new_file = shutil.copy(kept.kek_path, tmp_path / "new.json")
    shutil.copy(old_file, kept.kek_path)
    finding = _found(kept.settings, "key provider (P8)")
    assert finding.weight is Weight.NOTE
    assert "person/2" in finding.sentence
    run.sweep_epochs(kept)
    shutil.copy(new_file, kept.kek_path)
    assert len(again(kept).key_provider.key(Space.PERSON, 2)) > 0
    assert _found(kept.settings, "key provider (P8)").weight is Weight.OK


def _found(settings: Settings, name: str) -> deployment.Finding:
    return next(one for one in deployment.examine(settings) if one.name == name)


def test_the_weakest_medium_that_kept_a_key_is_what_counts() -> None:
    """Only a key that hardware alone ever kept may be claimed as destroyed in hardware."""
    assert weakest(["device", "file", "token"]) is Medium.FILE
    assert weakest(["device", "token"]) is Medium.TOKEN
    assert weakest(["device"]) is Medium.DEVICE
    assert weakest([]) is Medium.FILE
