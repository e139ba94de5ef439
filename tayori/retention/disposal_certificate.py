"""What the certificate of a disposal (期間満了による消去) states: from the steps and the list as written down."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tayori.certificates.document import ErasedRecords, KeyEpoch, Method, Moment, Remaining, Trigger
from tayori.certificates.erasure import CommitmentList, Erasure, VerifiedErasure
from tayori.certificates.wording import printed
from tayori.domain.columns import CASE_RULES
from tayori.domain.identifiers import Contract, RunId
from tayori.domain.record_classes import record_classes
from tayori.domain.register import register
from tayori.office import TOKYO, Office
from tayori.retention import filing
from tayori.retention.certify import report_of
from tayori.retention.probe import STORES as STORE_TERMS
from tayori.retention.remainders import BOX_DAYS
from tayori.warehouse import disposal, journal, wrapped_keys
from tayori.warehouse.disposal import Disposed
from tayori.warehouse.engines import is_sqlite, reading
from tayori.warehouse.erasure import BACKUP_DAYS

TERMS: Final = {
    "opinion_case": "意見等の案件",
    "masked_opinion": "マスキング済みの意見等",
    "letter_file": "意見等の添付",
}


def verified_disposal(office: Office, run_id: RunId, list_id: str, performed_by: str) -> VerifiedErasure | None:
    """Give the verified disposal of a list; None where a hold kept everything."""
    with reading(office.warehouse) as warehouse:
        steps, span = journal.finished_steps(warehouse, run_id), disposal.span(warehouse, list_id)
        tally, outcome = journal.tally(warehouse, run_id), disposal.outcome(warehouse, list_id)
        commitments = tuple(one.hex() for one in disposal.commitments(warehouse, list_id))
    if span is None:
        return None
    party = filing.party(office, performed_by)
    erasure = Erasure(
        contract=Contract.OPINIONS,
        kind="expiry",
        subjects=CommitmentList(commitments),
        records=_records(tally),
        triggers=(_trigger(outcome),),
        started_at=span[0],
        completed_at=max(span[1], steps["rotate"].done_at),
        methods=_methods(office, steps),
        key_epochs=(
            *(_epoch(office, epoch) for epoch in steps["rotate"].found["epochs"]),
            *filing.standing_boxes(office),
        ),
        remaining=_remaining(office, span[1]),
        performed_by=party,
    )
    probed = steps["probe"]
    return VerifiedErasure(erasure, report_of(probed.found), probed.done_at, party)


def destroyed_at(office: Office, epoch: int) -> datetime | None:
    """Give when the key of an epoch of cases was destroyed; None where it was not."""
    with reading(office.vault) as vault:
        known = {number: gone for number, _, _, gone in wrapped_keys.epochs(vault, office.case_keys.space)}
    return known.get(epoch)


def _records(tally: Mapping[str, int]) -> tuple[ErasedRecords, ...]:
    """Give what was erased of letters, by table: its terms of the register, and how many rows."""
    terms = {item.item: item.term for item in register().items}
    tables = {table.name: table for table in disposal.case_tables()}
    return tuple(
        ErasedRecords(
            table=TERMS.get(name) or f"{record_classes().of_table(name).term}（{name}）",
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
        if rows or name in TERMS
    )


def _trigger(outcome: Sequence[Disposed]) -> Trigger:
    days = [day for one in outcome for day in (one.first_due, one.last_due)]
    moments = [datetime(day.year, day.month, day.day, tzinfo=TOKYO) for day in days]
    return filing.triggered("expiry", sum(one.disposed for one in outcome), moments)


def _methods(office: Office, steps: Mapping[str, journal.StepRow]) -> tuple[Method, ...]:
    epochs = "、".join(str(epoch) for epoch in steps["rotate"].found["epochs"])
    medium = {"鍵世代": epochs, "鍵の保管": printed("media", office.key_provider.medium)}
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
    gone = destroyed_at(office, epoch)
    moment = Moment.of(gone) if gone is not None else None
    return KeyEpoch(space="案件", epoch=epoch, algorithm="AES-256-GCM", destroyed_at=moment)


def _remaining(office: Office, erased_at: datetime) -> tuple[Remaining, ...]:
    backups, boxes = day_after(erased_at, BACKUP_DAYS), day_after(erased_at, BOX_DAYS)
    listed = [
        Remaining(id="backups", what="廃棄前に作成されたバックアップ（平文で保持していた管理項目）", until=backups),
        Remaining(
            id="key-epochs", what="消去の時点までの鍵世代（鍵の保管先にある写しを含む）", until=day_after(erased_at, 1)
        ),
        Remaining(id="disposal-items", what="廃棄した案件の管理番号及び受付番号", until=backups),
        Remaining(id="box-keys", what="受付箱・隔離の鍵世代（取込み済みの封緘データ）", until=boxes),
    ]
    if not is_sqlite(office.warehouse):
        what = "PostgreSQL の空き領域及び先行書込みログ（平文で保持していた管理項目）"
        listed.append(Remaining(id="postgresql", what=what, until=backups))
    return tuple(listed)


def day_after(moment: datetime, days: int) -> str:
    """Give the day in Tokyo that lies so many days after a moment."""
    return (moment + timedelta(days=days)).astimezone(TOKYO).date().isoformat()
