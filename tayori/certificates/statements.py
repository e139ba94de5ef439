"""What is said about a certificate later: 確定, 甲's confirmation, correction, revocation, the files that go with it.

Each is a signed document of its own; the certificate itself never changes.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from tayori.certificates.certificate import IssuedCertificate
from tayori.certificates.jws import Signer
from tayori.certificates.moments import utc_text
from tayori.certificates.verifier import STATEMENT, STATEMENT_FORMAT
from tayori.certificates.wording import forbidden_words
from tayori.errors import BadInput, Refused

LONGEST_REASON = 300
KEY_DESTROYED, KEY_HANDED_OVER = "破棄", "甲に引渡し"


def final(issued: IssuedCertificate, settled: Iterable[str], commitment_key: str, signer: Signer, now: datetime) -> str:
    """State 確定: exactly what the certificate said remains is gone, and what became of the commitments' key.

    `settled` are the ids of what remained. Raises Refused when one is missing or was never named, or when the
    certificate was 確定 from the start; BadInput for another word on the key.
    """
    expected, gone = {item.id for item in issued.certificate.remaining}, sorted(set(settled))
    if not expected:
        raise Refused("The certificate is 確定 already; nothing remained.")
    if set(gone) != expected:
        missing = ", ".join(sorted(expected - set(gone))) or "none"
        raise Refused(f"確定 settles exactly what the certificate says remains. Still missing: {missing}.")
    if commitment_key not in {KEY_DESTROYED, KEY_HANDED_OVER}:
        raise BadInput(f"The commitments' key is either {KEY_DESTROYED} or {KEY_HANDED_OVER}.")
    return _stated(issued, "final", {"settled": gone, "commitment_key": commitment_key}, signer, now)


def confirmed(issued: IssuedCertificate, handler: str, finding: str, ward_signer: Signer, now: datetime) -> str:
    """State that 甲 looked at the erasure (T-L 12): by which handler, with what finding, under 甲's own key.

    Whoever records it must see to it that the key is not the issuer's: the verifier refuses that.
    """
    return _stated(issued, "confirmed", {"handler": handler, "finding": _reason(finding)}, ward_signer, now)


def corrected(issued: IssuedCertificate, by: str, reason: str, signer: Signer, now: datetime) -> str:
    """State that another certificate, by its number, replaces this one. Raises Refused for its own number."""
    if by == issued.certificate.number:
        raise Refused("A certificate cannot correct itself; issue a new one.")
    return _stated(issued, "corrected", {"by": by, "reason": _reason(reason)}, signer, now)


def revoked(issued: IssuedCertificate, reason: str, signer: Signer, now: datetime) -> str:
    """State that the certificate no longer holds, and why."""
    return _stated(issued, "revoked", {"reason": _reason(reason)}, signer, now)


def attached(issued: IssuedCertificate, sha256: Mapping[str, str], signer: Signer, now: datetime) -> str:
    """State which files go with the certificate: plain name to SHA-256 in hexadecimal digits."""
    return _stated(issued, "files", {"sha256": dict(sha256)}, signer, now)


def _reason(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_REASON:
        raise BadInput(f"A reason or finding has 1 to {LONGEST_REASON} letters.")
    if forbidden_words(text, provisional=True):
        raise Refused("The statement would promise more than was done (Clear, Purge, 完全消去 …); choose other words.")
    return text


def _stated(issued: IssuedCertificate, kind: str, content: Mapping[str, object], signer: Signer, now: datetime) -> str:
    stated_at = utc_text(now)
    if stated_at < issued.certificate.issued_at.utc:
        raise Refused("A statement cannot be older than its certificate; check the clock.")
    stated = {
        "format": STATEMENT_FORMAT,
        "kind": kind,
        "number": issued.certificate.number,
        "certificate_sha256": issued.sha256,
        "stated_at": stated_at,
        "content": content,
    }
    return signer.sign(stated, STATEMENT)
