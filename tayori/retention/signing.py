"""Change the key that signs certificates and heads: the old one names the new one in the log, then it is destroyed.

The new key lies beside the old one until the log holds the naming; a crash before that changes nothing, and after it
the next call puts the new key in the old one's place. Between the two nothing can be issued: what the old key would
sign then is refused by everyone, here first.
"""

from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy import Connection

from tayori.certificates.bundle import Logged
from tayori.certificates.jws import Signer
from tayori.certificates.succession import succession
from tayori.domain.evidence import Evidence, Purpose
from tayori.errors import Unavailable
from tayori.office import Office
from tayori.retention.issuing import write_keys
from tayori.retention.logbook import append, whole_log
from tayori.retention.stating import CONTRACTOR, require_side
from tayori.vault.audit import Action, record
from tayori.vault.keyfile import damaged, read_secret, write_secret
from tayori.vault.roster import Credential
from tayori.warehouse import certificates, settling
from tayori.warehouse.engines import writing
from tayori.warehouse.settling import RetiredKey


def renew_signing_key(office: Office, who: Credential) -> str:
    """Let a new key follow the one that signs; give its thumbprint. May be run again after a crash.

    Raises:
        Refused: not 乙's responsible handler.
        Tampered: the log was cut or rewritten.

    """
    require_side(office, who, CONTRACTOR, ("responsible",))
    following = office.signing_path.with_name("signing-next.pem")
    new = _next_key(following)
    with writing(office.warehouse) as warehouse:
        _name_successor(office, warehouse, who, new, office.now())
    _put_in_place(office, following)
    write_keys(office)
    return Signer(office.signing_key).kid


def _put_in_place(office: Office, following: Path) -> None:
    following.replace(office.signing_path)
    office.__dict__.pop("signing_key", None)
    public = office.signing_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    office.public_key_file.write_bytes(public)


def _next_key(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        fresh = Ed25519PrivateKey.generate()
        write_secret(path, fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = load_pem_private_key(read_secret(path), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise damaged(path)
    return key


def _name_successor(
    office: Office, warehouse: Connection, who: Credential, new: Ed25519PrivateKey, now: datetime
) -> None:
    """Log the naming, once, under a head that the old key signs last."""
    old = Signer(office.signing_key)
    if any(key.kid == old.kid for key in settling.retired_keys(warehouse)):
        return
    evidence = Evidence(who.handler_id, Purpose.INSPECTION)
    record(warehouse, evidence, Action.DECIDE, f"signing key {old.kid[:16]} succeeded", count=0, now=now)
    certificates.lock_log(warehouse)
    filed, index = certificates.every(warehouse), len(whole_log(office, warehouse))
    if not filed:
        raise Unavailable("Nothing was issued yet; make the key anew with `tayori init` on an empty home instead.")
    token = succession(old, new.public_key(), now)
    certificates.add_leaf(warehouse, index, Logged(token).leaf, "")
    raw = office.signing_key.public_key().public_bytes_raw()
    settling.retire(warehouse, RetiredKey(old.kid, raw, token, index, now))
    newest = filed[-1]
    certificates.put_bundle(warehouse, newest.certificate_no, append(office, warehouse, newest, [], now))
