"""File the proof: the certificate of a run, signed, in the log and as a bundle that anyone can check offline (P12)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from tayori.certificates.document import ErasedRecords, KeyEpoch, Method, Moment, Party, Trigger
from tayori.certificates.erasure import CommitmentList, Erasure, VerifiedErasure
from tayori.certificates.wording import printed
from tayori.domain.columns import PERSON_RULES
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, RunId
from tayori.domain.register import register
from tayori.errors import Refused
from tayori.office import Office
from tayori.retention import remainders
from tayori.retention.issuing import Filed, Order, file_certificate, issue_certificate
from tayori.retention.letterhead import letterhead
from tayori.retention.remainders import BOXES, PERSONS
from tayori.vault.residue import ResidueReport
from tayori.warehouse import certificates, erasure, journal, wrapped_keys
from tayori.warehouse.engines import reading
from tayori.warehouse.erasure import Way
from tayori.warehouse.journal import Caused, Journalled, StepRow

EVIDENCE: Final = Evidence("flow:retention", Purpose.ERASURE)
CAUSES: Final = {"quit": "quit_line"}
KIND: Final = "individual"
BOX_STEP: Final = "boxes"
TABLES: Final = {
    "person": "利用者",
    "reception_settings": "受信設定",
    "genre_choice": "情報ジャンルの選択（登録をやめた時点で削除した行を除く）",
    "survey_answer": "アンケートの回答（記名）",
    "staff_link": "試し送りを受ける職員の登録",
    "quarantine": "隔離",
}

Steps = Mapping[str, StepRow]


def certify(office: Office, run_id: RunId, *, pdf: bool = False) -> Filed | None:
    """Issue the certificate of a run whose steps are done; give the one there is if the run has it; None for nobody.

    Raises:
        Refused: a step is missing, or the probe does not bear a certificate.

    """
    with reading(office.warehouse) as warehouse:
        row = certificates.of_run(warehouse, run_id)
        steps, done = journal.finished_steps(warehouse, run_id), journal.journalled(warehouse, run_id)
        listed = CommitmentList(tuple(one.hex() for one in journal.commitments(warehouse, run_id)))
    if row is not None:
        return file_certificate(office, row, listed)
    if not done.residents:
        return None
    missing = [name for name in (BOX_STEP, "rotate", "clean", "probe") if name not in steps]
    if missing:
        raise Refused(f"The run {run_id} has not done: {', '.join(missing)}. No certificate before that.")
    with reading(office.warehouse) as warehouse:
        erased = _erasure(office, warehouse, run_id, done, steps)
    probed = steps["probe"]
    verified = VerifiedErasure(erased, report_of(probed.found), probed.done_at, _party(office))
    return issue_certificate(office, Order(verified, run_id, EVIDENCE, pdf))


def _erasure(office: Office, warehouse: Connection, run_id: RunId, done: Journalled, steps: Steps) -> Erasure:
    if done.began is None or done.ended is None:
        raise Refused("Nobody was erased; there is nothing to certify.")
    return Erasure(
        contract=Contract.LINE,
        kind=KIND,
        subjects=CommitmentList(tuple(one.hex() for one in journal.commitments(warehouse, run_id))),
        records=_records(journal.tally(warehouse, run_id)),
        triggers=tuple(_trigger(caused) for caused in done.causes),
        started_at=done.began,
        completed_at=max(done.ended, steps["rotate"].done_at),
        methods=_methods(steps),
        key_epochs=(
            *_key_epochs(office, steps["rotate"].found["epochs"]),
            *box_epochs(steps[BOX_STEP].found["epochs"]),
        ),
        remaining=remainders.remaining(office, done.ended),
        performed_by=_party(office),
    )


def _party(office: Office) -> Party:
    issuer = letterhead(office).issuer
    return Party(organisation=issuer.organisation, post=issuer.post, handler=EVIDENCE.actor)


def _records(tally: Mapping[str, int]) -> tuple[ErasedRecords, ...]:
    terms = {item.item: item.term for item in register().items}
    walked = {walk.table.name: walk.table for walk in erasure.walks() if walk.way is not Way.LISTS}
    return tuple(
        ErasedRecords(
            table=TABLES.get(name, name),
            items=tuple(
                dict.fromkeys(
                    terms[column.info["item"]]
                    for column in walked[name].columns
                    if column.info["erasure"] in PERSON_RULES
                )
            ),
            rows=rows,
        )
        for name, rows in sorted(tally.items())
    )


def _trigger(caused: Caused) -> Trigger:
    return Trigger(
        cause=printed("causes", CAUSES.get(caused.cause, caused.cause)),
        subjects=caused.persons,
        received_first=Moment.of(caused.first_left),
        received_last=Moment.of(caused.last_left),
    )


def _methods(steps: Steps) -> tuple[Method, ...]:
    rows = [
        Method(
            store=f"{cleaned['store']}（{cleaned['engine']}）",
            method=printed("methods", "row_deletion"),
            settings=cleaned["measures"],
        )
        for cleaned in steps["clean"].found["stores"]
    ]
    epochs = "、".join(str(epoch) for epoch in steps["rotate"].found["epochs"])
    medium = {"鍵世代": epochs, "鍵の保管": printed("media", steps["rotate"].found.get("medium", "file"))}
    return (Method(store="鍵保管庫", method=printed("methods", "key_destruction"), settings=medium), *rows)


def _key_epochs(office: Office, ended: list[int]) -> tuple[KeyEpoch, ...]:
    with reading(office.vault) as vault:
        known = {epoch: gone for epoch, _, _, gone in wrapped_keys.epochs(vault, office.person_keys.space)}
    return tuple(
        KeyEpoch(
            space=PERSONS,
            epoch=epoch,
            algorithm="AES-256-GCM",
            destroyed_at=Moment.of(gone) if (gone := known.get(epoch)) is not None else None,
        )
        for epoch in ended
    )


def box_epochs(epochs: Sequence[int]) -> tuple[KeyEpoch, ...]:
    """Give the epochs of the boxes to which something about the erased may be sealed: those of the erasure's moment."""
    return tuple(
        KeyEpoch(space=BOXES, epoch=epoch, algorithm="HPKE (X25519, AES-256-GCM)", destroyed_at=None)
        for epoch in epochs
    )


def report_of(found: Mapping[str, Any]) -> ResidueReport:
    """Give a probe's report as the run's step kept it."""
    return ResidueReport(
        places=found["places"],
        markers=found["markers"],
        files=found["files"],
        bytes_scanned=found["bytes_scanned"],
        not_examined=tuple(found["not_examined"]),
        hit_files=tuple(found["hit_files"]),
    )
