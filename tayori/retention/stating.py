"""What people say about a certificate: 甲 looked (甲の確認), 乙 corrects by a new one, or 乙 takes it back.

Each is a signed statement and a leaf of the log; the certificate itself never changes. 甲 signs under the handler's own
key, which the issuer does not have; 乙's statements are the issuer's, on the word of 乙's responsible handler.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from tayori.certificates import statements
from tayori.certificates.bundle import Logged
from tayori.certificates.certificate import IssuedCertificate, opened_certificate
from tayori.certificates.document import Correction, ErasureCertificate
from tayori.certificates.erasure import CommitmentList, Erasure, VerifiedErasure
from tayori.certificates.jws import Signer
from tayori.certificates.statements import Looked
from tayori.certificates.verifier import AS_STATED, FINAL, OBJECTED, PROVISIONAL, STATES
from tayori.domain.evidence import Evidence, Purpose
from tayori.errors import Refused, Tampered, Unavailable
from tayori.office import Office
from tayori.retention.issuing import Filed, Order, issue_certificate
from tayori.retention.logbook import append, documents_of, folder_of, issuer_keys
from tayori.retention.standing import kinds_stated
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.keyfile import write_whole
from tayori.vault.residue import ResidueReport
from tayori.vault.roster import Credential
from tayori.warehouse import certificates
from tayori.warehouse.certificates import CertificateRow
from tayori.warehouse.engines import reading, writing

WARD, CONTRACTOR = "甲", "乙"
LOOKERS: Final = ("responsible", "auditor")
FINDING: Final = "証明書の記載のとおり、消去の状況を確認した。"


def countersign(
    office: Office, who: Credential, numbers: Sequence[str], finding: str = FINDING, *, objected: bool = False
) -> list[str]:
    """State for certificates, all or none, that 甲 looked at the erasure; give the state that each was looked at in.

    Raises:
        NotFound: there is no certificate of a number.
        Refused: not a handler of 甲 who is responsible or audits, the issuer's key, a certificate that no longer holds,
            or one that 甲 confirmed in this state already.

    """
    require_side(office, who, WARD, LOOKERS)
    signer, now = Signer(who.key), office.now()
    filed: dict[str, tuple[str, str]] = {}
    with writing(office.warehouse) as warehouse:
        keys = issuer_keys(office, warehouse)
        if signer.public_pem in keys:
            raise Refused("This is the issuer's own key; 甲 confirms under a key that 乙 does not have.")
        for number in dict.fromkeys(numbers):
            row = certificates.find(warehouse, number)
            issued = opened_certificate(documents_of(row.bundle)[0].token, *keys)
            _require_open(row)
            looked = Looked(who.handler_id, row.state, finding, OBJECTED if objected else AS_STATED)
            if f"confirmed {row.state}" in kinds_stated(row.bundle):
                raise Refused(f"甲 confirmed {number} as {row.state} already; a second time says nothing more.")
            _record(warehouse, who, Purpose.INSPECTION, f"certificate {number} countersigned", issued, now)
            token = statements.confirmed(issued, looked, signer, now)
            bundle = _appended(office, warehouse, row, token, row.state, now, ward_keys=[signer.public_pem])
            filed[number] = (row.state, bundle)
    folder = folder_of(office)
    for number, (_, bundle) in filed.items():
        write_whole(folder / f"{number}.json", bundle.encode())
    write_whole(folder / f"ward-{who.handler_id}.pub.pem", signer.public_pem)
    return [state for state, _ in filed.values()]


def revoke(office: Office, who: Credential, number: str, reason: str) -> None:
    """State that a certificate no longer holds.

    Raises:
        NotFound: there is no such certificate.
        Refused: not 乙's responsible handler, or the certificate does not hold any more already.

    """
    require_side(office, who, CONTRACTOR, ("responsible",))
    _state(office, who, number, "revoked", lambda issued, now: _signed_revocation(office, issued, reason, now))


def _signed_revocation(office: Office, issued: IssuedCertificate, reason: str, now: datetime) -> str:
    return statements.revoked(issued, reason, Signer(office.signing_key), now)


def correct(office: Office, who: Credential, number: str, reason: str, *, pdf: bool = False) -> Filed:
    """Replace a certificate by a new one under today's letterhead, and state on the old one that it is corrected.

    What was erased, found and remains is taken from the old record as it was signed: figures are not written by hand.
    Taken up after a crash, the new certificate that there is already is the one.

    Raises:
        NotFound: there is no such certificate.
        Refused: not 乙's responsible handler, or the certificate does not hold any more already.
        Unavailable: the list of commitments is not beside the certificate.

    """
    require_side(office, who, CONTRACTOR, ("responsible",))
    with reading(office.warehouse) as warehouse:
        row = certificates.find(warehouse, number)
        keys = issuer_keys(office, warehouse)
        _require_open(row)
        new = _correction_of(warehouse, number, keys)
    if new is None:
        issued = opened_certificate(documents_of(row.bundle)[0].token, *keys)
        verified = _verified(issued.certificate, _listed(office, issued.certificate))
        evidence = Evidence(who.handler_id, Purpose.ERASURE)
        correction = Correction(number=number, reason=reason)
        filed = issue_certificate(office, Order(verified, row.run_id, evidence, pdf, correction))
    else:
        filed = Filed(new.certificate_no, new.state, folder_of(office) / f"{new.certificate_no}.json")
    _state(
        office,
        who,
        number,
        "corrected",
        lambda issued, now: statements.corrected(issued, filed.certificate_no, reason, Signer(office.signing_key), now),
    )
    return filed


def _correction_of(warehouse: Connection, number: str, keys: Sequence[bytes]) -> CertificateRow | None:
    """Give the certificate that says it corrects another, if there is one."""
    for row in certificates.every(warehouse):
        corrects = opened_certificate(documents_of(row.bundle)[0].token, *keys).certificate.corrects
        if corrects is not None and corrects.number == number:
            return row
    return None


def _state(
    office: Office, who: Credential, number: str, kind: str, signed: Callable[[IssuedCertificate, datetime], str]
) -> None:
    now = office.now()
    with writing(office.warehouse) as warehouse:
        row = certificates.find(warehouse, number)
        _require_open(row)
        issued = opened_certificate(documents_of(row.bundle)[0].token, *issuer_keys(office, warehouse))
        _record(warehouse, who, Purpose.ERASURE, f"certificate {number} {kind}", issued, now)
        bundle = _appended(office, warehouse, row, signed(issued, now), STATES[kind], now)
    write_whole(folder_of(office) / f"{number}.json", bundle.encode())


def _appended(
    office: Office,
    warehouse: Connection,
    row: CertificateRow,
    token: str,
    state: str,
    now: datetime,
    ward_keys: Sequence[bytes] = (),
) -> str:
    certificates.lock_log(warehouse)
    bundle = append(office, warehouse, row, [Logged(token)], now, ward_keys)
    certificates.put_bundle(warehouse, row.certificate_no, bundle)
    certificates.put_state(warehouse, row.certificate_no, state)
    return bundle


def _record(
    warehouse: Connection, who: Credential, purpose: Purpose, what: str, issued: IssuedCertificate, now: datetime
) -> None:
    evidence = Evidence(who.handler_id, purpose)
    record(warehouse, evidence, Action.DECIDE, what, count=issued.certificate.subjects, now=now)


def require_side(office: Office, who: Credential, side: str, roles: Sequence[str]) -> None:
    """Refuse a handler who is not on this side of the contract, or in none of these roles today."""
    with reading(office.warehouse) as warehouse:
        row = roster.require_any(warehouse, who.handler_id, roles, office.today())
    if row.side != side:
        raise Refused(f"{who.handler_id} is not on the side of {side}; 乙 states and 甲 confirms, never one for both.")


def _require_open(row: CertificateRow) -> None:
    if row.state not in {PROVISIONAL, FINAL}:
        raise Refused(f"{row.certificate_no} is {row.state}; nothing more is said about it.")


def _listed(office: Office, certificate: ErasureCertificate) -> CommitmentList:
    path = folder_of(office) / f"{certificate.number}.commitments.txt"
    if not path.exists():
        raise Unavailable(f"{path.name} is not beside the certificate; restore it, then correct the certificate.")
    listed = CommitmentList(tuple(path.read_text("ascii", "replace").split()))
    if listed.root != certificate.commitments.root:
        raise Tampered(f"{path.name} is not the list that was signed; restore it.")
    return listed


def _verified(certificate: ErasureCertificate, listed: CommitmentList) -> VerifiedErasure:
    """Give the erasure that a certificate is about, as it was verified."""
    probed = certificate.verification
    erasure = Erasure(
        contract=certificate.contract,
        kind=certificate.kind,
        subjects=listed,
        records=certificate.records,
        triggers=certificate.triggers,
        started_at=datetime.fromisoformat(certificate.started_at.utc),
        completed_at=datetime.fromisoformat(certificate.completed_at.utc),
        methods=certificate.methods,
        key_epochs=certificate.key_epochs,
        remaining=certificate.remaining,
        performed_by=certificate.performed_by,
    )
    places = {place.place: int(place.hits) for place in probed.places}
    residue = ResidueReport(places, probed.markers, probed.files, probed.bytes_scanned, probed.not_examined)
    return VerifiedErasure(erasure, residue, datetime.fromisoformat(probed.examined_at.utc), certificate.verified_by)
