"""Issue a certificate of erasure: only for a verified erasure, without a resident, without words too large."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from tayori.certificates import jws
from tayori.certificates.document import (
    DOCUMENT_FORMAT,
    CitedClause,
    Commitments,
    Correction,
    ErasureCertificate,
    Moment,
    Party,
    ProbedPlace,
    State,
    Tool,
    Verification,
)
from tayori.certificates.erasure import Erasure, VerifiedErasure
from tayori.certificates.verifier import CERTIFICATE
from tayori.certificates.wording import basis, contract_wording, forbidden_words, printed
from tayori.domain.identifiers import LINE_USER_ID
from tayori.errors import BadInput, Refused, Tampered

PROBE_METHOD = "消去対象の印を、保存先の全ファイルに対し、記録され得る各文字符号・各符号化形式で検索"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands on every certificate of an installation: to whom, from whom, where, made with what."""

    addressee: str
    issuer: Party
    place: str
    contact: str
    tool: Tool
    contract_number: str | None = None
    rehearsal: bool = True


@dataclass(frozen=True, slots=True)
class Numbering:
    """Place of a certificate among the others: its number, the hash of the one before, the one it corrects."""

    number: str
    previous_sha256: str | None = None
    corrects: Correction | None = None


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate and its signed form, a compact JWS. The signed form is the one that counts."""

    certificate: ErasureCertificate
    token: str

    @property
    def sha256(self) -> str:
        """Hash that the next certificate and every later statement name."""
        return hashlib.sha256(self.token.encode("ascii")).hexdigest()


def issue(
    verified: VerifiedErasure, signer: jws.Signer, letterhead: Letterhead, numbering: Numbering, now: datetime
) -> IssuedCertificate:
    """Certify a verified erasure: 暫定 while anything remains, else 確定.

    Raises:
        Refused: it is not a VerifiedErasure, its kind has no clause in the contract's paper, its number belongs to
            another contract, or its text holds a LINE id or words that promise more than was done.
        BadInput: a field is empty, too long or of another form.

    """
    if type(verified) is not VerifiedErasure:
        raise Refused("Only a verified erasure is certified: probe the stores first.")
    VerifiedErasure.require(verified)
    certificate = _written(verified, letterhead, numbering, now)
    _refuse_words(certificate)
    token = signer.sign(certificate.model_dump(mode="json"), CERTIFICATE)
    return opened_certificate(token, signer.public_pem)


def opened_certificate(token: str, *public_pems: bytes) -> IssuedCertificate:
    """Read back a certificate that one of these keys signed. Raises Tampered when it is not, to the letter, that."""
    content = jws.opened(token, public_pems, CERTIFICATE)
    try:
        certificate = ErasureCertificate.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise Tampered("The signed document is not an erasure certificate of this form.") from error
    return IssuedCertificate(certificate, token)


def _written(
    verified: VerifiedErasure, letterhead: Letterhead, numbering: Numbering, now: datetime
) -> ErasureCertificate:
    erasure = verified.erasure
    if not numbering.number.startswith(f"{erasure.contract.value}-"):
        raise Refused(f"The number does not belong to contract {erasure.contract.value}.")
    if now < verified.examined_at:
        raise Refused("The certificate would be issued before the probe ended; check the clock.")
    fields = _deed(erasure) | _paper(letterhead, numbering)
    try:
        return ErasureCertificate.model_validate(
            fields
            | {
                "format": DOCUMENT_FORMAT,
                "verification": _verification(verified),
                "verified_by": verified.verified_by,
                "issued_at": Moment.of(now),
            }
        )
    except ValidationError as error:
        where = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False))
        raise BadInput(f"The certificate cannot be written; check the form of: {where}.") from error


def _deed(erasure: Erasure) -> dict[str, object]:
    named = contract_wording(erasure.contract)
    clauses = basis(erasure.contract, erasure.kind)
    days = [item.until for item in erasure.remaining]
    return {
        "state": State.PROVISIONAL if erasure.remaining else State.FINAL,
        "contract": erasure.contract,
        "contract_title": named.title,
        "registered_business": named.registered_business,
        "kind": erasure.kind,
        "kind_name": printed("kinds", erasure.kind),
        "basis": tuple(CitedClause(cited=clause.cited, about=clause.about) for clause in clauses),
        "law": named.law,
        "subjects": len(erasure.subjects.values),
        "commitments": Commitments(
            scheme="HMAC-SHA-256; RFC 6962 root over the sorted values",
            count=len(erasure.subjects.values),
            root=erasure.subjects.root,
        ),
        "records": erasure.records,
        "triggers": erasure.triggers,
        "started_at": Moment.of(erasure.started_at),
        "completed_at": Moment.of(erasure.completed_at),
        "methods": erasure.methods,
        "key_epochs": erasure.key_epochs,
        "remaining": erasure.remaining,
        "final_due": max(days, default=None),
        "performed_by": erasure.performed_by,
    }


def _paper(letterhead: Letterhead, numbering: Numbering) -> dict[str, object]:
    return {
        "number": numbering.number,
        "rehearsal": letterhead.rehearsal,
        "contract_number": letterhead.contract_number,
        "addressee": letterhead.addressee,
        "issuer": letterhead.issuer,
        "place": letterhead.place,
        "contact": letterhead.contact,
        "tool": letterhead.tool,
        "previous_sha256": numbering.previous_sha256,
        "corrects": numbering.corrects,
    }


def _verification(verified: VerifiedErasure) -> Verification:
    residue = verified.residue
    return Verification(
        method=PROBE_METHOD,
        markers=residue.markers,
        places=tuple(ProbedPlace(place=name, hits=0) for name in residue.places),
        files=residue.files,
        bytes_scanned=residue.bytes_scanned,
        examined_at=Moment.of(verified.examined_at),
        not_examined=residue.not_examined,
    )


def _refuse_words(certificate: ErasureCertificate) -> None:
    text = "\n".join(_texts(certificate.model_dump(mode="json")))
    if re.search(LINE_USER_ID.pattern, text):
        raise Refused("A LINE user id stands in the certificate; it names persons by salted commitments alone.")
    if forbidden_words(text, provisional=certificate.state is State.PROVISIONAL):
        raise Refused(
            "The certificate would promise more than was done (Clear, Purge, 完全消去 …); choose other words."
        )


def _texts(value: object) -> Iterator[str]:
    """Every text that a document states; the names of its fields are not its words."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
