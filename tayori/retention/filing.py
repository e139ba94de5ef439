"""File a verified erasure that is not a night's: the certificate of a disposal, and that of a contract's end (P12)."""

from collections.abc import Sequence
from datetime import datetime

from tayori.certificates.document import KeyEpoch, Moment, Party, Trigger
from tayori.certificates.erasure import VerifiedErasure
from tayori.certificates.wording import printed
from tayori.domain.evidence import Evidence
from tayori.domain.identifiers import RunId
from tayori.office import Office
from tayori.retention.certify import box_epochs
from tayori.retention.issuing import Filed, Order, file_certificate, issue_certificate
from tayori.retention.letterhead import letterhead
from tayori.warehouse import certificates
from tayori.warehouse.engines import reading


def filed_before(office: Office, run_id: RunId) -> Filed | None:
    """Give the certificate that a run filed, if it did; its files are written again."""
    with reading(office.warehouse) as warehouse:
        row = certificates.of_run(warehouse, run_id)
    return None if row is None else file_certificate(office, row)


def file_verified(
    office: Office, run_id: RunId, verified: VerifiedErasure, evidence: Evidence, *, pdf: bool = False
) -> Filed:
    """Issue the certificate of a run and write what is handed over; a run that has one already is given that one.

    Raises:
        Tampered: the log of certificates was cut or rewritten.

    """
    return issue_certificate(office, Order(verified, run_id, evidence, pdf))


def standing_boxes(office: Office) -> tuple[KeyEpoch, ...]:
    """Give the epochs of the boxes that stand: what was sealed about the erased is sealed to none but these."""
    return box_epochs(office.box_keys.epochs())


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
