"""One night of forgetting: erase, change the keys, clean up, look for residue, file the proof (L14, P12).

Each step may run twice, and a run that stopped anywhere goes on under its id to the same certificate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final

from sqlalchemy import Connection

from tayori.domain.identifiers import Contract, RunId
from tayori.domain.leaving import bound, leaving_limits
from tayori.errors import Refused, Unavailable
from tayori.ingest import surveys
from tayori.office import Office
from tayori.retention import canaries, certify, erase, holds, outgoing, probe, server_logs, spaces
from tayori.retention.certify import BOX_STEP
from tayori.retention.copies import backups, escrow
from tayori.retention.issuing import Filed
from tayori.retention.settling import settle_all
from tayori.vault import audit, keeping
from tayori.vault.keyfile import Space, read_secret, write_secret
from tayori.vault.providers import weakest
from tayori.warehouse import boxes, closing, hygiene, journal, people, runs, wrapped_keys
from tayori.warehouse import erasure as eraser
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.hygiene import Pause
from tayori.warehouse.runs import Outcome
from tayori.warehouse.wrapped_keys import Epoch

STORY: Final = "retention"
STORES: Final = ("warehouse", "vault", "inbox")
ARRIVING: Final = timedelta(hours=48)  # so long may a door that missed the new key still seal to the one before

Counts = dict[str, int]


def begin(office: Office) -> RunId:
    """Take up the last run if it did not get to its end, else begin a new one; give its id.

    Raises:
        Refused: both contracts have ended; there is nothing left to forget.

    """
    with writing(office.warehouse) as warehouse:
        closing.require_any_open(warehouse)
        last = runs.latest(warehouse, STORY)
        if last is not None and last.outcome is not Outcome.DONE:
            return last.run_id
        return runs.begin(warehouse, STORY, office.now(), office.rng)


def erase_leavers(office: Office, run_id: RunId) -> Counts:
    """Forget everyone who left; who is in a batch of open outcome waits, at most 72 hours.

    The run's canaries are added before, and erased with the others. Once the contract ends, nobody is here.
    """
    if _line_ended(office):
        gone = {"erased": 0, "canaries": 0, "waiting": 0, "held": 0, "lists_changed": 0, "keys_without_person": 0}
        _finish(office, run_id, "erase", gone)
        return gone
    swept = erase.sweep_keys(office)
    if "canaries" not in _steps(office, run_id):
        planted = canaries.plant(office, run_id)
        _finish(office, run_id, "canaries", {"planted": planted})
    held, left_before = _held_flood(office)
    boxes = office.box_keys.epochs()
    erased = erase.erase_leavers(office, run_id, commitment_key(office, run_id), left_before=left_before)
    if erased.residents or BOX_STEP not in _steps(office, run_id):
        _finish(office, run_id, BOX_STEP, {"epochs": sorted({*_box_epochs(office, run_id), *boxes})})
    with reading(office.warehouse) as warehouse:
        done = journal.journalled(warehouse, run_id)
    counts = {
        "erased": done.residents,
        "canaries": done.canaries,
        "waiting": erased.waiting,
        "held": held,
        "lists_changed": erased.lists,
        "keys_without_person": swept,
    }
    _finish(office, run_id, "erase", counts)
    return counts


def _box_epochs(office: Office, run_id: RunId) -> list[int]:
    """Give the box epochs that the run wrote down: what was sealed about the erased is sealed to one of these."""
    step = _steps(office, run_id).get(BOX_STEP)
    return list(step.found["epochs"]) if step else []


def _held_flood(office: Office) -> tuple[int, datetime | None]:
    """Give how many leavers are held tonight, and who left before which moment is erased all the same.

    More leavings by events than a ward ever sees are a forged or broken channel until two handlers say otherwise.
    Nobody is sent to meanwhile, and nobody is held past the longest time, for LINE signed each of these events.
    """
    limits = leaving_limits().flood
    since = office.now() - timedelta(hours=limits.longest_hours)
    with reading(office.warehouse) as warehouse:
        waiting = eraser.waiting_since(warehouse, since)
        everybody = waiting + people.count_people(warehouse)
    most = max(bound(limits.share, limits.least, everybody), holds.allowed(office, holds.FLOOD))
    if waiting <= most:
        holds.end_stale(office, holds.FLOOD)
        return 0, None
    holds.hold(office, holds.FLOOD, waiting, everybody, most)
    return waiting, since


def commitment_key(office: Office, run_id: RunId) -> bytes:
    """Give the key under which a run commits to whom it erased; made once, kept until 確定."""
    path = office.keys_folder / f"commitment-{run_id}.key"
    if not path.exists():
        write_secret(path, token_bytes(32).hex().encode())
    return bytes.fromhex(read_secret(path).decode("ascii"))


def rotate_keys(office: Office, run_id: RunId) -> Counts:
    """Let survivors' keys go over to new epochs, in every space, and end those under which the erased had theirs.

    Once for all whom the run erased: taken up after a crash, an epoch that ended is not ended again.
    """
    with reading(office.warehouse) as warehouse:
        done = journal.journalled(warehouse, run_id)
    erased = done.residents + done.canaries
    plan = _planned_rotation(office, run_id, erased)
    ending = {Space(space): epoch for space, epoch in plan.get("others", {}).items()}
    if plan["epochs"]:
        ending[Space.PERSON] = plan["epochs"][-1]
    ended = [space for space, epoch in ending.items() if _end_epoch(office, space, epoch)]
    swept = sweep_epochs(office)
    with reading(office.vault) as vault:
        survivors = wrapped_keys.count_keys(vault, Space.PERSON)
        media = [one.medium for one in map(partial(_epoch, vault, Space.PERSON), plan["epochs"])]
    steps = _steps(office, run_id)
    if "rotate" not in steps or steps["rotate"].found["erased"] != erased:
        medium = weakest(one for one in media if one is not None)
        _finish(office, run_id, "rotate", plan | {"survivors": survivors, "medium": medium})
    return {
        "survivors": survivors,
        "epochs_ended": len(plan["epochs"]),
        "spaces_rotated": len(ended),
        "keys_swept": swept,
    }


def _planned_rotation(office: Office, run_id: RunId, erased: int) -> dict[str, Any]:
    """Write down which epochs are to end before they do; whoever is erased later needs another one of the persons'."""
    plan = _steps(office, run_id).get("rotation plan")
    if plan is not None and plan.found["erased"] == erased:
        return dict(plan.found)
    with reading(office.vault) as vault:
        current = {space: wrapped_keys.current_epoch(vault, space) for space in spaces.open_spaces(office)}
    before = list(plan.found["epochs"]) if plan is not None else []
    persons = [current.pop(Space.PERSON)] if Space.PERSON in current else []
    epochs = list(dict.fromkeys([*before, *persons]))
    found = {"erased": erased, "epochs": epochs, "others": {str(space): epoch for space, epoch in current.items()}}
    _finish(office, run_id, "rotation plan", found)
    return found


def _line_ended(office: Office) -> bool:
    with reading(office.warehouse) as warehouse:
        return closing.is_frozen(warehouse, Contract.LINE)


def _end_epoch(office: Office, space: Space, epoch: int) -> bool:
    """End an epoch of a space unless it has ended; whether it had not."""
    with reading(office.vault) as vault:
        if _epoch(vault, space, epoch).state == "destroyed":
            return False
    office.keyring(space).rotate(office.vault, office.now())
    return True


def _epoch(vault: Connection, space: Space, epoch: int) -> Epoch:
    found = wrapped_keys.find_epoch(vault, space, epoch)
    if found is None:
        raise Unavailable(
            f"The vault does not know {space} epoch {epoch}, which this run was to end; restore the vault."
        )
    return found


def sweep_epochs(office: Office) -> int:
    """Destroy keys that are kept although their epochs ended: a crash or a restore left them; give how many."""
    with reading(office.vault) as vault:
        left = keeping.left_over(vault, office.key_provider, office.box_keys.epochs())
    for space, epoch in left:
        office.key_provider.destroy(space, epoch)
    return len(left)


def renew_box_keys(office: Office) -> Counts:
    """Let the doors seal to a new key, then destroy the box keys that seal nothing any more.

    A key to which something may still be arriving stays: the one that was in use until now, and whichever was replaced
    less than two days ago, for a door that has not heard of it, or by a run that was taken up again.
    """
    began = office.box_keys.renew(office.now())
    surveys.keep_waiting(office)
    replaced = office.box_keys.replaced_before(office.now() - ARRIVING)
    held = boxes.sealed_epochs(office.inbox, office.warehouse)
    drained = [epoch for epoch in replaced if epoch not in held]
    for epoch in drained:
        office.box_keys.destroy(epoch)
    return {"box_keys_destroyed": len(drained), "box_epoch": began}


def expire(office: Office) -> Counts:
    """End what has reached its age: rows by their classes of record, keys of tombstones, logs, files written out."""
    counts: Counts = {}
    for store in ("warehouse", "inbox"):
        with writing(getattr(office, store)) as connection:
            counts |= {
                f"expired_{table}": rows for table, rows in eraser.expire(connection, store, office.now()).items()
            }
    counts["survey_keys_destroyed"] = surveys.destroy_ended_keys(office)
    counts["tombstone_keys_destroyed"] = office.tombstone_keys.destroy_ended(office.now())
    return counts | server_logs.turn_over(office) | outgoing.expire(office)


def expire_quarantine(office: Office) -> int:
    """End what waits for no night: quarantined content at its end, tombstones with their keys; give how many rows."""
    with writing(office.warehouse) as warehouse:
        ended = eraser.expire(warehouse, "warehouse", office.now(), "quarantine", "tombstone")
    office.tombstone_keys.destroy_ended(office.now())
    return sum(ended.values())


def clean_stores(office: Office, run_id: RunId, **patience: Pause) -> Counts:
    """Overwrite or free what deleted rows left in all stores; what was done is read back and kept."""
    done = [hygiene.clean(getattr(office, store), store, **patience) for store in STORES]
    stores = [{"store": probe.STORES[one.store], "engine": one.engine, "measures": one.measures} for one in done]
    _finish(office, run_id, "clean", {"stores": stores})
    return {"stores_cleaned": len(done)}


def probe_residue(
    office: Office, run_id: RunId, places: Mapping[str, Path] | None = None, beyond: Sequence[str] = ()
) -> Counts:
    """Search every store, and the further places, for the run's canaries; `beyond` names what nobody can search here.

    Raises:
        Refused: something was found; the run stays open, and no certificate is issued until a probe finds nothing.

    """
    report = probe.probe_residue(office, run_id, places or {}, beyond)
    counts = {"residue_hits": report.hits, "files": report.files, "bytes_scanned": report.bytes_scanned}
    if report.hits:
        with writing(office.warehouse) as warehouse:
            runs.end(warehouse, run_id, Outcome.REFUSED, counts, office.now())
        raise Refused(
            f"The probe found {report.hits} traces of erased marks in: {', '.join(report.hit_files)}. "
            "No certificate is issued. Erase these, then run it again; the run goes on where it stopped."
        )
    found = asdict(report) | {"places": dict(report.places)}
    _finish(office, run_id, "probe", found)
    return counts


def issue_certificate(office: Office, run_id: RunId, *, pdf: bool = False) -> Filed | None:
    """Sign the certificate, put it into the log, write its bundle, PDF or page; None when nobody had left."""
    return certify.certify(office, run_id, pdf=pdf)


def settle_certificates(office: Office, places: Mapping[str, Path] | None = None, *, pdf: bool = False) -> Counts:
    """Let every certificate become 確定 of which nothing remains; tell how many did, wait, and were refused."""
    done = settle_all(office, places or {}, pdf=pdf)
    return {"settled": len(done.settled), "waiting_for_final": len(done.waiting), "final_refused": len(done.refused)}


def sign_log(office: Office) -> int:
    """Sign the end of the access log for today; give its number of lines."""
    with writing(office.warehouse) as warehouse:
        return audit.sign_head(warehouse, office.signing_key, office.today(), office.now()).seq


def finish(office: Office, run_id: RunId) -> Counts:
    """Write down that the run came to its end; give what it counted."""
    steps = _steps(office, run_id)
    counts = {name: int(value) for name, value in steps["erase"].found.items()}
    counts |= {"survivors": steps["rotate"].found["survivors"], "residue_hits": 0}
    with writing(office.warehouse) as warehouse:
        runs.end(warehouse, run_id, Outcome.DONE, counts, office.now())
    return counts


def retain(
    office: Office, places: Mapping[str, Path] | None = None, *, pdf: bool = False
) -> tuple[RunId, Filed | None, Counts]:
    """Do the whole night's work in one go, as the flow does it step by step."""
    run_id = begin(office)
    erase_leavers(office, run_id)
    backups.expire(office)
    rotate_keys(office, run_id)
    escrow.keep(office)
    renew_box_keys(office)
    expire(office)
    clean_stores(office, run_id)
    probe_residue(office, run_id, places)
    filed = issue_certificate(office, run_id, pdf=pdf)
    settle_certificates(office, places, pdf=pdf)
    sign_log(office)
    counts = finish(office, run_id)
    escrow.keep(office)
    return run_id, filed, counts


def _steps(office: Office, run_id: RunId) -> dict[str, journal.StepRow]:
    with reading(office.warehouse) as warehouse:
        return journal.finished_steps(warehouse, run_id)


def _finish(office: Office, run_id: RunId, step: str, found: Mapping[str, Any]) -> None:
    with writing(office.warehouse) as warehouse:
        journal.finish_step(warehouse, run_id, step, found, office.now())
