"""Handlers are credentials, not strings: each holds a key under a passphrase, and what they decide they sign (I10)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from sqlalchemy import Connection

from tayori.domain.identifiers import HandlerId
from tayori.domain.ward import ward
from tayori.errors import BadInput, NotFound, Refused, Tampered
from tayori.vault.keyfile import damaged, read_secret, write_secret
from tayori.warehouse import roster
from tayori.warehouse.roster import HandlerRow

SHORTEST_PASSPHRASE = 12
LOST_KEY = "restore it from the handler's own copy; if it is lost, end the handler and add them anew under another id"
WRONG = "incorrect password"  # how cryptography tells a wrong passphrase from a file that is no key


@dataclass(frozen=True, slots=True)
class Credential:
    """A handler who proved who they are: their key is open in this process."""

    handler_id: HandlerId
    key: Ed25519PrivateKey = field(repr=False)

    @property
    def key_id(self) -> str:
        """The public key, in hexadecimal."""
        return self.key.public_key().public_bytes_raw().hex()

    def sign(self, statement: bytes) -> bytes:
        """Sign a statement."""
        return self.key.sign(statement)


@dataclass(frozen=True, slots=True)
class NewHandler:
    """Who is to be added to the roster. `side` is 甲 (the ward) or 乙 (the contractor)."""

    handler_id: HandlerId
    name: str = field(repr=False)
    roles: Sequence[str]
    side: str
    starts_on: date


def enrol(connection: Connection, folder: Path, new: NewHandler, passphrase: str, now: datetime) -> Credential:
    """Add a handler to the roster, with a fresh key under their passphrase.

    Raises:
        BadInput: no name, a role that the ward does not have, or a passphrase that is too short.
        Refused: the id is taken.

    """
    unknown = [role for role in new.roles if role not in ward().roles]
    if unknown or not new.roles:
        raise BadInput(f"A handler needs at least one of the roles {', '.join(ward().roles)}.")
    if not new.handler_id.replace("-", "").isalnum() or not new.handler_id.isascii():
        raise BadInput("A handler's id is made of letters, digits and hyphens.")
    if not new.name.strip():
        raise BadInput("A handler needs a name, as it stands in the ward's roster.")
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise BadInput(f"The passphrase is too short; take at least {SHORTEST_PASSPHRASE} characters.")
    if roster.find(connection, new.handler_id) is not None:
        raise Refused(f"The handler {new.handler_id} is in the roster already; ids are never used twice.")
    key = Ed25519PrivateKey.generate()
    roster.add(
        connection,
        HandlerRow(
            new.handler_id, new.name, ",".join(sorted(new.roles)), new.side, _raw(key), new.starts_on, None, now
        ),
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode()))
    write_secret(key_path(folder, new.handler_id), pem)
    return Credential(new.handler_id, key)


def unlock(connection: Connection, folder: Path, handler_id: HandlerId, passphrase: str, today: date) -> Credential:
    """Open a handler's key with their passphrase.

    Raises:
        NotFound: nobody of this id is in the roster.
        Refused: wrong passphrase, a key that is not the roster's, or a handler whose time has not come or is over.
        Unavailable: the key file is missing, or holds no key.

    """
    row = require_serving(connection, handler_id, today)
    path = key_path(folder, handler_id)
    written = read_secret(path, missing=LOST_KEY)
    try:
        key = load_pem_private_key(written, passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if WRONG in str(error).lower():
            raise Refused(f"The passphrase of {handler_id} is wrong; nothing was done.") from None
        raise damaged(path, "the handler's own copy") from None
    if not isinstance(key, Ed25519PrivateKey) or _raw(key) != row.public_key:
        raise Refused(f"The key file of {handler_id} is not the one in the roster; nothing was done.")
    return Credential(handler_id, key)


def require_role(connection: Connection, handler_id: HandlerId, role: str, today: date) -> HandlerRow:
    """Give the handler if they serve today in the role.

    Raises:
        NotFound: nobody of this id is in the roster.
        Refused: they do not serve today, or not in this role.

    """
    row = require_serving(connection, handler_id, today)
    if role not in row.roles.split(","):
        raise Refused(f"{handler_id} is not in the roster as {ward().roles[role]} ({role}); ask someone who is.")
    return row


def require_serving(connection: Connection, handler_id: HandlerId, today: date) -> HandlerRow:
    """Give the handler if they stand in the roster today, in whatever role.

    Raises:
        NotFound: nobody of this id is in the roster.
        Refused: their time has not come, or is over.

    """
    row = roster.find(connection, handler_id)
    if row is None:
        raise NotFound(f"No handler {handler_id} is in the roster; see `tayori handler list`.")
    if not row.serves(today):
        raise Refused(f"{handler_id} does not stand in the roster today; the responsible handler can add them.")
    return row


def require_any(connection: Connection, handler_id: HandlerId, roles: Sequence[str], today: date) -> HandlerRow:
    """Give the handler if they serve today in at least one of the roles.

    Raises:
        NotFound: nobody of this id is in the roster.
        Refused: they do not serve today, or in none of these roles.

    """
    row = require_serving(connection, handler_id, today)
    held = [role for role in roles if role in row.roles.split(",")]
    return require_role(connection, handler_id, (held or list(roles))[0], today)


def side_of(connection: Connection, handler_id: HandlerId | str) -> str | None:
    """Give the side for which a handler stands in the roster, 甲 or 乙; None where nobody of this id does."""
    row = roster.find(connection, handler_id)
    return row.side if row is not None else None


def verify_signature(connection: Connection, handler_id: HandlerId, statement: bytes, signature: bytes) -> None:
    """Check that a statement was signed by the handler of the roster.

    Raises:
        Tampered: it was not, or not these bytes.

    """
    row = roster.find(connection, handler_id)
    if row is None or not _signed(row.public_key, statement, signature):
        raise Tampered(f"The signature of {handler_id} does not match what is stored; what was signed changed.")


def _signed(public_key: bytes, statement: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, statement)
    except InvalidSignature:
        return False
    return True


def key_path(folder: Path, handler_id: HandlerId) -> Path:
    """Give the path of a handler's key file."""
    return folder / f"{handler_id}.pem"


def _raw(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()
