"""See before 甲's witness that nothing of a contract is left: by attempt, not by belief (L7, L16)."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from tayori.domain.canonical import canonical_bytes
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract
from tayori.errors import Refused
from tayori.retention import canaries, case_canaries, outgoing, spaces
from tayori.retention.backups import attempts
from tayori.retention.copies.searching import BACKUP, Searched, require_ward, search
from tayori.retention.end_job import Job
from tayori.retention.last_probe import SEALED
from tayori.retention.probe import STORES as STORE_TERMS
from tayori.retention.probe import probe_for
from tayori.vault.audit import Action, record
from tayori.vault.residue_forms import Needles
from tayori.warehouse import closing
from tayori.warehouse.closing import SignatureRow
from tayori.warehouse.engines import reading, writing

WITNESS: Final = "witness"
WITNESS_FORM: Final = "tayori contract end witnessed 1"


def verify(job: Job) -> None:
    """See that no row, key, backup or trace is left, and let the witness sign it.

    Raises:
        Refused: naming what is left; it stops the certificate.

    """
    searched = _searched(job)
    left = [*_left(job), *_brought_back(job, searched)]
    if left:
        raise Refused(f"Something of contract {job.contract.value} is still here: {', '.join(left)}. No certificate.")
    texts, everything = _sought(job)
    report = probe_for(job.office, texts, everything, job.around.places, job.around.beyond)
    if report.hits:
        raise Refused(
            f"The probe found {report.hits} traces of erased marks in: {', '.join(report.hit_files)}. No certificate "
            "is issued. Erase these, then run it again; it goes on where it stopped."
        )
    unseen = tuple(dict.fromkeys((*report.not_examined, SEALED, *searched.not_examined)))
    found = asdict(report) | {"places": dict(report.places), "not_examined": unseen, "sealed_tried": searched.tried}
    job.finish("verify", found)
    _witnessed(job, found)


def _left(job: Job) -> list[str]:
    left = []
    for store in STORE_TERMS:
        with reading(getattr(job.office, store)) as connection:
            left += [
                table.name
                for table, _ in closing.tables_to_erase(job.contract, store)
                if closing.count(connection, table, job.contract)
            ]
    if job.contract is Contract.LINE:
        left += [f"key of survey {name}" for name in job.office.survey_keys.standing()]
    left += [f"key {name}" for name in spaces.held_keys(job.office, job.contract)]
    if job.contract is Contract.OPINIONS and outgoing.left(job.office):
        left.append(outgoing.FOLDER)
    tried = attempts(job.around.backups, job.steps()["counts"].found["backups"])
    return left + [f"backup {one.backup_id}" for one in tried if one.opened]


def _searched(job: Job) -> Searched:
    """Let the witness try every sealed copy there is with every key still kept, and look for whatever nobody listed."""
    require_ward(job.office, job.witness)
    return search(job.office, {name: path for name, path in job.around.places.items() if path.exists()})


def _brought_back(job: Job, searched: Searched) -> list[str]:
    """Name the sealed copies that opened, and the copies and keys that could bring back what was erased."""
    moment = job.steps()["counts"].done_at
    strays = [stray.named for stray in searched.strays if stray.kind != BACKUP and stray.brings_back(moment)]
    return [*(f"a copy that opens, {name}" for name in searched.opened), *strays]


def _sought(job: Job) -> tuple[Needles, Needles]:
    """Give the canaries' marks: what only ever stood sealed, and everything by which they could be found."""
    if job.contract is Contract.LINE:
        return Needles.of(canaries.markers(job.office, job.run_id)), canaries.needles(job.office, job.run_id)
    return case_canaries.texts(job.office, job.run_id), case_canaries.needles(job.office, job.run_id)


def _witnessed(job: Job, found: Mapping[str, Any]) -> None:
    """Let 甲's witness sign what was verified (L7)."""
    said = canonical_bytes(
        {
            "form": WITNESS_FORM,
            "closing": job.row.closing_id,
            "contract": job.contract.value,
            "backups_tried": len(job.steps()["counts"].found["backups"]),
            "sealed_copies_tried": found["sealed_tried"],
            "places": dict(found["places"]),
            "bytes_scanned": found["bytes_scanned"],
        }
    )
    with writing(job.office.warehouse) as warehouse:
        what = f"erasure of contract {job.contract.value} witnessed, {job.run_id}"
        evidence = Evidence(job.witness.handler_id, Purpose.CLOSING)
        record(warehouse, evidence, Action.DECIDE, what, count=0, now=job.office.now())
        signed = job.witness.sign(said)
        mine = SignatureRow(
            job.row.closing_id, WITNESS, job.witness.handler_id, job.witness.key_id, said, signed, job.office.now()
        )
        closing.put_signature(warehouse, mine)
