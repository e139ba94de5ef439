"""The ward's office: its stores, keys, clock and randomness, opened once and handed to every step (I8)."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from random import Random, SystemRandom
from zoneinfo import ZoneInfo

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy import Connection, Engine

from tayori.domain.identifiers import Clock
from tayori.errors import BadInput, Unavailable
from tayori.settings import KeyForm, Settings
from tayori.vault.blind_index import BlindIndex
from tayori.vault.keyfile import KeyFile, Space, damaged, read_secret, write_secret
from tayori.vault.keyring import Keyring
from tayori.vault.providers import KeyProvider
from tayori.vault.sealed_box import BoxKeys, Sealer
from tayori.vault.survey_keys import SurveyKeys
from tayori.vault.tombstones import TombstoneKeys
from tayori.warehouse import copies, settling, setup, wrapped_keys
from tayori.warehouse.engines import is_sqlite, open_store, writing

TOKYO = ZoneInfo("Asia/Tokyo")
KEY_FILE, SEALED_FILE = "kek.json", "kek.sealed.json"
BOUND = (("vault", "warehouse", ("person", "opinion_case")), ("warehouse", "vault", ("person_key", "case_key")))
"""Which store is no use without which other: the rows of the second, named here, need the first."""
COMES_BACK_BY = {"vault": "escrow restore", "warehouse": "restore"}


RESTORING = "This installation is being restored and serves nobody yet; bring `tayori restore` to its end first."


def utc_now() -> datetime:
    """Give the present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Office:
    """Everything a step needs. Stores and keys are opened at their first use; `close` lets them go."""

    settings: Settings
    clock: Clock = utc_now
    rng: Random = field(default_factory=SystemRandom)
    restores: bool = False
    """Whether this is the restore itself, before which nobody else may open a store."""

    @cached_property
    def warehouse(self) -> Engine:
        """The warehouse."""
        engine = self._open("warehouse")
        if not self.restores and not is_sqlite(engine) and copies.restored_from(engine) is not None:
            engine.dispose()
            raise Unavailable(RESTORING)
        return engine

    @cached_property
    def vault(self) -> Engine:
        """The vault's own database."""
        return self._open("vault")

    @cached_property
    def inbox(self) -> Engine:
        """The inbox."""
        return self._open("inbox")

    def _open(self, store: str) -> Engine:
        if not self.restores and self.settings.restoring_mark.exists():
            raise Unavailable(RESTORING)
        return open_store(getattr(self.settings, f"{store}_address"), store=store)

    @cached_property
    def key_provider(self) -> KeyProvider:
        """Who keeps the keys of epochs: a file, or a device."""
        if self.settings.key_provider is KeyForm.FILE:
            return KeyFile(self.kek_path)
        from tayori.vault.device import KeyDevice  # noqa: PLC0415 - start-up time: only who has a device loads its library

        module = self.settings.pkcs11_module or Path()
        return KeyDevice(self.kek_path, module, self.settings.pkcs11_token, self._device_pin)

    def _device_pin(self) -> str:
        """Read the PIN of the key device, from its file or the environment; nothing keeps it."""
        if self.settings.pkcs11_pin_file is not None:
            written = read_secret(self.settings.pkcs11_pin_file, missing="write the PIN of the key device into it")
            return written.decode("utf-8", "replace").strip()
        return self.settings.pkcs11_pin.get_secret_value() if self.settings.pkcs11_pin else ""

    @cached_property
    def person_keys(self) -> Keyring:
        """The keys of those who follow."""
        return Keyring(Space.PERSON, self.key_provider)

    @cached_property
    def case_keys(self) -> Keyring:
        """The keys of cases."""
        return Keyring(Space.CASE, self.key_provider)

    @cached_property
    def list_keys(self) -> Keyring:
        """The keys of broadcasts' lists."""
        return Keyring(Space.LIST, self.key_provider)

    def keyring(self, space: Space) -> Keyring:
        """Give the keys of any space."""
        return Keyring(space, self.key_provider)

    @cached_property
    def backup_keys(self) -> Keyring:
        """The keys of backups."""
        return Keyring(Space.BACKUP, self.key_provider)

    @cached_property
    def index(self) -> BlindIndex:
        """The blind index."""
        return BlindIndex.from_file(self.index_path)

    @cached_property
    def signing_key(self) -> Ed25519PrivateKey:
        """The key that signs certificates and the heads of the access log."""
        written = read_secret(self.signing_path)
        try:
            key = load_pem_private_key(written, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise damaged(self.signing_path) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise BadInput("The signing key is not an Ed25519 key; restore the right file.")
        return key

    def verifying_keys(self, warehouse: Connection) -> list[Ed25519PublicKey]:
        """Give the public keys that ever signed here, oldest first, the present one last."""
        older = [Ed25519PublicKey.from_public_bytes(key.public_key) for key in settling.retired_keys(warehouse)]
        return [*older, self.signing_key.public_key()]

    @cached_property
    def box_keys(self) -> BoxKeys:
        """The private keys of the inbox and the quarantine."""
        return BoxKeys(self.keys_folder, self.inbox_public_file, self.key_provider)

    @cached_property
    def sealer(self) -> Sealer:
        """What seals for the inbox and the quarantine."""
        return Sealer(self.inbox_public_file)

    @cached_property
    def tombstone_keys(self) -> TombstoneKeys:
        """The keys under which it is remembered for three days who left."""
        return TombstoneKeys(self.keys_folder)

    @cached_property
    def survey_keys(self) -> SurveyKeys:
        """The keys of anonymous surveys that are open."""
        return SurveyKeys(self.keys_folder)

    @property
    def kek_path(self) -> Path:
        """The file of the keys of epochs; with a device, of their sealed forms."""
        if self.settings.key_provider is KeyForm.PKCS11:
            return self.keys_folder / SEALED_FILE
        return self.settings.key_path("key_file", KEY_FILE)

    @property
    def index_path(self) -> Path:
        """The file of the blind index's key."""
        return self.settings.key_path("index_key_file", "index.key")

    @property
    def signing_path(self) -> Path:
        """The file of the key that signs."""
        return self.settings.key_path("signing_key_file", "signing.pem")

    @property
    def public_key_file(self) -> Path:
        """The public half of the signing key, to be handed out: whoever has it can verify."""
        return self.signing_path.with_suffix(".pub.pem")

    @property
    def keys_folder(self) -> Path:
        """The folder of key files."""
        return self.settings.home / "keys"

    @property
    def handlers_folder(self) -> Path:
        """The folder of handlers' key files."""
        return self.settings.home / "handlers"

    @property
    def media_folder(self) -> Path:
        """The folder of pictures that the door serves."""
        return self.settings.media_folder or self.settings.home / "media"

    @property
    def inbox_public_file(self) -> Path:
        """The public key that doors seal to."""
        return self.settings.key_path("inbox_public_key_file", "inbox.pub.json")

    def now(self) -> datetime:
        """Give the present moment by the office's clock."""
        return self.clock()

    def today(self) -> date:
        """Give the day in Tokyo."""
        return self.clock().astimezone(TOKYO).date()

    @contextlib.contextmanager
    def writing_people(self) -> Iterator[tuple[Connection, Connection]]:
        """Give warehouse and vault to write in together.

        The vault commits first: a crash between the two leaves a key without a person, which the next erasure run
        removes, never a person without a key.
        """
        with writing(self.warehouse) as people, writing(self.vault) as keys:
            yield people, keys

    def close(self) -> None:
        """Let the stores go."""
        for name in ("warehouse", "vault", "inbox"):
            engine = self.__dict__.get(name)
            if engine is not None:
                engine.dispose()


@contextlib.contextmanager
def open_office(
    settings: Settings | None = None, clock: Clock = utc_now, rng: Random | None = None
) -> Iterator[Office]:
    """Open the office from the settings, and close it at the end."""
    office = Office(settings or Settings(), clock, rng or SystemRandom())
    try:
        yield office
    finally:
        office.close()


def set_up(settings: Settings, now: datetime) -> None:
    """Make stores and keys where they are missing; what is there stays as it is (`tayori init`).

    Raises:
        Unavailable: a store holds rows, but another store or a key file that they need is missing. A new one would fit
            nothing that is there, and would hide the loss; what is missing has to be restored. Or the home cannot be
            made.

    """
    os.umask(0o077)
    _make_home(settings.home)
    office = Office(settings)
    try:
        _require_stores_of_what_is_held(office)
        for name in setup.STORES:
            engine = open_store(getattr(settings, f"{name}_address"), store=name, create=True)
            setup.create(engine, name)
            engine.dispose()
        _require_keys_of_what_is_held(office)
        _make_first_epochs(office, now)
        _make_key_files(office)
    finally:
        office.close()


def _make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        able = os.access(home, os.R_OK | os.W_OK | os.X_OK)
    except OSError:
        able = False
    if not able:
        raise Unavailable("TAYORI_HOME is no folder that this program can make or write to; name another one.")


def _require_stores_of_what_is_held(office: Office) -> None:
    there = {name: setup.stands(getattr(office, name), name) for name in setup.STORES}
    for lost, other, tables in BOUND:
        if not there[lost] and there[other] and setup.holds_rows(getattr(office, other), *tables):
            raise Unavailable(
                f"The {lost} is not there, but the {other} holds rows that need it; no new one was made, for it would "
                f"open nothing that is there. Restore the {lost} with `tayori {COMES_BACK_BY[lost]}`."
            )


def _require_keys_of_what_is_held(office: Office) -> None:
    needed: list[tuple[str, bool, Engine, tuple[str, ...]]] = [
        (office.kek_path.name, office.key_provider.stands(), office.vault, ("key_epoch",)),
        (office.index_path.name, office.index_path.exists(), office.warehouse, ("person", "opinion_case")),
        (office.signing_path.name, office.signing_path.exists(), office.warehouse, ("log_leaf", "audit_head")),
        ("inbox-EPOCH.key", bool(office.box_keys.epochs()), office.inbox, ("inbox",)),
        ("inbox-EPOCH.key", bool(office.box_keys.epochs()), office.warehouse, ("quarantine",)),
    ]
    missing = [name for name, there, store, tables in needed if not there and setup.holds_rows(store, *tables)]
    if missing == [office.kek_path.name] and (other := _kept_by_the_other(office)):
        raise Unavailable(other)
    if missing:
        raise Unavailable(
            f"The stores hold rows, but the key file {missing[0]} is missing; no new key was made, for it would open "
            "nothing that is there. Restore it with `tayori escrow restore`, or from your own copy."
        )


def _kept_by_the_other(office: Office) -> str | None:
    """Give what to do where the keys of epochs are kept by the other form of provider."""
    by_device = office.settings.key_provider is KeyForm.PKCS11
    if by_device and (office.keys_folder / KEY_FILE).exists():
        return f"The keys of epochs lie in the file {KEY_FILE} still; run `tayori keys move`. No new key was made."
    if not by_device and (office.keys_folder / SEALED_FILE).exists():
        return "The keys of epochs are kept by a device; set TAYORI_KEY_PROVIDER=pkcs11. No new key was made."
    return None


def _make_first_epochs(office: Office, now: datetime) -> None:
    with writing(office.vault) as connection:
        for space in Space:
            if not wrapped_keys.epochs(connection, space):
                office.keyring(space).begin_epoch(connection, 1, "current", now)
    if not office.box_keys.epochs() or not office.inbox_public_file.exists():
        office.box_keys.renew(now)


def _make_key_files(office: Office) -> None:
    if not office.index_path.exists():
        write_secret(office.index_path, secrets.token_hex(32).encode())
    if not office.signing_path.exists():
        key = Ed25519PrivateKey.generate()
        write_secret(office.signing_path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        office.public_key_file.write_bytes(public)
