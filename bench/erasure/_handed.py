"""What is handed over and then tampered with: a certificate with PDF, 確定, 甲's look, proofs, keys and files."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from tayori.certificates import statements, tokens, verifier
from tayori.certificates.bundle import Logged, bundled
from tayori.certificates.jws import Signer
from tayori.certificates.log import LogHead, signed_head
from tayori.certificates.pades import PaperSeal
from tayori.certificates.page import LogPlace, Printing
from tayori.certificates.pdf import certificate_pdf, pdf_available
from tayori.certificates.succession import succession
from tayori.certificates.verifier import check
from tests.certificates.builders import (
    CONTRACTOR,
    LATER,
    NOON,
    a_certificate,
    a_log_around,
    a_signer,
    a_ward_signer,
    an_erasure,
    confirmed,
    confirmed_final,
    finalised,
)

ISSUED: Final = a_certificate()
OTHER: Final = a_certificate(number="L-2026-0002")
OLD, NEW, STRANGER, WARD = a_signer(), a_signer(2), a_signer(7), a_ward_signer()
NUMBER: Final = ISSUED.certificate.number
BEFORE: Final = NOON - timedelta(days=1)
BUNDLE, PDF, LISTED = f"{NUMBER}.json", f"{NUMBER}.pdf", f"{NUMBER}.commitments.txt"


@dataclass(frozen=True, slots=True)
class Handed:
    """A bundle, the public keys it is checked with, the files beside it, and the heads that 甲 holds."""

    bundle: bytes
    keys: Sequence[bytes] = (OLD.public_pem,)
    ward_keys: Sequence[bytes] = (WARD.public_pem,)
    files: Mapping[str, bytes] = field(default_factory=dict)
    heads: Sequence[str] = ()

    def is_believed(self, folder: Path) -> bool:
        """Whether the verifier takes it for proven, with its files in a folder of their own."""
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        try:
            check(self.bundle, self.keys, self.ward_keys, folder, self.heads)
        except (tokens.NotProven, ValueError):
            return False
        return True

    @property
    def parts(self) -> dict[str, Any]:
        """The bundle's fields, to be changed and written again."""
        parts: dict[str, Any] = json.loads(self.bundle)
        return parts

    def with_parts(self, parts: Mapping[str, object]) -> "Handed":
        """Give it with other fields in the bundle, in the form in which bundles are written."""
        written = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return replace(self, bundle=written.encode("utf-8"))


@dataclass(frozen=True, slots=True)
class Whole:
    """The true one, and what it was made of."""

    handed: Handed
    documents: Sequence[Logged]
    leaves: Sequence[bytes]
    witness: LogHead
    follows: Logged

    def bundled(self, documents: Sequence[Logged], leaves: Sequence[bytes] | None = None, **how: Any) -> Handed:  # noqa: ANN401
        """Give another bundle, rightly made: of these documents in this log, under a head of this signer and time."""
        log = list(self.leaves if leaves is None else leaves)
        head = signed_head(log, how.get("signer", NEW), how.get("at", LATER))
        witnesses = [how.get("witness", self.witness)] if how.get("witnessed") else []
        made = bundled(documents, log, head, witnesses, [how.get("follows", self.follows)])
        return replace(self.handed, bundle=made, heads=())


def the_whole() -> Whole:
    """Make the true one: certificate with PDF, 甲's look, 確定, 甲's look again, a new signing key at the end."""
    paper = _paper()
    later = [Logged(confirmed(ISSUED)), Logged(finalised(ISSUED)), Logged(confirmed_final(ISSUED))]
    documents = [Logged.of(ISSUED.token, paper), *later]
    follows = Logged(succession(OLD, tokens.public_key(NEW.public_pem), LATER))
    leaves = [*a_log_around(*documents), follows.leaf]
    witness = signed_head(leaves[:4], OLD, NOON)
    made = bundled(documents, leaves, signed_head(leaves, NEW, LATER), [witness], [follows])
    files = {PDF: paper, LISTED: an_erasure().subjects.lines}
    return Whole(Handed(made, files=files, heads=[witness.token]), documents, leaves, witness, follows)


def _paper() -> bytes:
    """Give the sealed PDF; without Pango its bytes do not matter, only that they are bound."""
    if not pdf_available():
        return b"%PDF-1.7\n" + bytes(range(256)) * 40
    seal = PaperSeal.made(CONTRACTOR, NOON)
    printed = certificate_pdf(ISSUED, Printing(place=LogPlace(3, "0" * 64), seal=seal.fingerprint))
    return seal.put_on(printed, place="稽古", at=NOON)


def stated(kind: str, content: Mapping[str, object], signer: Signer = OLD, **changed: object) -> Logged:
    """Give a rightly signed statement of any content, as a faulty or hostile signer would sign it."""
    fields = {
        "format": verifier.STATEMENT_FORMAT,
        "kind": kind,
        "number": NUMBER,
        "certificate_sha256": ISSUED.sha256,
        "stated_at": "2026-12-06T03:00:07Z",
        "content": content,
    }
    return Logged(signer.sign(fields | changed, verifier.STATEMENT))


def certified(signer: Signer = OLD, typ: str = verifier.CERTIFICATE, **changed: object) -> Logged:
    """Give the certificate with other fields, rightly signed."""
    return Logged(signer.sign(ISSUED.certificate.model_dump(mode="json") | changed, typ))


def final_content() -> dict[str, Any]:
    """What the true 確定 says."""
    content = tokens.unproven(finalised(ISSUED), 1, "final")["content"]
    return dict(content) if isinstance(content, dict) else {}


def revoked(signer: Signer = OLD) -> Logged:
    """Give a revocation."""
    return Logged(statements.revoked(ISSUED, "誤発行", signer, LATER))


Mutation = Callable[[Whole], Handed]
Mutations = Iterable[tuple[str, Mutation]]
