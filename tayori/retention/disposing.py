"""Dispose of the letters of an approved list: rows and masked rows, then their keys, then the proof and the register.

Each step may run twice, and a run that stopped anywhere goes on under its id to the same certificate and the same line
of the register. What a hold or an open disclosure request keeps when its turn comes stays, and is counted as withheld.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from tayori.certificates.erasure import commitment
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, RunId
from tayori.domain.record_classes import record_classes
from tayori.errors import Refused
from tayori.office import Office
from tayori.retention import case_canaries, filing, outgoing
from tayori.retention.disposal import is_held, require_approved
from tayori.retention.disposal_certificate import destroyed_at, verified_disposal
from tayori.retention.issuing import Filed
from tayori.retention.probe import STORES as STORE_TERMS
from tayori.retention.probe import probe_for
from tayori.retention.run import commitment_key
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import closing, disclosures, disposal, disposal_holds, hygiene, journal, runs, wrapped_keys
from tayori.warehouse.disposal import Disposed, Listed, ListRow, ListState, RegisterRow
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.runs import Outcome

STORY: Final = "disposal"
BLOCK: Final = 1_000
FIRST: Final = -(2**31)
MAY_RUN: Final = ("desk", "responsible", "operator")

Between = Callable[[str], None]


def _nothing(_point: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Planned:
    """What running a list would do now, by series: disposed of, and withheld under a hold."""

    series: str
    disposed: int
    withheld: int


@dataclass(frozen=True, slots=True)
class Finished:
    """What a run came to: its id, counts, and the certificate, if anything was disposed of."""

    run_id: RunId
    disposed: int
    withheld: int
    filed: Filed | None


@dataclass(frozen=True, slots=True)
class Around:
    """What a run is given beside the list: folders to search beside the stores, what nobody can search, named points.

    `between` is told the name of each point that the run passes; tests stop it there. `page`: the certificate is
    printed too, as a page and with `pdf` as a PDF.
    """

    places: Mapping[str, Path] = field(default_factory=dict)
    beyond: Sequence[str] = ()
    between: Between = _nothing
    pdf: bool = False


def plan(office: Office, list_id: str) -> list[Planned]:
    """Tell what running a list would do now. Nothing is written.

    Raises:
        NotFound: there is no such list.

    """
    with reading(office.warehouse) as warehouse:
        disposal.find_list(warehouse, list_id)
        standing = disposal_holds.active(warehouse)
        waiting = [one for one in disposal.next_items(warehouse, list_id, 0, 2**31 - 1) if one.case_no > 0]
        asked_for = disposal.asked_for(warehouse, [one.case_no for one in waiting], office.today())
    held = [one for one in waiting if one.case_no in asked_for or is_held(standing, one.series, one.receipt_no)]
    names = sorted({one.series for one in waiting})
    return [
        Planned(
            name,
            sum(one.series == name for one in waiting) - sum(one.series == name for one in held),
            sum(one.series == name for one in held),
        )
        for name in names
    ]


def run(office: Office, by: Credential, list_id: str, around: Around | None = None) -> Finished:
    """Dispose of an approved list, or go on where an earlier run of it stopped.

    Raises:
        NotFound: there is no such list.
        Refused: it is not approved by two, the handler may not, the contract has ended, or the probe found something.
        Tampered: the list or a signature is not what was approved.

    """
    given = around or Around()
    run_id = _take(office, by, list_id)
    job = _Job(office, by, list_id, run_id, given)
    for name, step in _STEPS:
        given.between(name)
        step(job)
    given.between("end")
    return _finished(job)


def _take(office: Office, by: Credential, list_id: str) -> RunId:
    with writing(office.warehouse) as warehouse:
        roster.require_any(warehouse, by.handler_id, MAY_RUN, office.today())
        row = disposal.find_list(warehouse, list_id)
        if row.run_id is None:
            closing.require_open(warehouse, Contract.OPINIONS)
        what = f"list {list_id} taken in hand"
        evidence = Evidence(by.handler_id, Purpose.DISPOSAL)
        record(warehouse, evidence, Action.DECIDE, what, count=row.cases, now=office.now())
        require_approved(warehouse, row)
        if row.run_id is not None:
            return RunId(row.run_id)
        run_id = runs.begin(warehouse, STORY, office.now(), office.rng)
        disposal.move(warehouse, list_id, ListState.RUNNING, run_id)
        return run_id


@dataclass(frozen=True, slots=True)
class _Job:
    """One run at work."""

    office: Office
    by: Credential
    list_id: str
    run_id: RunId
    around: Around

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.by.handler_id, Purpose.DISPOSAL)

    def steps(self) -> dict[str, journal.StepRow]:
        with reading(self.office.warehouse) as warehouse:
            return journal.finished_steps(warehouse, self.run_id)

    def finish(self, step: str, found: Mapping[str, Any]) -> None:
        with writing(self.office.warehouse) as warehouse:
            journal.finish_step(warehouse, self.run_id, step, found, self.office.now())


def _plant(job: _Job) -> None:
    if "canaries" in job.steps():
        return
    with job.office.writing_people() as stores:
        record(stores[0], job.evidence, Action.WRITE, f"canaries of {job.run_id}", count=0, now=job.office.now())
        numbers = case_canaries.plant(job.office, stores, job.run_id)
        journal.finish_step(stores[0], job.run_id, "canaries", {"numbers": numbers}, job.office.now())


def _dispose(job: _Job) -> None:
    """Delete the canaries and what the list names, in blocks, and each block's keys after its rows.

    What the certificate of the run does not state any more stays for the next list.
    """
    if filing.filed_before(job.office, job.run_id) is not None:
        return
    key = commitment_key(job.office, job.run_id)
    marks = list(job.steps()["canaries"].found["numbers"])
    with writing(job.office.warehouse) as warehouse:
        record(warehouse, job.evidence, Action.ERASE, f"canaries of {job.run_id}", count=0, now=job.office.now())
        disposal.delete_letters(warehouse, marks)
        disclosures.drop_canaries(warehouse)
    _destroy(job, marks)
    with reading(job.office.warehouse) as warehouse:
        left_over = disposal.disposed_numbers(warehouse, job.list_id)
    _destroy(job, left_over)
    after = FIRST
    while (last := _block(job, key, after)) is not None:
        after = last
        job.around.between("block")


def _block(job: _Job, key: bytes, after: int) -> int | None:
    """Dispose of the next block; give the last number that was looked at, None when none is left."""
    now = job.office.now()
    with reading(job.office.warehouse) as warehouse:
        expected = disposal.next_items(warehouse, job.list_id, after, BLOCK)
    if not expected:
        return None
    with writing(job.office.warehouse) as warehouse:
        # the line comes first: no hold can be placed between the look at the holds and the end of this block
        what = f"letters of list {job.list_id}, run {job.run_id}"
        record(warehouse, job.evidence, Action.ERASE, what, count=len(expected), now=now)
        standing = disposal_holds.active(warehouse)
        block = disposal.next_items(warehouse, job.list_id, after, BLOCK)
        asked_for = disposal.asked_for(warehouse, [one.case_no for one in block], job.office.today())
        free = [one for one in block if one.case_no not in asked_for]
        gone = [one for one in free if not is_held(standing, one.series, one.receipt_no)]
        rows = disposal.dispose(warehouse, job.list_id, [(one, _committed(key, one)) for one in gone], now)
        journal.add_tally(warehouse, job.run_id, rows)
    job.around.between("rows")
    _destroy(job, [one.case_no for one in gone])
    return block[-1].case_no if block else None


def _committed(key: bytes, one: Listed) -> bytes:
    """Commit to a letter by its receipt number, which its writer and the ward know."""
    return bytes.fromhex(commitment(key, one.receipt_no))


def _destroy(job: _Job, numbers: Sequence[int]) -> None:
    with writing(job.office.vault) as vault:
        job.office.case_keys.destroy(vault, numbers)


def _rotate(job: _Job) -> None:
    """End the epoch under which the letters had their keys; which one it is, is written down before it ends.

    Whatever a run disposes of after that, taken up again when a hold was lifted, needs another epoch to end.
    """
    with reading(job.office.warehouse) as warehouse:
        disposed = len(disposal.disposed_numbers(warehouse, job.list_id))
    epochs = _planned(job, disposed)
    job.around.between("rotation planned")
    if destroyed_at(job.office, epochs[-1]) is None:
        job.office.case_keys.rotate(job.office.vault, job.office.now())
    steps = job.steps()
    if "rotate" not in steps or steps["rotate"].found["disposed"] != disposed:
        with reading(job.office.vault) as vault:
            survivors = wrapped_keys.count_keys(vault, job.office.case_keys.space)
        job.finish("rotate", {"disposed": disposed, "epochs": epochs, "survivors": survivors})


def _planned(job: _Job, disposed: int) -> list[int]:
    plan = job.steps().get("rotation plan")
    before = list(plan.found["epochs"]) if plan is not None else []
    if plan is not None and plan.found["disposed"] == disposed:
        return before
    with reading(job.office.vault) as vault:
        current = wrapped_keys.current_epoch(vault, job.office.case_keys.space)
    epochs = [*before, current] if current not in before else before
    job.finish("rotation plan", {"disposed": disposed, "epochs": epochs})
    return epochs


def _clean(job: _Job) -> None:
    """Overwrite or free what the rows left behind, and end what the desk had written out of these cases."""
    with reading(job.office.warehouse) as warehouse:
        gone = set(disposal.disposed_numbers(warehouse, job.list_id))
        receipts = [one.receipt_no for one in disposal.items(warehouse, job.list_id) if one.case_no in gone]
    outgoing.clear(job.office, receipts)
    done = [hygiene.clean(getattr(job.office, store), store) for store in STORE_TERMS]
    job.finish("clean", {"stores": [asdict(one) for one in done]})


def _probe(job: _Job) -> None:
    """Look for the canaries everywhere; what is found stops the certificate and the register."""
    texts, everything = case_canaries.texts(job.office, job.run_id), case_canaries.needles(job.office, job.run_id)
    report = probe_for(job.office, texts, everything, job.around.places, job.around.beyond)
    if report.hits:
        raise Refused(
            f"The probe found {report.hits} traces of disposed marks in: {', '.join(report.hit_files)}. "
            "No certificate is issued. Erase these, then run it again; the run goes on where it stopped."
        )
    job.finish("probe", asdict(report) | {"places": dict(report.places)})


def _certify(job: _Job) -> None:
    """Issue the certificate of the kind 期間満了; none where a hold kept everything."""
    if filing.filed_before(job.office, job.run_id) is not None:
        return
    verified = verified_disposal(job.office, job.run_id, job.list_id, job.by.handler_id)
    if verified is None:
        return
    filing.file_verified(job.office, job.run_id, verified, job.evidence, pdf=job.around.pdf)


def _enter(job: _Job) -> None:
    """Enter the list into the disposal register, and end it."""
    filed = filing.filed_before(job.office, job.run_id)
    with writing(job.office.warehouse) as warehouse:
        row = disposal.find_list(warehouse, job.list_id)
        if row.state is ListState.DONE:
            return
        approved_by = require_approved(warehouse, row)
        outcome = disposal.outcome(warehouse, job.list_id)
        number = filed.certificate_no if filed is not None else None
        disposal.enter(warehouse, [_line(job, row, one, approved_by, number) for one in outcome])
        disposal.drop_withheld(warehouse, job.list_id)
        disposal.move(warehouse, job.list_id, ListState.DONE)
        counts = {"disposed": sum(one.disposed for one in outcome), "withheld": sum(one.withheld for one in outcome)}
        runs.end(warehouse, job.run_id, Outcome.DONE, counts, job.office.now())


_STEPS: Final[tuple[tuple[str, Callable[[_Job], None]], ...]] = (
    ("plant", _plant),
    ("dispose", _dispose),
    ("rotate", _rotate),
    ("clean", _clean),
    ("probe", _probe),
    ("certify", _certify),
    ("enter", _enter),
)


def _line(job: _Job, row: ListRow, one: Disposed, approved_by: str, number: str | None) -> RegisterRow:
    series = next(series for series in record_classes().series if series.name == one.series)
    return RegisterRow(
        list_id=row.list_id,
        series=series.name,
        term=series.term,
        fiscal_years=series.fiscal_years,
        authority=series.authority,
        disposed=one.disposed,
        withheld=one.withheld,
        approved_by=approved_by,
        disposed_on=job.office.today(),
        certificate_no=number if one.disposed else None,
    )


def _finished(job: _Job) -> Finished:
    with reading(job.office.warehouse) as warehouse:
        lines = [one for one in disposal.register(warehouse) if one.list_id == job.list_id]
    filed = filing.filed_before(job.office, job.run_id)
    return Finished(job.run_id, sum(one.disposed for one in lines), sum(one.withheld for one in lines), filed)
