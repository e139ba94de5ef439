"""The bundle (JSON) that is handed over: certificate, later statements, proofs of the log, its signed head."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from tayori.certificates import verifier
from tayori.certificates.jws import Signer
from tayori.certificates.log import LogHead, consistency_proof, inclusion_proof, signed_head
from tayori.certificates.merkle import entry_leaf
from tayori.certificates.tokens import NotProven
from tayori.certificates.verifier import BUNDLE_FORMAT, Log, Verdict
from tayori.domain.canonical import canonical_bytes
from tayori.errors import BadInput, NotFound, Tampered


@dataclass(frozen=True, slots=True)
class Logged:
    """A signed document as it stands in the log: its JWS, and the SHA-256 of its PDF if it has one."""

    token: str
    pdf_sha256: str | None = None

    @classmethod
    def of(cls, token: str, pdf: bytes | None = None) -> "Logged":
        """Give a document with its PDF."""
        return cls(token, None if pdf is None else hashlib.sha256(pdf).hexdigest())

    @property
    def leaf(self) -> bytes:
        """Hash under which it stands in the log."""
        return entry_leaf(self.token, None if self.pdf_sha256 is None else bytes.fromhex(self.pdf_sha256))


def bundled(
    documents: Sequence[Logged],
    leaves: Sequence[bytes],
    head: LogHead,
    earlier: Sequence[LogHead] = (),
    successions: Sequence[Logged] = (),
) -> bytes:
    """Bundle a certificate (first document) and its later statements with their proofs under a head of the log.

    `leaves` is the whole log in order; `earlier` are heads that 甲 holds on paper, shown to be its beginning;
    `successions` say which signing key followed which. Without documents it proves the log alone.

    Raises:
        BadInput: a document does not stand in the log, or the head is not this log's.

    """
    if head.size > len(leaves):
        raise BadInput(f"The head counts {head.size} entries, the log has {len(leaves)}; take the log of that head.")
    log = leaves[: head.size]
    places = {leaf: index for index, leaf in reversed(list(enumerate(log)))}
    bundle = {
        "format": BUNDLE_FORMAT,
        "entries": [_entry(one, log, places) for one in documents],
        "head": head.token,
        "keys": [_entry(one, log, places) for one in successions],
        "witnesses": [{"head": old.token, "proof": _hexed(consistency_proof(log, old.size))} for old in earlier],
    }
    return canonical_bytes(bundle)


def bundled_now(
    documents: Sequence[Logged],
    leaves: Sequence[bytes],
    signer: Signer,
    now: datetime,
    successions: Sequence[Logged] = (),
) -> bytes:
    """Bundle under a head signed now."""
    return bundled(documents, leaves, signed_head(leaves, signer, now), successions=successions)


def _entry(filed: Logged, log: Sequence[bytes], places: Mapping[bytes, int]) -> dict[str, object]:
    index = places.get(filed.leaf)
    if index is None:
        raise BadInput("A document of the bundle does not stand in the log; append it first.")
    proof = _hexed(inclusion_proof(log, index))
    return {"jws": filed.token, "pdf": filed.pdf_sha256, "leaf_index": index, "inclusion": proof}


def _hexed(hashes: Sequence[bytes]) -> list[str]:
    return [one.hex() for one in hashes]


def checked(bundle: Path, keys: Sequence[Path], ward_keys: Sequence[Path] = (), heads: Sequence[Path] = ()) -> Verdict:
    """Check a bundle file and the files beside it with public keys alone.

    `heads` are signed heads of the log that 甲 holds: the bundle has to go on from each.

    Raises:
        NotFound: a file is missing.
        BadInput: a key is not an Ed25519 public key in PEM.
        Tampered: the bundle does not prove what it says.

    """
    content, pems, held = _read(bundle, keys, heads)
    ward_pems = [_existing(path).read_bytes() for path in ward_keys]
    try:
        return verifier.check(content, pems, ward_pems, bundle.parent, held)
    except NotProven as refusal:
        raise Tampered(f"The certificate is not proven: {refusal}. Ask the issuer for the bundle again.") from refusal
    except ValueError as error:
        raise BadInput("A public key cannot be read: it must be an Ed25519 key in PEM.") from error


def checked_log(proof: Path, keys: Sequence[Path], heads: Sequence[Path] = ()) -> Log:
    """Check a proof about the log: that its head goes on from every head in it, and from those that 甲 holds.

    Raises:
        NotFound: a file is missing.
        BadInput: a key is not an Ed25519 public key in PEM.
        Tampered: the log was rewritten, forked or cut, or the file was changed.

    """
    content, pems, held = _read(proof, keys, heads)
    try:
        return verifier.check_log(content, pems, held)
    except NotProven as refusal:
        raise Tampered(f"The log is not proven: {refusal}. Keep both heads and ask the issuer.") from refusal
    except ValueError as error:
        raise BadInput("A public key cannot be read: it must be an Ed25519 key in PEM.") from error


def _read(bundle: Path, keys: Sequence[Path], heads: Sequence[Path]) -> tuple[bytes, list[bytes], list[str]]:
    for path in (bundle, *keys, *heads):
        _existing(path)
    written = [path.read_bytes().decode("ascii", "replace") for path in heads]
    return bundle.read_bytes(), [path.read_bytes() for path in keys], written


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise NotFound(f"There is no file {path}; name the bundle and the public key.")
    return path


LABELS: Mapping[str, str] = {
    "number": "証明書番号",
    "contract": "契約",
    "state": "状態",
    "subjects": "対象者数",
    "issued": "発行日時（UTC）",
    "confirmed": "甲の確認",
    "log_size": "記録簿の件数",
    "log_root": "記録簿の根ハッシュ",
    "statements": "その後の表明",
    "files": "添付ファイル",
    "rehearsal": "稽古（架空の利用者。実在の個人に関する証明ではない）",
}


def verdict_lines(verdict: Verdict) -> list[tuple[str, str]]:
    """Label and value of everything that a verdict says, in Japanese, for the desk."""
    return [(LABELS[name], _flat(value)) for name, value in asdict(verdict).items()]


def _flat(value: object) -> str:
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, dict):
        return "、".join(f"{name}: {inner}" for name, inner in value.items()) or "なし"
    return str(value)
