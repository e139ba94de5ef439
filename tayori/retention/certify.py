"""File the proof: the certificate of a run, signed, in the log and as a bundle that anyone can check offline (P12)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from tayori.certificates import verifier
from tayori.certificates.bundle import bundled_now
from tayori.certificates.certificate import Numbering, issue
from tayori.certificates.document import ErasedRecords, KeyEpoch, Method, Moment, Party, Remaining, Trigger
from tayori.certificates.erasure import CommitmentList, Erasure, VerifiedErasure
from tayori.certificates.jws import Signer, opened
from tayori.certificates.log import logged_leaf
from tayori.certificates.verifier import HEAD, tree_root
from tayori.certificates.wording import printed
from tayori.domain.columns import PERSON_RULES
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract, RunId
from tayori.domain.register import register
from tayori.errors import Refused, Tampered
from tayori.office import TOKYO, Office
from tayori.retention.letterhead import letterhead
from tayori.retention.printing import FOLDER, tokens_of
from tayori.vault.audit import Action, record
from tayori.vault.residue import ResidueReport
from tayori.warehouse import certificates, erasure, journal, wrapped_keys
from tayori.warehouse.certificates import CertificateRow
from tayori.warehouse.engines import is_sqlite, reading, writing
from tayori.warehouse.erasure import BACKUP_DAYS, Way
from tayori.warehouse.journal import Caused, Journalled, StepRow

EVIDENCE: Final = Evidence("flow:retention", Purpose.ERASURE)
CAUSES: Final = {"quit": "quit_line"}
BOX_DAYS: Final = 15  # a quarantined row lives 14 days, its key goes with the next night's renewal
VERIFIER: Final = Path(str(verifier.__file__))
KIND: Final = "individual"
TABLES: Final = {
    "person": "利用者",
    "reception_settings": "受信設定",
    "genre_choice": "情報ジャンルの選択（登録をやめた時点で削除した行を除く）",
    "quarantine": "隔離",
}

Steps = Mapping[str, StepRow]


@dataclass(frozen=True, slots=True)
class Filed:
    """A certificate as it was filed: number, state, bundle file."""

    certificate_no: str
    state: str
    bundle: Path


def certify(office: Office, run_id: RunId) -> Filed | None:
    """Issue the certificate of a run whose steps are done; give the one there is if the run has it; None for nobody.

    Raises:
        Refused: a step is missing, or the probe does not bear a certificate.

    """
    with reading(office.warehouse) as warehouse:
        row = certificates.of_run(warehouse, run_id)
        steps, done = journal.finished_steps(warehouse, run_id), journal.journalled(warehouse, run_id)
    if row is None and not done.residents:
        return None
    if row is None:
        missing = [name for name in ("rotate", "clean", "probe") if name not in steps]
        if missing:
            raise Refused(f"The run {run_id} has not done: {', '.join(missing)}. No certificate before that.")
        row = _issue(office, run_id, steps, done)
    return _file(office, row)


def _issue(office: Office, run_id: RunId, steps: Steps, done: Journalled) -> CertificateRow:
    now = office.now()
    epochs = _key_epochs(office, steps["rotate"].found["epochs"])
    with writing(office.warehouse) as warehouse:
        if (row := certificates.of_run(warehouse, run_id)) is not None:
            return row
        record(warehouse, EVIDENCE, Action.ERASE, f"certificate, run {run_id}", count=done.residents, now=now)
        erased = _erasure(office, warehouse, run_id, done, steps, epochs)
        probed = steps["probe"]
        verified = VerifiedErasure(erased, report_of(probed.found), probed.done_at, _party(office))
        certificates.lock_log(warehouse)
        leaves = _whole_log(office, warehouse)
        issued = issue(verified, Signer(office.signing_key), letterhead(office), _numbering(warehouse, now), now)
        number = issued.certificate.number
        leaves.append(logged_leaf(issued.token))
        certificates.add_leaf(warehouse, len(leaves) - 1, leaves[-1], number)
        bundle = bundled_now([issued.token], leaves, Signer(office.signing_key), now).decode("utf-8")
        row = CertificateRow(number, KIND, str(issued.certificate.state), run_id, bundle, now)
        certificates.add(warehouse, row)
    return row


def _whole_log(office: Office, warehouse: Connection) -> list[bytes]:
    """Give the log's leaves if they go on from the longest head that was ever signed here.

    Raises:
        Tampered: they do not; no certificate is put into a log that was cut or rewritten.

    """
    leaves, key = certificates.leaves(warehouse), Signer(office.signing_key).public_pem
    heads = [opened(json.loads(row.bundle)["head"], key, HEAD) for row in certificates.every(warehouse)]
    last = max(heads, key=lambda head: int(str(head["size"])), default={"size": 0, "root": tree_root([]).hex()})
    size = int(str(last["size"]))
    if len(leaves) < size or tree_root(leaves[:size]).hex() != last["root"]:
        raise Tampered("The log of certificates was cut or rewritten since its last head; restore it, then run again.")
    return leaves


def _file(office: Office, row: CertificateRow) -> Filed:
    """Write bundle, commitments, public key and verifier into HOME/certificates; written again, they are the same.

    The certificate says that its verifier comes with it: the folder is what is handed over.
    """
    folder = office.settings.home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    bundle = folder / f"{row.certificate_no}.json"
    bundle.write_text(row.bundle, "utf-8")
    with reading(office.warehouse) as warehouse:
        listed = _commitments(warehouse, row.run_id)
    if listed.values:
        (folder / f"{row.certificate_no}.commitments.txt").write_bytes(listed.lines)
    (folder / "issuer.pub.pem").write_bytes(Signer(office.signing_key).public_pem)
    (folder / VERIFIER.name).write_bytes(VERIFIER.read_bytes())
    return Filed(row.certificate_no, row.state, bundle)


def _commitments(warehouse: Connection, run_id: str) -> CommitmentList:
    return CommitmentList(tuple(one.hex() for one in journal.commitments(warehouse, run_id)))


def _erasure(
    office: Office, warehouse: Connection, run_id: RunId, done: Journalled, steps: Steps, epochs: tuple[KeyEpoch, ...]
) -> Erasure:
    if done.began is None or done.ended is None:
        raise Refused("Nobody was erased; there is nothing to certify.")
    return Erasure(
        contract=Contract.LINE,
        kind=KIND,
        subjects=_commitments(warehouse, run_id),
        records=_records(journal.tally(warehouse, run_id)),
        triggers=tuple(_trigger(caused) for caused in done.causes),
        started_at=done.began,
        completed_at=max(done.ended, steps["rotate"].done_at),
        methods=_methods(steps),
        key_epochs=epochs,
        remaining=_remaining(office, done.ended),
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
            space="利用者",
            epoch=epoch,
            algorithm="AES-256-GCM",
            destroyed_at=Moment.of(gone) if (gone := known.get(epoch)) is not None else None,
        )
        for epoch in ended
    )


def _remaining(office: Office, erased_at: datetime) -> tuple[Remaining, ...]:
    """Tell what could still bring something back, and the day by which it will not."""
    backups, boxes = _day(erased_at, BACKUP_DAYS), _day(erased_at, BOX_DAYS)
    listed = [
        Remaining(id="backups", what="消去前に作成されたバックアップ（平文で保持していた項目）", until=backups),
        Remaining(id="journal", what="消去した管理番号（復元時の再消去用）及び対象の照合鍵", until=backups),
        Remaining(id="box-keys", what="受付箱・隔離の鍵世代（取込み済みの封緘データ）", until=boxes),
    ]
    if not is_sqlite(office.warehouse):
        what = "PostgreSQL の空き領域及び先行書込みログ（平文で保持していた項目）"
        listed.append(Remaining(id="postgresql", what=what, until=backups))
    return tuple(listed)


def _day(moment: datetime, days: int) -> str:
    return (moment + timedelta(days=days)).astimezone(TOKYO).date().isoformat()


def _numbering(warehouse: Connection, now: datetime) -> Numbering:
    prefix = f"{Contract.LINE.value}-{now.astimezone(TOKYO).year}-"
    number = f"{prefix}{certificates.count_with_prefix(warehouse, prefix) + 1:04d}"
    if certificates.is_logged(warehouse, number):
        raise Tampered(f"The log has a certificate {number} that is not filed any more; restore it, then run again.")
    filed = certificates.every(warehouse)
    return Numbering(number, _token_hash(filed[-1].bundle) if filed else None)


def _token_hash(bundle: str) -> str:
    return hashlib.sha256(tokens_of(bundle)[0].encode("ascii")).hexdigest()


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
