"""What is said about a certificate later: 確定, 甲's confirmation, correction, revocation, the files that go with it.

Each is a signed document of its own; the certificate itself never changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tayori.certificates.certificate import IssuedCertificate
from tayori.certificates.jws import Signer
from tayori.certificates.moments import utc_text
from tayori.certificates.verifier import AS_STATED, FINAL, OBJECTED, PROVISIONAL, STATEMENT, STATEMENT_FORMAT
from tayori.certificates.wording import forbidden_words
from tayori.errors import BadInput, Refused

LONGEST_REASON = 300
KEY_DESTROYED, KEY_HANDED_OVER = "破棄", "甲に引渡し"


@dataclass(frozen=True, slots=True)
class LastProbe:
    """The search before 確定, which found nothing: when, what was sought, how much was read, what was not examined."""

    examined_at: datetime
    sought: tuple[str, ...]
    files: int
    bytes_scanned: int
    not_examined: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a search that read or sought nothing, or that hides what it did not see."""
        if not self.files or not self.bytes_scanned or not self.sought or not self.not_examined:
            raise Refused("The last probe read or sought nothing; that proves nothing. Probe again before 確定.")

    @property
    def stated(self) -> dict[str, object]:
        """The probe as a statement holds it."""
        return {
            "examined_at": utc_text(self.examined_at),
            "sought": list(self.sought),
            "hits": 0,
            "files": self.files,
            "bytes_scanned": self.bytes_scanned,
            "not_examined": list(self.not_examined),
        }


def final(
    issued: IssuedCertificate,
    settled: Mapping[str, str],
    probe: LastProbe,
    commitment_key: str,
    signer: Signer,
    now: datetime,
) -> str:
    """State 確定: exactly what the certificate said remains is gone, and what became of the commitments' key.

    `settled` gives for the id of what remained the evidence that it is gone. Raises Refused when one is missing or was
    never named, or when the certificate was 確定 from the start; BadInput for another word on the key.
    """
    expected, gone = {item.id for item in issued.certificate.remaining}, set(settled)
    if not expected:
        raise Refused("The certificate is 確定 already; nothing remained.")
    if gone != expected:
        missing = ", ".join(sorted(expected - gone)) or "none"
        raise Refused(f"確定 settles exactly what the certificate says remains. Still missing: {missing}.")
    if commitment_key not in {KEY_DESTROYED, KEY_HANDED_OVER}:
        raise BadInput(f"The commitments' key is either {KEY_DESTROYED} or {KEY_HANDED_OVER}.")
    if probe.examined_at > now or utc_text(probe.examined_at) < issued.certificate.completed_at.utc:
        raise Refused("The last probe was not between the erasure and now; check the clock.")
    evidence = {name: _worded(settled[name]) for name in sorted(gone)}
    content = {"settled": evidence, "probe": probe.stated, "commitment_key": commitment_key}
    return _stated(issued, "final", content, signer, now)


@dataclass(frozen=True, slots=True)
class Looked:
    """甲's look at the erasure: by which handler, at which state, with what result, in a sentence."""

    handler: str
    state: str
    finding: str
    result: str = AS_STATED


def confirmed(issued: IssuedCertificate, looked: Looked, ward_signer: Signer, now: datetime) -> str:
    """State that 甲 looked at the erasure (T-L 12), under 甲's own key.

    Whoever records it must see to it that the key is not the issuer's: the verifier refuses that.
    """
    if looked.state not in {PROVISIONAL, FINAL} or looked.result not in {AS_STATED, OBJECTED}:
        raise BadInput(f"甲 confirms {PROVISIONAL} or {FINAL}, with the result {AS_STATED} or {OBJECTED}.")
    content = {
        "handler": looked.handler,
        "state": looked.state,
        "result": looked.result,
        "finding": _reason(looked.finding),
    }
    return _stated(issued, "confirmed", content, ward_signer, now)


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
    return _worded(text)


def _worded(text: str) -> str:
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
