"""One night of forgetting: erase, change the keys, clean up, look for residue, file the proof (L14, P12).

Each step may run twice, and a run that stopped anywhere goes on under its id to the same certificate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final

from tayori.domain.identifiers import Contract, RunId
from tayori.errors import Refused
from tayori.office import Office
from tayori.retention import canaries, certify, erase, probe
from tayori.retention.certify import Filed
from tayori.retention.printing import print_certificate
from tayori.vault import audit
from tayori.vault.keyfile import read_secret, write_secret
from tayori.warehouse import boxes, closing, hygiene, journal, runs, wrapped_keys
from tayori.warehouse import erasure as eraser
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.hygiene import Pause
from tayori.warehouse.runs import Outcome

STORY: Final = "retention"
STORES: Final = ("warehouse", "vault", "inbox")

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
        gone = {"erased": 0, "canaries": 0, "waiting": 0, "lists_changed": 0, "keys_without_person": 0}
        _finish(office, run_id, "erase", gone)
        return gone
    swept = erase.sweep_keys(office)
    if "canaries" not in _steps(office, run_id):
        planted = canaries.plant(office, run_id)
        _finish(office, run_id, "canaries", {"planted": planted})
    erased = erase.erase_leavers(office, run_id, commitment_key(office, run_id))
    with reading(office.warehouse) as warehouse:
        done = journal.journalled(warehouse, run_id)
    counts = {
        "erased": done.residents,
        "canaries": done.canaries,
        "waiting": erased.waiting,
        "lists_changed": erased.lists,
        "keys_without_person": swept,
    }
    _finish(office, run_id, "erase", counts)
    return counts


def commitment_key(office: Office, run_id: RunId) -> bytes:
    """Give the key under which a run commits to whom it erased; made once, kept until 確定."""
    path = office.keys_folder / f"commitment-{run_id}.key"
    if not path.exists():
        write_secret(path, token_bytes(32).hex().encode())
    return bytes.fromhex(read_secret(path).decode("ascii"))


def rotate_keys(office: Office, run_id: RunId) -> Counts:
    """Let survivors' keys go over to a new epoch and end the one under which the erased had theirs.

    Once for all whom the run erased: taken up after a crash, an epoch that ended is not ended again.
    """
    if _line_ended(office):
        _finish(office, run_id, "rotate", {"erased": 0, "epochs": [], "survivors": 0})
        return {"survivors": 0, "epochs_ended": 0}
    with reading(office.warehouse) as warehouse:
        done = journal.journalled(warehouse, run_id)
    erased = done.residents + done.canaries
    plan = _planned_rotation(office, run_id, erased)
    if _epoch_state(office, plan["epochs"][-1]) != "destroyed":
        office.person_keys.rotate(office.vault, office.now())
    with reading(office.vault) as vault:
        survivors = wrapped_keys.count_keys(vault, office.person_keys.space)
    steps = _steps(office, run_id)
    if "rotate" not in steps or steps["rotate"].found["erased"] != erased:
        _finish(office, run_id, "rotate", plan | {"survivors": survivors})
    return {"survivors": survivors, "epochs_ended": len(plan["epochs"])}


def _planned_rotation(office: Office, run_id: RunId, erased: int) -> dict[str, Any]:
    """Write down which epoch is to end before it does; whoever is erased later needs another one."""
    plan = _steps(office, run_id).get("rotation plan")
    if plan is not None and plan.found["erased"] == erased:
        return dict(plan.found)
    with reading(office.vault) as vault:
        current = wrapped_keys.current_epoch(vault, office.person_keys.space)
    before = list(plan.found["epochs"]) if plan is not None else []
    found = {"erased": erased, "epochs": [*before, current] if current not in before else before}
    _finish(office, run_id, "rotation plan", found)
    return found


def _line_ended(office: Office) -> bool:
    with reading(office.warehouse) as warehouse:
        return closing.is_frozen(warehouse, Contract.LINE)


def _epoch_state(office: Office, epoch: int) -> str | None:
    with reading(office.vault) as vault:
        known = {number: state for number, state, *_ in wrapped_keys.epochs(vault, office.person_keys.space)}
    return known.get(epoch)


def renew_box_keys(office: Office) -> Counts:
    """Destroy the box keys that seal nothing any more, then let the doors seal to a new one.

    The key that was in use until now stays: something sealed to it may still be arriving.
    """
    held = boxes.sealed_epochs(office.inbox, office.warehouse)
    drained = [epoch for epoch in office.box_keys.epochs()[:-1] if epoch not in held]
    for epoch in drained:
        office.box_keys.destroy(epoch)
    return {"box_keys_destroyed": len(drained), "box_epoch": office.box_keys.renew()}


def expire(office: Office) -> Counts:
    """End what has reached its age: quarantined content, event ids, journals of certified runs, stale inbox rows."""
    counts: Counts = {}
    for store in ("warehouse", "inbox"):
        with writing(getattr(office, store)) as connection:
            counts |= {
                f"expired_{table}": rows for table, rows in eraser.expire(connection, store, office.now()).items()
            }
    return counts


def expire_quarantine(office: Office) -> int:
    """End the quarantined content that has reached its end; give how many rows. A day's content waits for no night."""
    with writing(office.warehouse) as warehouse:
        return sum(eraser.expire(warehouse, "warehouse", office.now(), "quarantine").values())


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
    """Sign the certificate, put it into the log, write its bundle and its page; None when nobody had left."""
    filed = certify.certify(office, run_id)
    if filed is not None:
        print_certificate(office, filed.certificate_no, pdf=pdf)
    return filed


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
    rotate_keys(office, run_id)
    renew_box_keys(office)
    expire(office)
    clean_stores(office, run_id)
    probe_residue(office, run_id, places)
    filed = issue_certificate(office, run_id, pdf=pdf)
    sign_log(office)
    return run_id, filed, finish(office, run_id)


def _steps(office: Office, run_id: RunId) -> dict[str, journal.StepRow]:
    with reading(office.warehouse) as warehouse:
        return journal.finished_steps(warehouse, run_id)


def _finish(office: Office, run_id: RunId, step: str, found: Mapping[str, Any]) -> None:
    with writing(office.warehouse) as warehouse:
        journal.finish_step(warehouse, run_id, step, found, office.now())
