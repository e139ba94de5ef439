"""Erase the contractor's copy at a contract's end, see that nothing comes back, and certify it (L16, P11, P12).

Every step may run twice, and an erasure that stopped anywhere goes on to the same certificate. It begins only with 甲's
receipt for everything that is returned, or with its own signed instruction.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tayori.certificates.erasure import commitment
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, RunId
from tayori.errors import BadInput, Refused
from tayori.office import Office
from tayori.retention import canaries, case_canaries, filing, outgoing, server_logs, spaces
from tayori.retention.closing import ROLE, refuse_unfinished, standing
from tayori.retention.end_certificate import verified_end
from tayori.retention.end_job import Around, Job
from tayori.retention.end_verification import verify
from tayori.retention.issuing import Filed
from tayori.retention.logbook import FOLDER
from tayori.retention.probe import STORES as STORE_TERMS
from tayori.retention.returning import archive_of, require_erasable
from tayori.retention.run import commitment_key
from tayori.vault import audit, roster
from tayori.vault.audit import Action, record
from tayori.vault.keyfile import Space
from tayori.vault.roster import Credential
from tayori.warehouse import closing, disclosures, hygiene
from tayori.warehouse.closing import ClosingRow, ClosingState
from tayori.warehouse.engines import reading, writing

WARD: Final = "甲"
ERASABLE: Final = frozenset({ClosingState.SIGNED, ClosingState.RETURNED, ClosingState.RECEIVED, ClosingState.ERASING})
CERTIFIED: Final = "certified"
AFTERWARDS: Final = frozenset({"index", "close", "renew"})  # what is done once the certificate is filed


@dataclass(frozen=True, slots=True)
class Ended:
    """A contract that has ended: rows erased by table, backups that can no longer be restored, the certificate."""

    closing_id: str
    rows: Mapping[str, int]
    backups: int
    filed: Filed | None


def phrase(contract: Contract) -> str:
    """Give the words that whoever erases types, so that nobody does it by a slip of the hand."""
    return f"契約{contract.value}を終了し、すべて消去する"


def erase(
    office: Office, by: Credential, witness: Credential, contract: Contract, typed: str, around: Around | None = None
) -> Ended:
    """Erase everything of a contract here, verify it before a witness of 甲, certify it; or go on where it stopped.

    Raises:
        NotFound: the end of the contract was not signed.
        BadInput: the words typed are not those of the phrase.
        Refused: not a responsible handler, the witness is not of 甲 or is the same hand, the receipt is missing,
            something is unfinished, something of the contract was found afterwards.
        Tampered: what was signed changed.

    """
    given = around or Around()
    if typed.strip() != phrase(contract):
        raise BadInput(f"To erase contract {contract.value}, type exactly: {phrase(contract)}")
    row = _begin(office, by, witness, contract, given)
    job = Job(office, by, witness, row, given)
    for name, step in _STEPS:
        given.between(name)
        if name in AFTERWARDS or CERTIFIED not in job.steps():
            step(job)
    given.between("end")
    return _ended(job)


def _begin(office: Office, by: Credential, witness: Credential, contract: Contract, given: Around) -> ClosingRow:
    with reading(office.warehouse) as warehouse:
        roster.require_role(warehouse, by.handler_id, ROLE, office.today())
        seen_by = roster.require_serving(warehouse, witness.handler_id, office.today())
        row = standing(warehouse, contract)
    if seen_by.side != WARD or witness.key_id == by.key_id:
        raise Refused("The verification is done before a handler of 甲 who is another one than who erases (L7).")
    if row.state not in ERASABLE:
        raise Refused(f"The end of contract {contract.value} is {row.state}; there is nothing to erase.")
    _refuse_lying_about(office, row)
    if row.state is not ClosingState.ERASING:
        refuse_unfinished(office, contract, given.door_answers)
        with writing(office.warehouse) as warehouse:
            what = f"erasure of contract {contract.value}, {row.closing_id}"
            evidence = Evidence(by.handler_id, Purpose.CLOSING)
            record(warehouse, evidence, Action.ERASE, what, count=0, now=office.now())
            require_erasable(warehouse, office, standing(warehouse, contract))
            closing.change(warehouse, row.closing_id, state=ClosingState.ERASING)
    return row


def _refuse_lying_about(office: Office, row: ClosingRow) -> None:
    """Leave an archive outside of this installation alone: it may be on 甲's own medium, and is not ours to delete."""
    path = archive_of(office, row)
    if path is not None and not path.resolve().is_relative_to(office.settings.home.resolve()):
        raise Refused(
            f"The archive {path.name} still lies outside of TAYORI_HOME where it was written. Hand its medium over to "
            "甲, or erase the file if 甲 has another one; then run it again."
        )


def _count(job: Job) -> None:
    """Count what is here before anything goes, and commit to whom it was about; the certificate states this."""
    if "counts" in job.steps():
        return
    counted: dict[str, int] = {}
    for store in STORE_TERMS:
        with reading(getattr(job.office, store)) as connection:
            for table, _ in closing.tables_to_erase(job.contract, store):
                counted[table.name] = closing.count(connection, table, job.contract)
    subjects = _commit(job)
    epochs = spaces.standing_epochs(job.office, job.contract)
    backups = list(job.around.backups.standing())
    job.finish("counts", {"rows": counted, "subjects": subjects, "epochs": epochs, "backups": backups})


def _commit(job: Job) -> int:
    """Write the commitments to everyone whom the contract held into a file, sorted; give how many."""
    key = commitment_key(job.office, job.run_id)
    with reading(job.office.warehouse) as warehouse:
        values = [commitment(key, subject) for block in closing.subjects(warehouse, job.contract) for subject in block]
    path = commitments_file(job.office, job.run_id)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    half = path.with_suffix(".part")
    half.write_text("".join(f"{value}\n" for value in sorted(values)), "ascii")
    half.replace(path)
    return len(values)


def commitments_file(office: Office, run_id: RunId) -> Path:
    """Give where the commitments of an ending contract lie until its certificate is filed."""
    return office.settings.home / FOLDER / f"{run_id}.commitments"


def _plant(job: Job) -> None:
    if "canaries" in job.steps():
        return
    if job.contract is Contract.LINE:
        planted = canaries.plant(job.office, job.run_id)
    else:
        with job.office.writing_people() as stores:
            record(stores[0], job.evidence, Action.WRITE, f"canaries of {job.run_id}", count=0, now=job.office.now())
            planted = len(case_canaries.plant(job.office, stores, job.run_id))
    job.finish("canaries", {"planted": planted})


def _erase_rows(job: Job) -> None:
    """Delete the contract's rows of every store, table by table, those that depend on others first."""
    for store in STORE_TERMS:
        for table, _ in closing.tables_to_erase(job.contract, store):
            _erase_table(job, store, table.name)
            job.around.between(f"table {table.name}")
    with writing(job.office.warehouse) as warehouse:
        disclosures.drop_canaries(warehouse)


def _erase_table(job: Job, store: str, name: str) -> None:
    table = next(table for table, _ in closing.tables_to_erase(job.contract, store) if table.name == name)
    with reading(getattr(job.office, store)) as connection:
        there = closing.count(connection, table, job.contract)
    if not there:
        return
    with writing(job.office.warehouse) as log:
        record(log, job.evidence, Action.ERASE, f"{name}, {job.run_id}", count=there, now=job.office.now())
    with writing(getattr(job.office, store)) as connection:
        closing.erase(connection, table, job.contract)


def _end_keys(job: Job) -> None:
    """Destroy every key of the contract's spaces, and those of the boxes that the other contract does not need."""
    spaces.destroy_epochs(job.office, job.contract)
    for survey in job.office.survey_keys.standing() if job.contract is Contract.LINE else ():
        job.office.survey_keys.destroy(survey)
    if "boxes" not in job.steps():
        kept = spaces.end_boxes(job.office, other_goes_on=job.other_goes_on)
        job.finish("boxes", {"kept": kept})


def _end_files(job: Job) -> None:
    """Erase what the door served or the desk wrote out, our copy of what was handed over, at the last end the logs."""
    if job.contract is Contract.LINE and job.office.media_folder.is_dir():
        for picture in job.office.media_folder.iterdir():
            if picture.is_file():
                picture.unlink()
    if job.contract is Contract.OPINIONS:
        outgoing.clear_all(job.office)
    path = archive_of(job.office, job.row)
    if path is not None:
        path.unlink()
    if not job.other_goes_on:
        server_logs.end_all(job.office)


def _end_backups(job: Job) -> None:
    """End every backup and escrow that could hold the contract."""
    for one in job.around.backups.standing():
        if one in job.steps()["counts"].found["backups"]:
            job.around.backups.end(one)
    if not job.other_goes_on:
        spaces.destroy_space(job.office, Space.BACKUP)
    if "backups" not in job.steps():
        job.finish("backups", {"ended": job.steps()["counts"].found["backups"]})


def _forget_runs(job: Job) -> None:
    """Let Prefect forget the runs of the contract's stories, as far as it can be reached from here."""
    job.finish("runs", dict(job.around.forget_runs(job.contract)))


def _clean(job: Job) -> None:
    done = [hygiene.clean(getattr(job.office, store), store) for store in STORE_TERMS]
    job.finish("clean", {"stores": [asdict(one) for one in done]})


def _certify(job: Job) -> None:
    """Issue the certificate of the kind 契約終了一括; none where the contract held nobody any more."""
    path = commitments_file(job.office, job.run_id)
    if filing.filed_before(job.office, job.run_id) is None:
        subjects = path.read_text("ascii").split()
        names = (job.by.handler_id, job.witness.handler_id)
        verified = verified_end(job.office, job.row, *names, subjects)
        if verified is not None:
            filing.file_verified(job.office, job.run_id, verified, job.evidence, pdf=job.around.pdf)
    filed = filing.filed_before(job.office, job.run_id)
    job.finish(CERTIFIED, {"certificate": filed.certificate_no if filed is not None else None})
    path.unlink(missing_ok=True)


def _end_index(job: Job) -> None:
    """Destroy the key of the blind index with the last contract that used it; the probe needed it until now."""
    if not job.other_goes_on:
        job.office.index_path.unlink(missing_ok=True)


def _close(job: Job) -> None:
    filed = filing.filed_before(job.office, job.run_id)
    number = filed.certificate_no if filed is not None else None
    with writing(job.office.warehouse) as warehouse:
        what = f"contract {job.contract.value} closed, {job.run_id}"
        record(warehouse, job.evidence, Action.DECIDE, what, count=0, now=job.office.now())
        closing.change(
            warehouse,
            job.row.closing_id,
            state=ClosingState.CLOSED,
            ended_at=job.office.now(),
            certificate_no=number,
        )
        audit.sign_head(warehouse, job.office.signing_key, job.office.today(), job.office.now())


def _renew(job: Job) -> None:
    """Back up what goes on, now that the stores say that this contract is closed; a night would do it too."""
    if job.other_goes_on:
        job.around.backups.renew()


_STEPS: Final[tuple[tuple[str, Callable[[Job], None]], ...]] = (
    ("count", _count),
    ("plant", _plant),
    ("rows", _erase_rows),
    ("keys", _end_keys),
    ("files", _end_files),
    ("backups", _end_backups),
    ("runs", _forget_runs),
    ("clean", _clean),
    ("verify", verify),
    ("certify", _certify),
    ("index", _end_index),
    ("close", _close),
    ("renew", _renew),
)


def _ended(job: Job) -> Ended:
    steps = job.steps()
    counts = steps["counts"].found
    filed = filing.filed_before(job.office, job.run_id)
    return Ended(job.row.closing_id, dict(counts["rows"]), len(counts["backups"]), filed)
