"""Backups: warehouse, inbox and what lies beside them, sealed under a key that dies at their expiry (L12).

The key is the backup's own and lives in the vault. The vault and its keys are never in one (see `escrow`). A backup is
on the ledger only when it is whole; what a killed run left is swept by the next one, its key too.
"""

import hashlib
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pyrage.x25519 import Identity  # type: ignore[import-untyped]
from sqlalchemy import Connection

from tayori.certificates.jws import Signer
from tayori.domain.copies import NewCopy, Proof, copy_kind
from tayori.errors import NotFound, Tampered, TayoriError
from tayori.office import Office
from tayori.retention.copies import beside, ledger, package
from tayori.retention.copies.package import Making, Manifest
from tayori.vault.age import identity_of
from tayori.vault.keyfile import Space
from tayori.warehouse import audit, copies, dumps, versions, wrapped_keys
from tayori.warehouse.copies import CopyRow
from tayori.warehouse.engines import is_sqlite, reading, writing

KIND: Final = "backup"
PREFIX: Final = "backup-"
FLOW: Final = "flow:backup"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A backup that is not as the ledger says, and why, in a sentence."""

    copy_id: str
    sentence: str


def key_number(copy_id: str) -> int:
    """Give the number under which the vault keeps a backup's key: 64 bits of a hash of its id."""
    return int.from_bytes(hashlib.sha256(copy_id.encode()).digest()[:8], "big", signed=True)


def make(office: Office, actor: str) -> CopyRow:
    """Take warehouse and inbox out, seal them, check what lies on disk, and enter the backup.

    Raises:
        Refused: another program is making a backup just now.
        Unavailable: the disk or a store does not do it; no backup is listed, and nothing of it stays.

    """
    root = office.settings.backups
    with package.alone(root):
        sweep(office)
        taken_at = office.now()
        copy_id = ledger.fresh_id(office, KIND, taken_at)
        with writing(office.vault) as vault:
            office.backup_keys.ensure(vault, key_number(copy_id))
        try:
            manifest = _sealed(office, root, copy_id, taken_at)
            package.check_parts(package.read(manifest.folder, Signer(office.signing_key).public_pem))
            return _entered(office, actor, manifest)
        except TayoriError:
            sweep(office)
            raise


def _sealed(office: Office, root: Path, copy_id: str, taken_at: datetime) -> Manifest:
    recipient = identity(office, copy_id).to_public()
    said = facts(office, taken_at) | {"kind": KIND, "stores": ["warehouse", "inbox"]}
    said["expires_at"] = _written(taken_at + timedelta(days=office.settings.backup_days))
    making = Making(root, copy_id)
    lying = beside.taken_out(office)  # before the stores, so that no head is ahead of the log that is taken out
    for store in parts(office):
        address = getattr(office.settings, f"{store}_address")
        with dumps.taken_out(getattr(office, store), address, store, office.settings.scratch) as source:
            making.add(store, source, [recipient])
    making.add(beside.PART, io.BytesIO(lying), [recipient])
    return making.finish(said, office.signing_key)


def parts(office: Office) -> tuple[str, ...]:
    """Give the stores that are taken out, in order: the inbox first, so that no row falls between the two.

    Where both are one database, one dump of one moment holds them.
    """
    one = dumps.same_database(office.settings.warehouse_address, office.settings.inbox_address)
    return ("warehouse",) if one else ("inbox", "warehouse")


def facts(office: Office, taken_at: datetime) -> dict[str, Any]:
    """Give what a manifest says of the state that was taken: moment, engine, revisions, epochs, end of the log."""
    with reading(office.warehouse) as warehouse:
        seq = audit.last_line(warehouse)[0]
        revision = versions.version(warehouse, "warehouse")
    with reading(office.vault) as vault:
        epochs = {space.value: _epochs(vault, space) for space in Space}
    return {
        "form": "tayori copy 1",
        "taken_at": _written(taken_at),
        "engine": "sqlite" if is_sqlite(office.warehouse) else "postgresql",
        "vault_engine": "sqlite" if is_sqlite(office.vault) else "postgresql",
        "revision": revision,
        "audit_seq": seq,
        "epochs": epochs,
    }


def _epochs(vault: Connection, space: Space) -> list[list[object]]:
    rows = wrapped_keys.epochs(vault, space)
    return [[epoch, _written(made)] for epoch, state, made, _ in rows if state != "destroyed"]


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def identity(office: Office, copy_id: str) -> Identity:
    """Give what opens a backup.

    Raises:
        NotFound: its key is not in the vault: it expired, or the vault is older than the backup.

    """
    number = key_number(copy_id)
    with reading(office.vault) as vault:
        key = office.backup_keys.open(vault, [number]).get(number)
    if key is None:
        raise NotFound(f"The key of {copy_id} is gone: it expired, or this vault is older than the backup.")
    return identity_of(key)


def _entered(office: Office, actor: str, manifest: Manifest) -> CopyRow:
    new = NewCopy(
        kind=KIND,
        purpose=copy_kind(KIND).purpose,
        expires_at=datetime.fromisoformat(manifest.said["expires_at"]),
        sha256=manifest.sha256,
    )
    taken_at = datetime.fromisoformat(manifest.said["taken_at"])
    return ledger.enter(office, actor, new, held(manifest), copy_id=manifest.copy_id, taken_at=taken_at)


def held(manifest: Manifest) -> dict[str, Any]:
    """Give what the ledger keeps of a manifest."""
    size = sum(part["size"] for part in manifest.parts.values())
    kept = {name: manifest.said.get(name) for name in ("engine", "revision", "audit_seq", "stores", "epochs")}
    return {**kept, "parts": sorted(manifest.parts), "size": size}


def adopt(office: Office, actor: str) -> int:
    """Enter the backups that lie here whole, with their key in the vault, and are not on the ledger; give how many.

    After a restore: the ledger that was restored is older than they are.
    """
    with reading(office.warehouse) as warehouse:
        known = {row.copy_id for row in copies.of_kind(warehouse, KIND)}
    adopted = 0
    for folder in sorted(office.settings.backups.glob(f"{PREFIX}*")):
        if folder.name in known or not _is_ours(office, folder):
            continue
        _entered(office, actor, package.read(folder, Signer(office.signing_key).public_pem))
        adopted += 1
    return adopted


def _is_ours(office: Office, folder: Path) -> bool:
    try:
        manifest = package.read(folder, Signer(office.signing_key).public_pem)
        identity(office, manifest.copy_id)
    except (NotFound, Tampered):
        return False
    ends = datetime.fromisoformat(manifest.said["expires_at"])
    return manifest.copy_id == folder.name and ends > office.now()


def sweep(office: Office) -> int:
    """Remove what a killed run left: snapshots, copies that no ledger names, keys without a copy; give how many."""
    with reading(office.warehouse) as warehouse:
        standing = {row.copy_id for row in copies.standing(warehouse, KIND)}
    package.refuse_foreign(office.settings.backups, PREFIX, standing, Signer(office.signing_key).public_pem)
    left = dumps.sweep_snapshots(office.settings.scratch) + package.sweep(office.settings.backups, PREFIX, standing)
    needed = {key_number(one) for one in standing}
    with writing(office.vault) as vault:
        doomed = [number for number in wrapped_keys.numbers(vault, Space.BACKUP) if number not in needed]
        return left + office.backup_keys.destroy(vault, doomed)


def expire(office: Office, actor: str = "flow:retention") -> dict[str, int]:
    """End the backups whose time has come: key destroyed, file removed, and the ledger says so; give how many.

    Runs before the night's rotation, so that the epoch that wrapped the key ends the same night.
    """
    with reading(office.warehouse) as warehouse:
        due = [row for row in copies.standing(warehouse, KIND) if row.overdue(office.now())]
    for row in due:
        end(office, actor, row)
    return {"backups_expired": len(due)}


def end(office: Office, actor: str, row: CopyRow) -> None:
    """End a backup: its key destroyed, its file removed, and the ledger says so. The next rotation ends it for good."""
    with writing(office.vault) as vault:
        epoch = wrapped_keys.current_epoch(vault, Space.BACKUP)
        office.backup_keys.destroy(vault, [key_number(row.copy_id)])
    folder = office.settings.backups / row.copy_id
    was_there = folder.is_dir()
    package.erase(folder)
    proof = {"key_epoch": epoch, "file": "removed" if was_there else "was not there"}
    with writing(office.warehouse) as warehouse:
        ledger.close(warehouse, office, actor, row, Proof.KEY_DESTROYED, proof)


def look_after(office: Office, *, whole: bool = True) -> list[Trouble]:
    """Hold backups that stand against the ledger: there, signed, unchanged (`whole`: every byte), the key here."""
    with reading(office.warehouse) as warehouse:
        standing = copies.standing(warehouse, KIND)
    found = [(row.copy_id, _trouble(office, row, whole=whole)) for row in standing]
    return [Trouble(copy_id, sentence) for copy_id, sentence in found if sentence]


def _trouble(office: Office, row: CopyRow, *, whole: bool) -> str:
    try:
        manifest = package.read(office.settings.backups / row.copy_id, Signer(office.signing_key).public_pem)
        if manifest.sha256 != row.sha256 or manifest.copy_id != row.copy_id:
            return f"The manifest of {row.copy_id} is another one than the ledger names."
        identity(office, row.copy_id)
        if whole:
            package.check_parts(manifest)
        else:
            package.check_sizes(manifest)
    except TayoriError as error:
        return error.sentence
    return ""


def newest(office: Office) -> CopyRow | None:
    """Give the newest backup that stands."""
    with reading(office.warehouse) as warehouse:
        standing = copies.standing(warehouse, KIND)
    return standing[-1] if standing else None
