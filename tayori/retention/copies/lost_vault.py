"""The vault or its keys are lost while the warehouse stands: both come back from the escrow alone (P8).

Here the warehouse is the newer one. Keys of whom it does not know were destroyed since, and go. Whoever came after the
escrow has no key in it: what is sealed of them opens for nobody any more, and they are forgotten, once a handler said
how many they may be.
"""

import io
from dataclasses import asdict, dataclass
from pathlib import Path

from tayori.certificates.jws import Signer
from tayori.errors import NotFound, Refused
from tayori.office import Office
from tayori.retention.copies import aftermath, escrow, package, restoring
from tayori.retention.copies.aftermath import Checked
from tayori.retention.copies.ends import ESCROW
from tayori.retention.copies.package import Manifest
from tayori.retention.copies.restoring import Prove, Wanted
from tayori.vault import audit, keeping
from tayori.vault.keyfile import Space, write_secret
from tayori.warehouse import copies, orphans, setup, wrapped_keys
from tayori.warehouse.engines import reading, writing


@dataclass(frozen=True, slots=True)
class VaultBack:
    """What came back: from which escrow, whether the vault too or key files alone, who was lost, what was verified."""

    escrow_id: str
    with_vault: bool
    people_lost: int
    cases_lost: int
    keys_destroyed: int
    checked: Checked

    @property
    def found(self) -> dict[str, int]:
        """All counts by name."""
        lost = {"people_lost": self.people_lost, "cases_lost": self.cases_lost}
        return lost | {"keys_destroyed": self.keys_destroyed} | asdict(self.checked)


def bring_back(office: Office, wanted: Wanted, prove: Prove, *, accept_loss: int = 0) -> VaultBack:
    """Bring back the vault, or key files alone where the vault stands; give what was done.

    `accept_loss`: how many people and cases may be forgotten because they came after the escrow was made.

    Raises:
        Refused: nothing is lost here, the escrow is not of this warehouse, or more came after it than was accepted.
            Once loading began, the place serves nobody until this was run to its end.
        NotFound, Tampered: the escrow is missing, was changed, or does not open.

    """
    manifest = _escrow(office, wanted)
    with_vault = _is_lost(office)
    restoring.mark(office, manifest.copy_id, with_vault=with_vault)
    if with_vault:
        restoring.load_vault(office, manifest, wanted)
    else:
        _write_missing(office, manifest, wanted)
    _require_this_warehouse(office, manifest)
    who = restoring.proven(office, prove)
    people, cases = _without_key(office)
    if people + cases > accept_loss:
        raise Refused(
            f"{people} people and {cases} cases came after this escrow was made: what is sealed of them opens no more, "
            f"and they would be forgotten. Look for a newer escrow; else say --accept-loss {people + cases}."
        )
    done = aftermath.match_people_and_cases(office) if with_vault else {}
    found = VaultBack(
        manifest.copy_id,
        with_vault,
        people,
        cases,
        done.get("newcomers_lost", 0) + done.get("case_keys_lost", 0),
        aftermath.verify(office),
    )
    _serve(office, who.handler_id, found)
    return found


def _escrow(office: Office, wanted: Wanted) -> Manifest:
    if wanted.escrow is None or wanted.identities is None:
        raise Refused("The vault comes back from an escrow that a custodian opens: name both, and --identity.")
    if not setup.stands(office.warehouse, "warehouse"):
        raise Refused("There is no warehouse here; `tayori restore` brings back both, from a backup and the escrow.")
    known = wanted.public_key or (Signer(office.signing_key).public_pem if office.signing_path.exists() else None)
    manifest = package.read(wanted.escrow, known)
    if manifest.said.get("kind") != ESCROW:
        raise Refused(f"{manifest.folder.name} is no escrow.")
    restoring.require_vault_engine(office, manifest)
    package.check_parts(manifest)
    return manifest


def _is_lost(office: Office) -> bool:
    """Whether the vault itself is lost.

    Raises:
        Refused: neither the vault nor any key file is.

    """
    lost = restoring.vault_is_lost(office)
    whole = office.key_provider.stands() and office.index_path.exists() and office.signing_path.exists()
    if not lost and whole and not office.settings.restoring_mark.exists():
        raise Refused("Neither the vault nor a key file is lost here; nothing was done.")
    return lost


def _write_missing(office: Office, manifest: Manifest, wanted: Wanted) -> None:
    """Write the key files that are not here; what is here is newer and stays."""
    held = io.BytesIO()
    package.open_part(manifest, "keys", held, restoring.identities(wanted))
    keys = escrow.keys_of(held.getvalue())
    if not office.key_provider.stands():
        keeping.take_in(office.vault, office.key_provider, keys["epochs"])
    for name, path in escrow.secret_files(office).items():
        if not path.exists() and name in keys["secret"]:
            write_secret(path, keys["secret"][name])
    for name, path in escrow.public_files(office).items():
        if name in keys["public"] and not path.exists() and name != "inbox_public":
            path.write_bytes(keys["public"][name])


def _require_this_warehouse(office: Office, manifest: Manifest) -> None:
    """Hold the escrow against the warehouse: its key signed the log's heads and the manifest, its epochs are current.

    Raises:
        Tampered: it signed neither.
        Refused: the vault's present keys are not in it.

    """
    package.read(manifest.folder, Signer(office.signing_key).public_pem)
    with reading(office.warehouse) as warehouse:
        audit.verify(warehouse, office.signing_key.public_key())
    try:
        with reading(office.vault) as vault:
            for space in Space:
                office.key_provider.key(space, wrapped_keys.current_epoch(vault, space))
    except NotFound:
        raise Refused("The vault went on since this escrow and its keys are not in it; take a newer one.") from None


def _without_key(office: Office) -> tuple[int, int]:
    with reading(office.warehouse) as warehouse, reading(office.vault) as vault:
        people = orphans.people_without_key(warehouse, vault)
        return len(people), len(orphans.cases_without_key(warehouse, vault))


def _serve(office: Office, actor: str, found: VaultBack) -> None:
    with writing(office.warehouse) as warehouse:
        what = f"{'vault' if found.with_vault else 'keys'} restored from {found.escrow_id}"
        aftermath.record_restored(warehouse, office, actor, what)
        copies.let_serve(warehouse)
    restoring.let_doors_in(office)


def wanted_from(escrow_folder: Path, identity: Path, public_key: bytes | None) -> Wanted:
    """Give what is wanted of an escrow alone."""
    return Wanted(escrow_folder, escrow_folder, identity, public_key)
