"""Issue a certificate, of whatever kind and contract: number, signature, paper, log, bundle, folder (P12).

The signed record and its PDF are made before the log is held; the log is held only to append. When another certificate
came in between, both are made anew for the next place. A crash before the commit leaves nothing but a file that the
next attempt overwrites; a crash after it leaves files that the next call writes again.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from tayori.certificates.bundle import Logged
from tayori.certificates.certificate import IssuedCertificate, Numbering, issue
from tayori.certificates.document import Correction
from tayori.certificates.erasure import CommitmentList, VerifiedErasure
from tayori.certificates.jws import Signer
from tayori.certificates.merkle import tree_root
from tayori.certificates.page import LogPlace, Printing
from tayori.certificates.standalone import NAME, standalone_verifier
from tayori.domain.evidence import Evidence
from tayori.errors import Tampered, Unavailable
from tayori.office import TOKYO, Office
from tayori.retention import remainders
from tayori.retention.letterhead import letterhead
from tayori.retention.logbook import append, documents_of, folder_of, issuer_keys, whole_log
from tayori.retention.printing import print_certificate, sealed_pdf
from tayori.vault.audit import Action, record
from tayori.vault.keyfile import write_whole
from tayori.warehouse import certificates, settling
from tayori.warehouse.certificates import CertificateRow
from tayori.warehouse.engines import reading, writing

ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be certified: a verified erasure, of which run, on whose behalf; or what a certificate corrects.

    One certificate is issued per run; asked again, it is given again. `pdf` asks for the sealed PDF where Pango is.
    """

    verified: VerifiedErasure
    run_id: str
    evidence: Evidence
    pdf: bool = False
    corrects: Correction | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """A certificate as it was filed: number, state, bundle file."""

    certificate_no: str
    state: str
    bundle: Path


class _Moved(Exception):
    """Another document took the place in the log."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A certificate that was drawn up for a place in the log."""

    issued: IssuedCertificate
    pdf: bytes | None
    place: LogPlace


def issue_certificate(office: Office, order: Order) -> Filed:
    """Issue the certificate of a verified erasure, and write what is handed over; once for a run.

    Raises:
        Refused: the erasure is not verified, the paper has no clause for it, or a text promises too much.
        Tampered: the log was cut or rewritten.
        Unavailable: others kept issuing meanwhile; try again.

    """
    row = None
    if order.corrects is None:
        with reading(office.warehouse) as warehouse:
            row = certificates.of_run(warehouse, order.run_id)
    for _ in range(ATTEMPTS):
        if row is not None:
            break
        with suppress(_Moved):
            row = _entered(office, order, _drawn(office, order))
    if row is None:
        raise Unavailable("Other certificates were issued meanwhile, again and again; run it again.")
    return file_certificate(office, row, order.verified.erasure.subjects)


def _drawn(office: Office, order: Order) -> _Drawn:
    """Sign and print for the log's next place; nothing is committed."""
    now = office.now()
    with reading(office.warehouse) as warehouse:
        place = LogPlace.after(whole_log(office, warehouse))
        numbering = _numbering(warehouse, order, now)
    issued = issue(order.verified, Signer(office.signing_key), letterhead(office), numbering, now)
    pdf = sealed_pdf(office, issued, Printing(place=place), now) if order.pdf else None
    if pdf is not None:
        write_whole(folder_of(office) / f"{numbering.number}.pdf", pdf)
    return _Drawn(issued, pdf, place)


def _entered(office: Office, order: Order, drawn: _Drawn) -> CertificateRow:
    """Put what was drawn up into the log; give the run's certificate instead when it has one by now.

    Raises _Moved when the place in the log is taken.
    """
    certificate, now = drawn.issued.certificate, datetime.fromisoformat(drawn.issued.certificate.issued_at.utc)
    stood = remainders.baseline(office)
    with writing(office.warehouse) as warehouse:
        if order.corrects is None and (row := certificates.of_run(warehouse, order.run_id)) is not None:
            return row
        what = f"certificate {certificate.number}, run {order.run_id}"
        record(warehouse, order.evidence, Action.ERASE, what, count=certificate.subjects, now=now)
        certificates.lock_log(warehouse)
        leaves = whole_log(office, warehouse)
        if LogPlace(len(leaves), tree_root(leaves).hex()) != drawn.place:
            raise _Moved
        blank = CertificateRow(certificate.number, certificate.kind, str(certificate.state), order.run_id, "", now)
        bundle = append(office, warehouse, blank, [Logged.of(drawn.issued.token, drawn.pdf)], now)
        row = CertificateRow(blank.certificate_no, blank.kind, blank.state, blank.run_id, bundle, now)
        certificates.add(warehouse, row)
        if certificate.final_due is not None:
            due, ended = date.fromisoformat(certificate.final_due), certificate.completed_at.utc
            settling.expect(warehouse, row.certificate_no, datetime.fromisoformat(ended), due, stood)
    return row


def _numbering(warehouse: Connection, order: Order, now: datetime) -> Numbering:
    prefix = f"{order.verified.erasure.contract.value}-{now.astimezone(TOKYO).year}-"
    number = f"{prefix}{certificates.count_with_prefix(warehouse, prefix) + 1:04d}"
    if certificates.is_logged(warehouse, number):
        raise Tampered(f"The log has a certificate {number} that is not filed any more; restore it, then run again.")
    filed = certificates.every(warehouse)
    before = hashlib.sha256(documents_of(filed[-1].bundle)[0].token.encode("ascii")).hexdigest() if filed else None
    return Numbering(number, before, order.corrects)


def file_certificate(office: Office, row: CertificateRow, listed: CommitmentList | None = None) -> Filed:
    """Write bundle, commitments, public key and verifier into HOME/certificates; written again, they are the same.

    The certificate says that its verifier comes with it: the folder is what is handed over. A certificate without a
    PDF gets its page.
    """
    folder = folder_of(office)
    bundle = folder / f"{row.certificate_no}.json"
    write_whole(bundle, row.bundle.encode())
    if listed is not None and listed.values:
        write_whole(folder / f"{row.certificate_no}.commitments.txt", listed.lines)
    write_keys(office)
    write_whole(folder / NAME, standalone_verifier())
    print_certificate(office, row.certificate_no)
    return Filed(row.certificate_no, row.state, bundle)


def write_keys(office: Office) -> None:
    """Write the issuer's public keys into the folder that is handed over."""
    with reading(office.warehouse) as warehouse:
        keys = issuer_keys(office, warehouse)
    for name, pem in zip(key_names(keys), keys, strict=True):
        write_whole(folder_of(office) / name, pem)


def key_names(keys: Sequence[bytes]) -> list[str]:
    """Give the file names of the issuer's public keys: the present one, and before it those of before."""
    return [*(f"issuer-{number}.pub.pem" for number in range(1, len(keys))), "issuer.pub.pem"]
