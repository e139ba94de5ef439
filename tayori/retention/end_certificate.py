"""What the certificate of a contract's end (契約終了に伴う一括消去) states: what was written down, step by step."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from tayori.certificates.document import ErasedRecords, KeyEpoch, Method, Moment, Party, Remaining
from tayori.certificates.erasure import CommitmentList, Erasure, VerifiedErasure
from tayori.certificates.wording import printed
from tayori.domain.identifiers import Contract
from tayori.domain.record_classes import record_classes
from tayori.domain.register import register
from tayori.errors import Refused
from tayori.office import Office
from tayori.retention import filing, spaces
from tayori.retention.certify import box_epochs, report_of
from tayori.retention.disposal_certificate import cleaned, day_after
from tayori.retention.letterhead import letterhead
from tayori.retention.remainders import BOX_DAYS
from tayori.vault.keyfile import Space
from tayori.warehouse import closing, journal
from tayori.warehouse.closing import ClosingRow
from tayori.warehouse.engines import is_sqlite, reading
from tayori.warehouse.erasure import BACKUP_DAYS
from tayori.warehouse.journal import StepRow
from tayori.warehouse.setup import STORES

KIND: Final = "contract_end"
WITNESS_POST: Final = "立会いの職員"

Steps = Mapping[str, StepRow]


def verified_end(
    office: Office, row: ClosingRow, performed_by: str, witness: str, subjects: Sequence[str]
) -> VerifiedErasure | None:
    """Give the verified erasure of a contract; None where it held nobody any more.

    Raises:
        Refused: an epoch of its keys was not destroyed.

    """
    steps = _steps(office, row)
    if not subjects:
        return None
    erasure = Erasure(
        contract=row.contract,
        kind=KIND,
        subjects=CommitmentList(tuple(subjects)),
        records=_records(steps["counts"].found["rows"]),
        triggers=(filing.triggered(KIND, len(subjects), [_signed_at(office, row)]),),
        started_at=steps["counts"].done_at,
        completed_at=steps["clean"].done_at,
        methods=_methods(office, row.contract, steps),
        key_epochs=_epochs(office, steps),
        remaining=_remaining(office, steps),
        performed_by=filing.party(office, performed_by),
    )
    probed = steps["verify"]
    verified_by = Party(organisation=letterhead(office).addressee, post=WITNESS_POST, handler=witness)
    return VerifiedErasure(erasure, report_of(probed.found), probed.done_at, verified_by)


def _steps(office: Office, row: ClosingRow) -> Steps:
    with reading(office.warehouse) as warehouse:
        return journal.finished_steps(warehouse, row.closing_id)


def _signed_at(office: Office, row: ClosingRow) -> datetime:
    with reading(office.warehouse) as warehouse:
        signed = closing.signatures(warehouse, row.closing_id).values()
    return max(one.signed_at for one in signed if one.role != "witness")


def _records(rows: Mapping[str, int]) -> tuple[ErasedRecords, ...]:
    """Give what was erased, table by table: its class of record, its items of the register, how many rows."""
    terms = {item.item: item.term for item in register().items}
    tables = {name: table for schema in STORES.values() for name, table in schema.tables.items()}
    return tuple(
        ErasedRecords(
            table=f"{record_classes().of_table(name).term}（{name}）",
            items=tuple(
                dict.fromkeys(terms[column.info["item"]] for column in tables[name].columns if column.info["item"])
            ),
            rows=count,
        )
        for name, count in sorted(rows.items())
        if count
    )


def _methods(office: Office, contract: Contract, steps: Steps) -> tuple[Method, ...]:
    ended = steps["counts"].found["epochs"]
    named = "、".join(f"{spaces.TERMS[Space(space)]} {epoch}" for space, epoch in ended)
    medium = {"鍵世代": named, "鍵の保管": printed("media", office.key_provider.medium)}
    keys = Method(store="鍵保管庫", method=printed("methods", "key_destruction"), settings=medium)
    files = [Method(store="返還用の書庫の控え", method=printed("methods", "file_deletion"), settings={})]
    if contract is Contract.LINE:
        files.append(Method(store="配信の画像", method=printed("methods", "file_deletion"), settings={}))
    else:
        files.append(Method(store="書き出した添付・回答", method=printed("methods", "file_deletion"), settings={}))
    backups, sealed = len(steps["counts"].found["backups"]), int(steps["verify"].found.get("sealed_tried", 0))
    if backups or sealed:
        tried = {"件数": str(backups), "復元の試行": "すべて失敗", "台帳によらず試行した封緘済みの写し": str(sealed)}
        files.append(Method(store="バックアップ", method=printed("methods", "key_destruction"), settings=tried))
    return (keys, *cleaned(steps["clean"].found["stores"]), *files)


def _epochs(office: Office, steps: Steps) -> tuple[KeyEpoch, ...]:
    listed = [(str(space), int(epoch)) for space, epoch in steps["counts"].found["epochs"]]
    ended = spaces.ended(office, listed)
    if len(ended) < len(listed):
        raise Refused("A key epoch of the contract still exists; run the erasure again. No certificate is issued.")
    epochs = tuple(
        KeyEpoch(
            space=spaces.TERMS[one.space],
            epoch=one.epoch,
            algorithm="AES-256-GCM",
            destroyed_at=Moment.of(one.destroyed_at),
        )
        for one in ended
    )
    return (*epochs, *box_epochs(steps["boxes"].found["kept"]))


def _remaining(office: Office, steps: Steps) -> tuple[Remaining, ...]:
    """Tell what could still bring something back, and the day by which it will not; nothing, if all of it ended."""
    erased_at, listed = steps["counts"].done_at, []
    if not steps["counts"].found["backups"]:
        what = "この仕組みの外で作成されたバックアップ（平文で保持していた項目）"
        listed.append(Remaining(id="backups", what=what, until=day_after(erased_at, BACKUP_DAYS)))
    if steps["boxes"].found["kept"]:
        what = "受付箱・隔離の鍵世代（もう一方の契約が使用中のもの）"
        listed.append(Remaining(id="box-keys", what=what, until=day_after(erased_at, BOX_DAYS)))
    if not is_sqlite(office.warehouse):
        what = "PostgreSQL の空き領域及び先行書込みログ（平文で保持していた項目）"
        listed.append(Remaining(id="postgresql", what=what, until=day_after(erased_at, BACKUP_DAYS)))
    return tuple(listed)
