"""The escrow: vault, keys and what happened since the oldest backup, sealed to any one of the custodians.

Losing the vault loses everyone, so it has a copy of its own on a second medium of ours, made anew at each rotation. The
new one replaces the one before it: an epoch that was destroyed must not live on in an escrow. Where the medium is away,
the night goes on, the old escrow stands on the ledger, and no certificate becomes 確定 over it.
"""

import contextlib
import io
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from tayori.certificates.jws import Signer
from tayori.domain.copies import NewCopy, Proof, copy_kind
from tayori.errors import NotFound, Refused, Tampered, TayoriError, Unavailable
from tayori.office import Office
from tayori.retention.copies import backups, ledger, package
from tayori.retention.copies.ends import ESCROW
from tayori.retention.copies.package import Making, Manifest
from tayori.vault.age import Custodian, Pieces, read_custodians
from tayori.vault.keyfile import Space, read_secret
from tayori.warehouse import carried, copies, dumps, wrapped_keys
from tayori.warehouse.copies import CopyRow
from tayori.warehouse.engines import reading, writing

PREFIX: Final = "escrow-"
FLOW: Final = "flow:retention"
LIFE: Final = timedelta(hours=30)
"""The next night replaces it; one that stands longer is overdue."""
DESTROYED: Final = "destroyed"
NOT_SET: Final = "No escrow is made: TAYORI_ESCROW_FOLDER and TAYORI_ESCROW_RECIPIENTS_FILE are not set."


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the escrow: the new one's id, or why there is none; how many earlier ones were replaced."""

    copy_id: str | None
    replaced: int
    sentence: str = ""


def keep(office: Office, actor: str = FLOW) -> Kept:
    """Make the escrow anew and replace the one before; where that is not possible now, say why and go on.

    Nothing is lost by it: the earlier escrow still opens what it held, and stands on the ledger until it is replaced.
    """
    try:
        return write(office, actor)
    except TayoriError as error:
        return Kept(None, 0, error.sentence)


def write(office: Office, actor: str) -> Kept:
    """Make the escrow anew, check what lies on the medium, then replace the one before it.

    Raises:
        Unavailable: no escrow is set up, or its medium is away or full; the one before stands.
        BadInput: the file of custodians is not right.

    """
    root, custodians = place(office)
    with package.alone(root):
        with reading(office.warehouse) as warehouse:
            standing = {row.copy_id for row in copies.standing(warehouse, ESCROW)}
        package.refuse_foreign(root, PREFIX, standing, Signer(office.signing_key).public_pem)
        taken_at = office.now()
        manifest = _sealed(office, root, custodians, ledger.fresh_id(office, ESCROW, taken_at), taken_at)
        package.check_parts(package.read(manifest.folder, Signer(office.signing_key).public_pem))
        _entered(office, actor, manifest)
        return Kept(manifest.copy_id, _replace(office, actor, root, manifest.copy_id))


def place(office: Office) -> tuple[Path, list[Custodian]]:
    """Give the folder of the escrow and its custodians.

    Raises:
        Unavailable: no escrow is set up, or its medium is away.

    """
    folder, file = office.settings.escrow_folder, office.settings.escrow_recipients_file
    if folder is None or file is None:
        raise Unavailable(NOT_SET)
    if not folder.is_dir():
        raise Unavailable("The medium of the escrow is away; bring it back, then run `tayori escrow write`.")
    custodians = read_custodians(file)
    if not custodians:
        raise Unavailable("The file of custodians names nobody; an escrow that nobody opens is none.")
    return folder, custodians


def _sealed(office: Office, root: Path, custodians: list[Custodian], copy_id: str, taken_at: datetime) -> Manifest:
    recipients = [one.recipient for one in custodians]
    making = Making(root, copy_id)
    scratch = office.settings.scratch
    # the vault first: whoever loses their key after this is in the journal that is read after it
    with dumps.taken_out(office.vault, office.settings.vault_address, "vault", scratch) as source:
        making.add("vault", source, recipients)
    keys, held = _keys(office)
    making.add("keys", io.BytesIO(keys), recipients)
    with reading(office.warehouse) as warehouse:
        making.add("records", Pieces(carried.carry(warehouse, _oldest_seq(warehouse))), recipients)
    said = backups.facts(office, taken_at)
    said |= {"kind": ESCROW, "keys": held, "custodians": {one.post: one.fingerprint for one in custodians}}
    said["expires_at"] = (taken_at + LIFE).isoformat()
    return making.finish(said, office.signing_key)


def _keys(office: Office) -> tuple[bytes, dict[str, list[int]]]:
    """Give the keys of every living epoch and the other key files, as JSON; and which epochs those are.

    The epochs' keys are taken as keys, not as a file: where the root key cannot leave its module, what it wraps can.
    """
    held: dict[str, list[int]] = {}
    epochs: dict[str, str] = {}
    with reading(office.vault) as vault:
        ended = {(space, one[0]) for space in Space for one in wrapped_keys.epochs(vault, space) if one[1] == DESTROYED}
    for space, epoch in sorted(office.key_provider.names()):
        if (space, epoch) not in ended:
            with contextlib.suppress(NotFound):  # retired and just destroyed
                epochs[f"{space}/{epoch}"] = office.key_provider.key(space, epoch).hex()
                held.setdefault(str(space), []).append(epoch)
    files = {name: read_secret(path).hex() for name, path in secret_files(office).items()}
    public = {name: path.read_bytes().hex() for name, path in public_files(office).items() if path.exists()}
    written = json.dumps({"epochs": epochs, "secret": files, "public": public}, sort_keys=True)
    return written.encode("ascii"), held


def secret_files(office: Office) -> dict[str, Path]:
    """Give the key files beside the epochs' keys, by the name under which an escrow holds them.

    The keys of tombstones are none of them: they must end within three days wherever an escrow is. After a restore
    without them nothing is certain, so that LINE is asked for a profile (`vault/tombstones.py`).
    """
    named = {"index": office.index_path, "signing": office.signing_path}
    others = {path for path in office.keys_folder.glob("*.key") if path not in named.values()}
    others = {path for path in others if not path.name.startswith("tombstone-")}
    return named | {path.name: path for path in sorted(others)}


def public_files(office: Office) -> dict[str, Path]:
    """Give the public halves that lie beside the keys."""
    return {"signing_public": office.public_key_file, "inbox_public": office.inbox_public_file}


def _oldest_seq(warehouse: Connection) -> int:
    """Give where the oldest backup's access log ends: a restore of any backup needs the lines from there."""
    ends = [int(row.holds["audit_seq"]) for row in copies.standing(warehouse, backups.KIND)]
    return min(ends, default=0)


def _entered(office: Office, actor: str, manifest: Manifest) -> CopyRow:
    said = manifest.said
    new = NewCopy(
        kind=ESCROW,
        purpose=copy_kind(ESCROW).purpose,
        expires_at=datetime.fromisoformat(said["expires_at"]),
        sha256=manifest.sha256,
        recipient="、".join(f"{post} {mark}" for post, mark in sorted(said["custodians"].items()))[:200],
    )
    holds = backups.held(manifest) | {"keys": said["keys"], "custodians": said["custodians"]}
    taken_at = datetime.fromisoformat(said["taken_at"])
    return ledger.enter(office, actor, new, holds, copy_id=manifest.copy_id, taken_at=taken_at)


def enter_found(office: Office, actor: str, manifest: Manifest) -> bool:
    """Enter an escrow that a restore was made from and that its own records cannot name; whether it was new."""
    with reading(office.warehouse) as warehouse:
        if any(row.copy_id == manifest.copy_id for row in copies.of_kind(warehouse, ESCROW)):
            return False
    now = office.now()
    said = dict(manifest.said)
    if datetime.fromisoformat(said["expires_at"]) <= now:
        said["expires_at"] = (now + timedelta(hours=1)).isoformat()  # overdue soon: it has to be replaced
    _entered(office, actor, Manifest(manifest.copy_id, manifest.folder, manifest.sha256, said))
    return True


def _replace(office: Office, actor: str, root: Path, newest: str) -> int:
    """Overwrite and remove every earlier escrow, then say so on the ledger; give how many ended."""
    package.sweep(root, PREFIX, {newest})
    with reading(office.warehouse) as warehouse:
        before = [row for row in copies.standing(warehouse, ESCROW) if row.copy_id != newest]
    for row in before:
        with writing(office.warehouse) as warehouse:
            ledger.close(warehouse, office, actor, row, Proof.REPLACED, {"by": newest})
    return len(before)


def stands(office: Office) -> bool:
    """Whether an escrow stands on the ledger and its medium is here."""
    root = office.settings.escrow_folder
    with reading(office.warehouse) as warehouse:
        standing = copies.standing(warehouse, ESCROW)
    return root is not None and any((root / row.copy_id).is_dir() for row in standing)


def listed(folder: Path) -> list[Manifest]:
    """Give the escrows that lie whole in a folder, the oldest first; their signature is not checked here."""
    found = []
    for one in sorted(folder.glob(f"{PREFIX}*")):
        with contextlib.suppress(NotFound, Tampered):
            found.append(package.read(one, None))
    return sorted(found, key=lambda manifest: str(manifest.said.get("taken_at")))


def check(office: Office) -> tuple[CopyRow, int]:
    """Hold the escrow on its medium against the ledger, every byte; give its row and its size.

    Raises:
        NotFound: there is none, or a part is missing.
        Tampered: it was changed or cut.
        Refused: it does not hold the keys that are in use now, or its custodians are not those of the file.

    """
    root, custodians = place(office)
    with reading(office.warehouse) as warehouse:
        standing = copies.standing(warehouse, ESCROW)
    if not standing:
        raise NotFound("No escrow stands on the ledger; make one with `tayori escrow write`.")
    row = standing[-1]
    manifest = package.read(root / row.copy_id, Signer(office.signing_key).public_pem)
    if manifest.sha256 != row.sha256:
        raise Tampered(f"The manifest of {row.copy_id} is another one than the ledger names.")
    size = package.check_parts(manifest)
    stale = [space.value for space in Space if not _holds_current(office, manifest, space)]
    if stale:
        raise Refused(f"The escrow does not hold the present keys of: {', '.join(stale)}. Run `tayori escrow write`.")
    if {one.fingerprint for one in custodians} != set(manifest.said["custodians"].values()):
        raise Refused("The escrow is sealed to other custodians than the file names; run `tayori escrow write`.")
    return row, size


def _holds_current(office: Office, manifest: Manifest, space: Space) -> bool:
    with reading(office.vault) as vault:
        return wrapped_keys.current_epoch(vault, space) in manifest.said["keys"].get(space.value, [])


def keys_of(written: bytes) -> dict[str, dict[str, bytes]]:
    """Read the part `keys` of an escrow: keys by name, by `epochs`, `secret` and `public`.

    Raises:
        Tampered: it is none.

    """
    try:
        said: dict[str, Any] = json.loads(written)
        return {kind: {name: bytes.fromhex(key) for name, key in said[kind].items()} for kind in said}
    except (ValueError, KeyError, AttributeError, TypeError):
        raise Tampered("The keys of the escrow cannot be read; take another escrow.") from None
