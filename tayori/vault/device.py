"""The key-encryption keys under a device (PKCS#11): what opens an epoch's key never leaves it and is destroyed there.

The device makes a key of its own for each epoch, which nobody can take out, and one root key for this installation. The
epoch's key, made here, is sealed under the epoch's device key and that again under the root; only the sealed form is
ever written. Destroying an epoch destroys its object in the device, and every copy of the sealed form with it.
"""

import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass, Session, Slot, Token, TokenFlag
from pkcs11.constants import SlotFlag
from pkcs11.exceptions import (
    DeviceRemoved,
    MultipleTokensReturned,
    NoSuchToken,
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    TokenNotPresent,
    TokenNotRecognised,
)

from tayori.errors import NotFound, Unavailable
from tayori.vault.keyfile import Stamp, alone_in, damaged, read_secret, stamp_of, write_secret
from tayori.vault.providers import KEY_BYTES, KeyName, Medium

ROOT: Final = "root"
NONCE: Final = 12
TAG_BITS: Final = 128
NEEDED: Final = (Mechanism.AES_KEY_GEN, Mechanism.AES_GCM)
NEVER_OUT: Final = (Attribute.NEVER_EXTRACTABLE, Attribute.ALWAYS_SENSITIVE, Attribute.LOCAL)
STAYS: Final = {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True, Attribute.PRIVATE: True}
ABSENT: Final = (NoSuchToken, TokenNotPresent, TokenNotRecognised, DeviceRemoved)
WRONG_PIN: Final = (PinIncorrect, PinInvalid, PinLenRange)
DeviceKey = Any  # a key's handle: what it can do is found out when the device is asked, its type says nothing
_DOUBTED: Final[set[str]] = set()  # modules that had trouble: their device may have come back since
_ALONE: Final = threading.RLock()  # a program is logged in to a token or it is not, whichever of its threads asks


@dataclass(slots=True)
class _Book:
    """What lies in the file: whose keys these are, and each epoch's key as the device sealed it."""

    installation: str
    sealed: dict[str, bytes]


@dataclass(slots=True)
class KeyDevice:
    """Keys by space and epoch, sealed by a device. `pin` gives the PIN when it is needed; it is kept nowhere."""

    path: Path
    module: Path
    token: str
    pin: Callable[[], str]
    _keys: dict[str, bytes] = field(default_factory=dict, repr=False)
    _book: _Book | None = field(default=None, repr=False)
    _stamp: Stamp | None = None
    _medium: Medium | None = None

    @property
    def medium(self) -> Medium:
        """A device, if the slot says that it is hardware; else a token in software, whose medium nobody examined."""
        if self._medium is None:
            with _ALONE, _sentences(self.module):
                hardware = SlotFlag.HW_SLOT in SlotFlag(self._found().slot.flags)
            self._medium = Medium.DEVICE if hardware else Medium.TOKEN
        return self._medium

    def stands(self) -> bool:
        """Whether keys were ever kept here."""
        return self.path.exists()

    def names(self) -> frozenset[KeyName]:
        """Give the space and epoch of every key that is kept."""
        book = self._current()
        return frozenset((space, int(epoch)) for space, _, epoch in (name.partition("/") for name in book.sealed))

    def key(self, space: str, epoch: int) -> bytes:
        """Give the key of an epoch; the device is asked once in a program's life.

        Raises:
            NotFound: the epoch was destroyed or never existed.
            Unavailable: the device is not there, or does not hold what opens the key.

        """
        book, name = self._current(), _name(space, epoch)
        if name not in book.sealed:
            raise NotFound(f"The key of {space} epoch {epoch} is not here: it was destroyed, or never made.")
        if name not in self._keys:
            with self._session() as session:
                self._keys[name] = _opened(_Pair.of(session, book.installation, name), name, book.sealed[name])
        return self._keys[name]

    def make(self, space: str, epoch: int) -> None:
        """Make the key of an epoch, unless it is there already."""
        self.keep(space, epoch, secrets.token_bytes(KEY_BYTES))

    def keep(self, space: str, epoch: int, key: bytes) -> None:
        """Seal a key that was made elsewhere, unless the epoch has one already."""
        name = _name(space, epoch)
        with alone_in(self.path.parent):
            book = self._current() if self.stands() else self._begun()
            if name in book.sealed:
                return
            with self._session() as session:
                for left in _objects(session, book.installation, name):  # by a crash, before anything was written
                    left.destroy()
                _generate(session, book.installation, name)
                sealed = _sealed(_Pair.of(session, book.installation, name), name, key)
            self._write(_Book(book.installation, book.sealed | {name: sealed}))

    def destroy(self, space: str, epoch: int) -> None:
        """Destroy in the device what opens an epoch's key, make sure that it is gone, then drop the sealed form.

        Raises:
            Unavailable: the device is not there, or the object is still in it; the epoch has not ended then.

        """
        name = _name(space, epoch)
        with alone_in(self.path.parent):
            book = self._current()
            with self._session() as session:
                for one in _objects(session, book.installation, name):
                    one.destroy()
                if _objects(session, book.installation, name):
                    raise Unavailable(
                        f"The key device keeps the key of {space} epoch {epoch}; the epoch has not ended."
                    )
            self._write(_Book(book.installation, {held: one for held, one in book.sealed.items() if held != name}))

    def refresh(self) -> None:
        """Forget the keys that are in the file no more."""
        self._current()

    def strays(self) -> list[str]:
        """Name the device's keys of this installation that the file does not know, as SPACE/EPOCH.

        A crash left them before anything was sealed under them, or the file is older than they are.
        """
        book = self._current()
        start = f"tayori:{book.installation}:"
        known = {*book.sealed, ROOT}
        with self._session() as session:
            held = [str(one[Attribute.LABEL]) for one in session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})]
        return sorted({label.removeprefix(start) for label in held if label.startswith(start)} - known)

    def _begun(self) -> _Book:
        """Make the root key of a new installation and write its name down."""
        book = _Book(secrets.token_hex(8), {})
        with self._session() as session:
            _generate(session, book.installation, ROOT)
        self._write(book)
        return book

    def _current(self) -> _Book:
        stamp = stamp_of(self.path)
        if self._book is None or stamp is None or stamp != self._stamp:
            self._book, self._stamp = self._read(), stamp
            self._keys = {name: key for name, key in self._keys.items() if name in self._book.sealed}
        return self._book

    def _read(self) -> _Book:
        written = read_secret(self.path)
        try:
            content = json.loads(written)
            sealed = {str(name): bytes.fromhex(one) for name, one in content["keys"].items()}
            return _Book(str(content["installation"]), sealed)
        except (ValueError, TypeError, AttributeError, KeyError):
            raise damaged(self.path) from None

    def _write(self, book: _Book) -> None:
        sealed = {name: one.hex() for name, one in sorted(book.sealed.items())}
        write_secret(self.path, json.dumps({"installation": book.installation, "keys": sealed}).encode())
        self._current()

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with _ALONE, _sentences(self.module):
            token = self._found()
            refuse_last_try(TokenFlag(token.flags))
            with token.open(rw=True, user_pin=self.pin()) as session:
                yield session

    def _found(self) -> Token:
        if not self.module.exists():
            raise Unavailable("The module that TAYORI_PKCS11_MODULE names is not there; install the device's software.")
        library = pkcs11.lib(str(self.module))
        if str(self.module) in _DOUBTED:  # a module goes on seeing what it saw: after any trouble it begins anew
            library.reinitialize()
            _DOUBTED.discard(str(self.module))
        try:
            token = library.get_token(token_label=self.token)
        except ABSENT:  # connected since the module began
            library.reinitialize()
            token = library.get_token(token_label=self.token)
        _require_mechanisms(token.slot)
        return token


def refuse_last_try(flags: TokenFlag) -> None:
    """Refuse to offer a PIN where a wrong one would lock the device.

    Raises:
        Unavailable: one try is left, or none.

    """
    if flags & (TokenFlag.USER_PIN_FINAL_TRY | TokenFlag.USER_PIN_LOCKED):
        raise Unavailable(
            "The key device has one try for its PIN left, or none; no PIN was offered. Log in once by the device's own "
            "tool with the right PIN, then run it again. Nothing was lost."
        )


def _require_mechanisms(slot: Slot) -> None:
    offered = slot.get_mechanisms()
    lacking = [one.name for one in NEEDED if one not in offered]
    if lacking:
        raise Unavailable(f"The key device does not offer {', '.join(lacking)}; Tayori cannot keep keys in it.")


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two keys of the device that together open the key of an epoch."""

    root: DeviceKey
    own: DeviceKey

    @classmethod
    def of(cls, session: Session, installation: str, name: str) -> "_Pair":
        """Find both.

        Raises:
            Unavailable: this device is not the one that sealed the file, or lost the epoch's key.

        """
        roots, own = _objects(session, installation, ROOT), _objects(session, installation, name)
        if not roots:
            raise Unavailable(
                "The device does not hold the root key of this key file: the file belongs to another installation, or "
                "the token is another one. Restore the right one of both. Nothing was done."
            )
        if not own:
            raise Unavailable(f"The device holds no key for {name}, which the key file knows; restore the device.")
        return cls(roots[0], own[0])


def _objects(session: Session, installation: str, name: str) -> list[DeviceKey]:
    wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: _label(installation, name)}
    return list(session.get_objects(wanted))


def _generate(session: Session, installation: str, name: str) -> None:
    """Let the device make a key that nobody can take out of it, and read back that nobody can."""
    label = _label(installation, name)
    made: DeviceKey = session.generate_key(KeyType.AES, KEY_BYTES * 8, label=label, store=True, template=STAYS)
    if not all(made[attribute] for attribute in NEVER_OUT):
        made.destroy()
        raise Unavailable("The device made a key that can be taken out of it; Tayori cannot keep keys in it.")


def _sealed(pair: _Pair, name: str, key: bytes) -> bytes:
    return _encrypted(pair.root, name, _encrypted(pair.own, name, key))


def _opened(pair: _Pair, name: str, sealed: bytes) -> bytes:
    return _decrypted(pair.own, name, _decrypted(pair.root, name, sealed))


def _encrypted(key: DeviceKey, name: str, content: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    params = GCMParams(nonce, name.encode(), TAG_BITS)
    return nonce + bytes(key.encrypt(content, mechanism=Mechanism.AES_GCM, mechanism_param=params))


def _decrypted(key: DeviceKey, name: str, sealed: bytes) -> bytes:
    params = GCMParams(sealed[:NONCE], name.encode(), TAG_BITS)
    return bytes(key.decrypt(sealed[NONCE:], mechanism=Mechanism.AES_GCM, mechanism_param=params))


def _name(space: str, epoch: int) -> str:
    return f"{space}/{epoch}"


def _label(installation: str, name: str) -> str:
    return f"tayori:{installation}:{name}"


@contextmanager
def _sentences(module: Path) -> Iterator[None]:
    """Turn what a device says into a sentence; its own words may hold anything, and are not repeated."""
    try:
        yield
    except ABSENT:
        _DOUBTED.add(str(module))
        raise Unavailable(
            "The key device is not there, or holds no token of the name in TAYORI_PKCS11_TOKEN. Connect it, then run "
            "it again. Nothing was lost."
        ) from None
    except MultipleTokensReturned:
        raise Unavailable("More than one token has the name in TAYORI_PKCS11_TOKEN; give each its own name.") from None
    except WRONG_PIN:
        raise Unavailable(
            "The key device does not accept the PIN; check TAYORI_PKCS11_PIN_FILE or TAYORI_PKCS11_PIN before you run "
            "it again, for some wrong tries lock the device. Nothing was lost."
        ) from None
    except PinLocked:
        raise Unavailable("The key device has locked its PIN; its security officer has to set it anew.") from None
    except PKCS11Error as error:
        _DOUBTED.add(str(module))
        raise Unavailable(
            f"The key device did not do what it was asked ({type(error).__name__}): it was taken away in the middle, "
            "or the key file was changed. Nothing was lost; see that the device answers, then run it again."
        ) from None
