"""Restore an empty place from a backup, and from the escrow where the vault is lost too (L12, L7, L14).

Decrypt, check, load, take in what happened since, erase again whoever was erased since, verify: and only then serve. A
mark stands from the first step to the last; while it does, no door and no flow opens a store, and the restore begins
anew when it is run again.
"""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tayori.certificates.jws import Signer
from tayori.errors import NotFound, Refused, Tampered, TayoriError, Unavailable
from tayori.office import Office
from tayori.retention.copies import aftermath, backups, beside, escrow, ledger, package
from tayori.retention.copies.aftermath import Checked
from tayori.retention.copies.ends import ESCROW
from tayori.retention.copies.package import Manifest
from tayori.settings import Mode
from tayori.vault import keeping, roster
from tayori.vault.age import read_identities
from tayori.vault.keyfile import Space, write_secret
from tayori.vault.roster import Credential
from tayori.warehouse import carried, copies, dumps, setup, wrapped_keys
from tayori.warehouse.addresses import engine_of
from tayori.warehouse.copies import DrillRow
from tayori.warehouse.engines import is_sqlite, reading, writing
from tayori.warehouse.setup import STORES

FORM: Final = "tayori copy 1"
Prove = Callable[[Office], Credential]
UNTOUCHED: Final = frozenset({"key_epoch", "restoring"})
"""Tables that `tayori init` fills, or the restore itself."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be restored: a backup's folder, an escrow's folder and a custodian's identity file.

    Where the vault still stands, the escrow gives only its records: what was erased and certified since the backup.
    `without_escrow`: there is none; `older`: another backup than the newest is meant; `public_key`: the issuer's key as
    甲 holds it.
    """

    backup: Path
    escrow: Path | None = None
    identities: Path | None = None
    public_key: bytes | None = None
    older: bool = False
    without_escrow: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: from which copies, the moment of the backup, what was done, and what was verified."""

    copy_id: str
    escrow_id: str | None
    taken_at: datetime
    done: Mapping[str, int]
    checked: Checked
    signed: bool
    """Whether the copies' signatures were held against a key from outside."""

    @property
    def found(self) -> dict[str, int]:
        """All counts by name."""
        return dict(self.done) | asdict(self.checked)


def restore(
    office: Office, wanted: Wanted, prove: Callable[[Office], Credential], *, rehearsal: bool = False
) -> Restored:
    """Restore an empty place; give what was done. `office` is the place itself, opened with `restores`.

    `prove` opens the key of the handler who acts, once the roster is there; in live one of 甲 (L7).

    Raises:
        Refused: the place is not empty, the copies do not belong together, or the handler may not.
        NotFound, Tampered: a copy is missing, was changed, or does not open.
        Unavailable: a disk or a store does not do it. The place does not serve; run it again.

    """
    began = office.now()
    backup, escrowed = _manifests(office, wanted)
    _require_engines(office, backup, escrowed)
    with_vault = escrowed is not None and vault_is_lost(office)
    if not office.settings.restoring_mark.exists():
        _require_empty(office, with_vault=with_vault)
    for manifest in filter(None, (backup, escrowed)):
        package.check_parts(manifest)
    mark(office, backup.copy_id, with_vault=with_vault)
    if escrowed is not None and with_vault:
        load_vault(office, escrowed, wanted)
    _require_ours(office, backup, escrowed)
    _load_stores(office, backup, wanted)
    if escrowed is not None:
        _take_in(office, escrowed, wanted)
    who = proven(office, prove)
    done = _settled(office, backup, escrowed, who)
    checked = aftermath.verify(office)
    found = Restored(
        backup.copy_id,
        escrowed.copy_id if escrowed else None,
        datetime.fromisoformat(backup.said["taken_at"]),
        done,
        checked,
        signed=wanted.public_key is not None,
    )
    _serve(office, found, who, began, rehearsal=rehearsal)
    return found


def _manifests(office: Office, wanted: Wanted) -> tuple[Manifest, Manifest | None]:
    if (wanted.escrow is None) != (wanted.identities is None) or (wanted.escrow is None) != wanted.without_escrow:
        raise Refused(
            "A restore needs the escrow and a custodian's identity (--escrow and --identity): what was erased and "
            "certified after the backup stands there. Say --without-escrow only where none was ever made."
        )
    if wanted.public_key is None and office.settings.mode is Mode.LIVE:
        raise Refused("Anyone can seal to a custodian; name the issuer's public key that 甲 holds with --key.")
    backup = package.read(wanted.backup, wanted.public_key)
    escrowed = package.read(wanted.escrow, wanted.public_key) if wanted.escrow else None
    for manifest, kind in ((backup, backups.KIND), (escrowed, ESCROW)):
        if manifest is not None and (manifest.said.get("form"), manifest.said.get("kind")) != (FORM, kind):
            raise Refused(f"{manifest.folder.name} is no copy of the kind {kind} that this version can read.")
    return backup, escrowed


def _require_engines(office: Office, backup: Manifest, escrowed: Manifest | None) -> None:
    settings = office.settings
    _require_engine("TAYORI_DATABASE_URL", backup.said["engine"], settings.warehouse_address)
    if escrowed is not None:
        require_vault_engine(office, escrowed)
    if ("inbox" in backup.parts) == dumps.same_database(settings.warehouse_address, settings.inbox_address):
        raise Refused("Warehouse and inbox do not lie together or apart as they did; set TAYORI_INBOX_URL as it was.")


def require_vault_engine(office: Office, escrowed: Manifest) -> None:
    """Refuse to load a vault into a database of another kind."""
    _require_engine("TAYORI_VAULT_URL", escrowed.said["vault_engine"], office.settings.vault_address)


def _require_engine(name: str, engine: str, address: str) -> None:
    if engine_of(address) != engine:
        raise Refused(f"The copy was taken from {engine}; set {name} to an empty database of that kind.")


def vault_is_lost(office: Office) -> bool:
    """Whether the vault comes from the escrow: it is not here or empty, or an earlier try had begun to load it."""
    mark = office.settings.restoring_mark
    if mark.exists():
        try:
            return bool(json.loads(mark.read_bytes())["with_vault"])
        except (OSError, ValueError, KeyError, TypeError):
            raise Unavailable(f"The mark {mark.name} cannot be read; look at the stores, then remove it.") from None
    return not _holds_rows(office, "vault")


def _holds_rows(office: Office, store: str) -> bool:
    engine = getattr(office, store)
    tables = [name for name in STORES[store].tables if name not in UNTOUCHED]
    return setup.stands(engine, store) and setup.holds_rows(engine, *tables)


def _require_empty(office: Office, *, with_vault: bool) -> None:
    for store in ("warehouse", "inbox", *(("vault",) if with_vault else ())):
        if _holds_rows(office, store):
            raise Refused(
                f"The {store} holds rows; a restore goes into an empty place and replaces nothing. "
                "Move what is there away first, or rehearse into another folder with --rehearsal."
            )
    if not with_vault and not setup.stands(office.vault, "vault"):
        raise Refused("The vault is not here; name the escrow that holds it (--escrow and --identity).")


def mark(office: Office, copy_id: str, *, with_vault: bool) -> None:
    """Let nobody else open a store here until the end; on PostgreSQL on no other machine either.

    The doors lose the public key that they seal to: what comes now is not acknowledged, and LINE delivers it again.
    """
    mark = {"copy_id": copy_id, "since": office.now().isoformat(), "with_vault": with_vault}
    office.settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_secret(office.settings.restoring_mark, json.dumps(mark).encode("ascii"))
    if office.inbox_public_file.exists():
        office.inbox_public_file.replace(_held(office))
    if not is_sqlite(office.warehouse):
        copies.mark_restoring(office.warehouse, copy_id, office.now())


def load_vault(office: Office, escrowed: Manifest, wanted: Wanted) -> None:
    """Load vault and keys from an escrow; the doors' public key waits for the end."""
    opening = identities(wanted)
    held = io.BytesIO()
    package.open_part(escrowed, "keys", held, opening)
    keys = escrow.keys_of(held.getvalue())
    _load(office, escrowed, "vault", ("vault",), opening)
    keeping.take_in(office.vault, office.key_provider, keys["epochs"])
    places = escrow.secret_files(office)
    for name, key in keys["secret"].items():
        write_secret(places[name] if name in places else office.keys_folder / _plain_name(name), key)
    places_of_public = escrow.public_files(office) | {"inbox_public": _held(office)}
    for name, path in places_of_public.items():
        if name in keys["public"]:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_bytes(keys["public"][name])


def _held(office: Office) -> Path:
    """Give where the doors' public key waits for the end of the restore."""
    return office.inbox_public_file.with_name(f"{office.inbox_public_file.name}.held")


def _plain_name(name: str) -> str:
    if Path(name).name != name or not name.endswith(".key"):
        raise Tampered("The escrow holds a key under a name that is none of ours; take another escrow.")
    return name


def identities(wanted: Wanted) -> Sequence[Any]:
    """Read the custodian's identities."""
    if wanted.identities is None:
        raise Refused("The escrow opens with a custodian's identity; name its file with --identity.")
    return read_identities(wanted.identities)


def _load(office: Office, manifest: Manifest, part: str, stores: Sequence[str], identities: Sequence[Any]) -> None:
    for store in stores:
        dumps.clear(getattr(office, store), getattr(office.settings, f"{store}_address"), store)
    with dumps.put_back(getattr(office.settings, f"{part}_address")) as target:
        package.open_part(manifest, part, target, identities)
    for store in stores:
        setup.create(getattr(office, store), store)


def _require_ours(office: Office, backup: Manifest, escrowed: Manifest | None) -> None:
    """Hold the copies' signatures against the key that is here now, and the backup's epochs against this vault's.

    Raises:
        Tampered: a copy is not signed by this installation's key.
        Refused: the backup belongs to another vault.

    """
    pem = Signer(office.signing_key).public_pem
    for manifest in filter(None, (backup, escrowed)):
        package.read(manifest.folder, pem)
    with reading(office.vault) as vault:
        known = {
            space.value: {(epoch, made) for epoch, _, made, _ in wrapped_keys.epochs(vault, space)} for space in Space
        }
    for space, epochs in backup.said["epochs"].items():
        if not {(int(epoch), datetime.fromisoformat(made)) for epoch, made in epochs} <= known.get(space, set()):
            raise Refused("The backup and this vault do not belong together: the vault never had the backup's epochs.")


def _load_stores(office: Office, backup: Manifest, wanted: Wanted) -> None:
    identity = backups.identity(office, backup.copy_id)
    newer = [] if wanted.older else _newer(office, backup)
    if newer:
        raise Refused(f"A newer backup opens too: {newer[-1]}. Take that one, or say --older if you mean this one.")
    together = "inbox" not in backup.parts
    if not together:
        _load(office, backup, "inbox", ("inbox",), [identity])
    _load(office, backup, "warehouse", ("warehouse", "inbox") if together else ("warehouse",), [identity])


def _newer(office: Office, backup: Manifest) -> list[str]:
    """Give the whole backups beside this one that are newer and that the vault can open."""
    found = []
    for folder in sorted(backup.folder.absolute().parent.glob(f"{backups.PREFIX}*")):
        try:
            other = package.read(folder, Signer(office.signing_key).public_pem)
            if str(other.said["taken_at"]) <= str(backup.said["taken_at"]):
                continue
            backups.identity(office, other.copy_id)
            package.check_parts(other)
        except (NotFound, Tampered):
            continue
        found.append(other.copy_id)
    return found


def _take_in(office: Office, escrowed: Manifest, wanted: Wanted) -> None:
    held = io.BytesIO()  # rows of the contract's records: hundreds of bytes each, never one a resident
    package.open_part(escrowed, "records", held, identities(wanted))
    held.seek(0)
    with writing(office.warehouse) as warehouse:
        carried.take_in(warehouse, held)


def proven(office: Office, prove: Prove) -> Credential:
    """Let the handler prove who they are, by the roster that was just restored; in live it is one of 甲 (L7)."""
    who = prove(office)
    if office.settings.mode is Mode.LIVE:
        with reading(office.warehouse) as warehouse:
            side = roster.require_serving(warehouse, who.handler_id, office.today()).side
        if side != ledger.WARD:
            raise Refused("Real data is restored and looked at by a handler of 甲 (L7); name one with --as.")
    return who


def _settled(office: Office, backup: Manifest, escrowed: Manifest | None, who: Credential) -> dict[str, int]:
    done = aftermath.settle(office, datetime.fromisoformat(backup.said["taken_at"]))
    done["files_put_back"] = beside.restore(office, backup, backups.identity(office, backup.copy_id))
    done["backups_adopted"] = backups.adopt(office, who.handler_id)
    if escrowed is not None:
        escrow.enter_found(office, who.handler_id, escrowed)
    return done


def _serve(office: Office, found: Restored, who: Credential, began: datetime, *, rehearsal: bool) -> None:
    """Write down what was done, then let doors and flows open the stores again."""
    drill = DrillRow(
        f"restore-{began:%Y%m%d}-{office.rng.getrandbits(32):08x}",
        found.copy_id,
        rehearsal,
        who.handler_id,
        began,
        office.now(),
        found.found,
    )
    with writing(office.warehouse) as warehouse:
        aftermath.record_restored(warehouse, office, who.handler_id, f"restored from {found.copy_id}")
        copies.add_drill(warehouse, drill)
        copies.let_serve(warehouse)
    let_doors_in(office)


def let_doors_in(office: Office) -> None:
    """Take the mark away, and give the doors their public key."""
    if _held(office).exists():
        _held(office).replace(office.inbox_public_file)
    office.settings.restoring_mark.unlink()


def rehearse(live: Office, place: Office, wanted: Wanted, who: Credential) -> Restored:
    """Restore into another place to see that it can be done, write the result down, and remove the place again (L7).

    Raises:
        Refused: the other place is this one, or there is no escrow: a drill begins where everything is lost.

    """
    if wanted.escrow is None:
        raise Refused("A rehearsal begins where everything is lost: name the escrow and an identity.")
    shared = [store for store in STORES if _address(live, store) == _address(place, store)]
    if shared or place.settings.home.resolve() == live.settings.home.resolve():
        raise Refused("A rehearsal goes into a folder and databases of its own, never over the ones in use.")
    if place.settings.home.exists() and any(place.settings.home.iterdir()):
        raise Refused("The folder of the rehearsal is not empty; name a new one.")
    began = live.now()
    try:
        known = wanted.public_key or Signer(live.signing_key).public_pem
        found = restore(place, replace(wanted, public_key=known), lambda _: who, rehearsal=True)
        _write_down(live, found, who, began)
    finally:
        _remove(place)
    return found


def _address(office: Office, store: str) -> str:
    return str(getattr(office.settings, f"{store}_address"))


def _write_down(live: Office, found: Restored, who: Credential, began: datetime) -> None:
    drill_id = f"restore-{began:%Y%m%d}-{live.rng.getrandbits(32):08x}"
    row = DrillRow(drill_id, found.copy_id, True, who.handler_id, began, live.now(), found.found)  # noqa: FBT003
    with writing(live.warehouse) as warehouse:
        aftermath.record_restored(warehouse, live, who.handler_id, f"restore of {found.copy_id} rehearsed")
        copies.add_drill(warehouse, row)


def _remove(place: Office) -> None:
    """Overwrite and remove everything that a rehearsal made."""
    for store in STORES:
        try:
            dumps.clear(getattr(place, store), _address(place, store), store)
        except TayoriError:
            continue
    place.close()
    home = place.settings.home
    if not home.is_dir():
        return
    for path in sorted(home.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            dumps.erase_file(path)
    try:
        home.rmdir()
    except OSError:
        raise Unavailable("The folder of the rehearsal could not be removed whole; remove it by hand.") from None
