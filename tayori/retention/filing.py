"""File a verified erasure that is not a night's: the certificate of a disposal, and that of a contract's end (P12)."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from tayori.certificates import verifier
from tayori.certificates.bundle import bundled_now
from tayori.certificates.certificate import Numbering, issue
from tayori.certificates.document import Moment, Party, Trigger
from tayori.certificates.erasure import VerifiedErasure
from tayori.certificates.jws import Signer, opened
from tayori.certificates.log import logged_leaf
from tayori.certificates.verifier import HEAD, tree_root
from tayori.certificates.wording import printed
from tayori.domain.identifiers import Contract, RunId
from tayori.errors import Tampered
from tayori.office import TOKYO, Office
from tayori.retention.certify import Filed
from tayori.retention.letterhead import letterhead
from tayori.retention.printing import FOLDER, tokens_of
from tayori.warehouse import certificates
from tayori.warehouse.certificates import CertificateRow
from tayori.warehouse.engines import reading, writing


def filed_before(office: Office, run_id: RunId) -> Filed | None:
    """Give the certificate that a run filed, if it did; its files are written again."""
    with reading(office.warehouse) as warehouse:
        row = certificates.of_run(warehouse, run_id)
    return None if row is None else _filed(office, row)


def file_verified(office: Office, run_id: RunId, verified: VerifiedErasure) -> Filed:
    """Sign the certificate of a run, append it to the log, write bundle, commitments, public key and verifier.

    A run that filed one already is given that one.

    Raises:
        Tampered: the log of certificates was cut or rewritten.

    """
    now, contract = office.now(), verified.erasure.contract
    signer = Signer(office.signing_key)
    with writing(office.warehouse) as warehouse:
        certificates.lock_log(warehouse)
        row = certificates.of_run(warehouse, run_id)
        if row is None:
            leaves = _whole_log(warehouse, signer)
            issued = issue(verified, signer, letterhead(office), _numbering(warehouse, contract, now), now)
            number, kind = issued.certificate.number, verified.erasure.kind
            leaves.append(logged_leaf(issued.token))
            certificates.add_leaf(warehouse, len(leaves) - 1, leaves[-1], number)
            bundle = bundled_now([issued.token], leaves, signer, now).decode("utf-8")
            row = CertificateRow(number, kind, str(issued.certificate.state), run_id, bundle, now)
            certificates.add(warehouse, row)
    lines = verified.erasure.subjects.lines
    _folder(office).joinpath(f"{row.certificate_no}.commitments.txt").write_bytes(lines)
    return _filed(office, row)


def _filed(office: Office, row: CertificateRow) -> Filed:
    folder = _folder(office)
    bundle = folder / f"{row.certificate_no}.json"
    bundle.write_text(row.bundle, "utf-8")
    (folder / "issuer.pub.pem").write_bytes(Signer(office.signing_key).public_pem)
    source = Path(str(verifier.__file__))
    (folder / source.name).write_bytes(source.read_bytes())
    return Filed(row.certificate_no, row.state, bundle)


def _folder(office: Office) -> Path:
    folder = office.settings.home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _whole_log(warehouse: Connection, signer: Signer) -> list[bytes]:
    leaves = certificates.leaves(warehouse)
    heads = [opened(json.loads(row.bundle)["head"], signer.public_pem, HEAD) for row in certificates.every(warehouse)]
    last = max(heads, key=lambda head: int(str(head["size"])), default={"size": 0, "root": tree_root([]).hex()})
    size = int(str(last["size"]))
    if len(leaves) < size or tree_root(leaves[:size]).hex() != last["root"]:
        raise Tampered("The log of certificates was cut or rewritten since its last head; restore it, then run again.")
    return leaves


def _numbering(warehouse: Connection, contract: Contract, now: datetime) -> Numbering:
    prefix = f"{contract.value}-{now.astimezone(TOKYO).year}-"
    number = f"{prefix}{certificates.count_with_prefix(warehouse, prefix) + 1:04d}"
    if certificates.is_logged(warehouse, number):
        raise Tampered(f"The log has a certificate {number} that is not filed any more; restore it, then run again.")
    rows = certificates.every(warehouse)
    before = hashlib.sha256(tokens_of(rows[-1].bundle)[0].encode("ascii")).hexdigest() if rows else None
    return Numbering(number, before)


def party(office: Office, handler_id: str) -> Party:
    """Give who acts: the contractor's post as the letterhead names it, and the handler's id."""
    issuer = letterhead(office).issuer
    return Party(organisation=issuer.organisation, post=issuer.post, handler=handler_id)


def triggered(cause: str, subjects: int, moments: Sequence[datetime]) -> Trigger:
    """Give one cause of an erasure with the first and last moment at which it arose."""
    return Trigger(
        cause=printed("causes", cause),
        subjects=subjects,
        received_first=Moment.of(min(moments)),
        received_last=Moment.of(max(moments)),
    )
