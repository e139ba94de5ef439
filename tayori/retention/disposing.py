"""Dispose of the letters of an approved list: rows and masked rows, then their keys, then the proof and the register.

Each step may run twice, and a run that stopped anywhere goes on under its id to the same certificate and the same line
of the register. What a hold keeps when its turn comes stays, and is counted as withheld.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tayori.certificates.document import ErasedRecords, KeyEpoch, Method, Moment, Remaining, Trigger
from tayori.certificates.erasure import CommitmentList, Erasure, VerifiedErasure, commitment
from tayori.certificates.wording import printed
from tayori.domain.columns import CASE_RULES
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, RunId
from tayori.domain.record_classes import record_classes
from tayori.domain.register import register
from tayori.errors import Refused
from tayori.office import TOKYO, Office
from tayori.retention import case_canaries, filing
from tayori.retention.certify import BOX_DAYS, Filed, report_of
from tayori.retention.disposal import is_held, require_approved
from tayori.retention.printing import print_certificate
from tayori.retention.probe import STORES as STORE_TERMS
from tayori.retention.probe import probe_for
from tayori.retention.run import commitment_key
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import closing, disposal, holds, hygiene, journal, runs, wrapped_keys
from tayori.warehouse.disposal import Disposed, Listed, ListRow, ListState, RegisterRow
from tayori.warehouse.engines import is_sqlite, reading, writing
from tayori.warehouse.erasure import BACKUP_DAYS
from tayori.warehouse.runs import Outcome
from tayori.warehouse.schema.opinions import masked_opinion, opinion_case

STORY: Final = "disposal"
BLOCK: Final = 1_000
FIRST: Final = -(2**31)
MAY_RUN: Final = ("desk", "responsible", "operator")
TERMS: Final = {"opinion_case": "意見等の案件", "masked_opinion": "マスキング済みの意見等"}

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
    page: bool = True


def plan(office: Office, list_id: str) -> list[Planned]:
    """Tell what running a list would do now. Nothing is written.

    Raises:
        NotFound: there is no such list.

    """
    with reading(office.warehouse) as warehouse:
        disposal.find_list(warehouse, list_id)
        standing = holds.active(warehouse)
        waiting = [one for one in disposal.next_items(warehouse, list_id, 0, 2**31 - 1) if one.case_no > 0]
    held = [one for one in waiting if is_held(standing, one.series, one.receipt_no)]
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
        standing = holds.active(warehouse)
        block = disposal.next_items(warehouse, job.list_id, after, BLOCK)
        gone = [one for one in block if not is_held(standing, one.series, one.receipt_no)]
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
    if _destroyed_at(job.office, epochs[-1]) is None:
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


def _destroyed_at(office: Office, epoch: int) -> datetime | None:
    with reading(office.vault) as vault:
        known = {number: gone for number, _, _, gone in wrapped_keys.epochs(vault, office.case_keys.space)}
    return known.get(epoch)


def _clean(job: _Job) -> None:
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
    if filing.filed_before(job.office, job.run_id) is None:
        with reading(job.office.warehouse) as warehouse:
            erasure = _erasure(job)
            probed = journal.finished_steps(warehouse, job.run_id)["probe"]
        if erasure is None:
            return
        with writing(job.office.warehouse) as warehouse:
            what, count = f"certificate, run {job.run_id}", len(erasure.subjects.values)
            record(warehouse, job.evidence, Action.ERASE, what, count=count, now=job.office.now())
        party = filing.party(job.office, job.by.handler_id)
        verified = VerifiedErasure(erasure, report_of(probed.found), probed.done_at, party)
        filing.file_verified(job.office, job.run_id, verified)


def _print(job: _Job) -> None:
    filed = filing.filed_before(job.office, job.run_id)
    if filed is not None and job.around.page:
        print_certificate(job.office, filed.certificate_no, pdf=job.around.pdf)


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
    ("print", _print),
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


def _erasure(job: _Job) -> Erasure | None:
    with reading(job.office.warehouse) as warehouse:
        steps, span = journal.finished_steps(warehouse, job.run_id), disposal.span(warehouse, job.list_id)
        tally, outcome = journal.tally(warehouse, job.run_id), disposal.outcome(warehouse, job.list_id)
        commitments = tuple(one.hex() for one in disposal.commitments(warehouse, job.list_id))
    if span is None:
        return None
    return Erasure(
        contract=Contract.OPINIONS,
        kind="expiry",
        subjects=CommitmentList(commitments),
        records=records(tally),
        triggers=(_trigger(outcome),),
        started_at=span[0],
        completed_at=max(span[1], steps["rotate"].done_at),
        methods=_methods(job.office, steps),
        key_epochs=tuple(_epoch(job.office, epoch) for epoch in steps["rotate"].found["epochs"]),
        remaining=_remaining(job.office, span[1]),
        performed_by=filing.party(job.office, job.by.handler_id),
    )


def records(tally: Mapping[str, int]) -> tuple[ErasedRecords, ...]:
    """Give what was erased of letters, by table: its terms of the register, and how many rows."""
    terms = {item.item: item.term for item in register().items}
    tables = {table.name: table for table in (opinion_case, masked_opinion)}
    return tuple(
        ErasedRecords(
            table=TERMS[name],
            items=tuple(
                dict.fromkeys(
                    terms[column.info["item"]]
                    for column in tables[name].columns
                    if column.info["erasure"] in CASE_RULES
                )
            ),
            rows=rows,
        )
        for name, rows in sorted(tally.items())
    )


def _trigger(outcome: Sequence[Disposed]) -> Trigger:
    days = [day for one in outcome for day in (one.first_due, one.last_due)]
    moments = [datetime(day.year, day.month, day.day, tzinfo=TOKYO) for day in days]
    return filing.triggered("expiry", sum(one.disposed for one in outcome), moments)


def _methods(office: Office, steps: Mapping[str, journal.StepRow]) -> tuple[Method, ...]:
    epochs = "、".join(str(epoch) for epoch in steps["rotate"].found["epochs"])
    medium = {"鍵世代": epochs, "鍵の保管": f"{office.key_file.path.name}（ファイルを置換。媒体は未検査）"}
    keys = Method(store="鍵保管庫", method=printed("methods", "key_destruction"), settings=medium)
    return (keys, *cleaned(steps["clean"].found["stores"]))


def cleaned(stores: Sequence[Mapping[str, Any]]) -> tuple[Method, ...]:
    """Give what was done to the stores after rows were deleted."""
    return tuple(
        Method(
            store=f"{STORE_TERMS[one['store']]}（{one['engine']}）",
            method=printed("methods", "row_deletion"),
            settings=one["measures"],
        )
        for one in stores
    )


def _epoch(office: Office, epoch: int) -> KeyEpoch:
    gone = _destroyed_at(office, epoch)
    destroyed_at = Moment.of(gone) if gone is not None else None
    return KeyEpoch(space="案件", epoch=epoch, algorithm="AES-256-GCM", destroyed_at=destroyed_at)


def _remaining(office: Office, erased_at: datetime) -> tuple[Remaining, ...]:
    backups, boxes = day_after(erased_at, BACKUP_DAYS), day_after(erased_at, BOX_DAYS)
    listed = [
        Remaining(id="backups", what="廃棄前に作成されたバックアップ（平文で保持していた管理項目）", until=backups),
        Remaining(id="journal", what="廃棄した案件の管理番号及び受付番号（復元時の再廃棄用）", until=backups),
        Remaining(id="box-keys", what="受付箱・隔離の鍵世代（取込み済みの封緘データ）", until=boxes),
    ]
    if not is_sqlite(office.warehouse):
        what = "PostgreSQL の空き領域及び先行書込みログ（平文で保持していた管理項目）"
        listed.append(Remaining(id="postgresql", what=what, until=backups))
    return tuple(listed)


def day_after(moment: datetime, days: int) -> str:
    """Give the day in Tokyo that lies so many days after a moment."""
    return (moment + timedelta(days=days)).astimezone(TOKYO).date().isoformat()
