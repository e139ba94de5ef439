"""The bundle (JSON) that is handed over: certificate, later statements, proofs of the log, its signed head."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from tayori.certificates import verifier
from tayori.certificates.jws import Signer
from tayori.certificates.log import LogHead, consistency_proof, inclusion_proof, logged_leaf, signed_head
from tayori.certificates.verifier import BUNDLE_FORMAT, NotProven, Verdict
from tayori.domain.canonical import canonical_bytes
from tayori.errors import BadInput, NotFound, Tampered


def bundled(tokens: Sequence[str], leaves: Sequence[bytes], head: LogHead, earlier: Sequence[LogHead] = ()) -> bytes:
    """Bundle a certificate (first token) and its later statements with their proofs under a head of the log.

    `leaves` is the whole log in order; `earlier` are heads that 甲 holds on paper, shown to be its beginning.

    Raises:
        BadInput: a token does not stand in the log, or the head is not this log's.

    """
    if head.size > len(leaves):
        raise BadInput(f"The head counts {head.size} entries, the log has {len(leaves)}; take the log of that head.")
    log = leaves[: head.size]
    places = {leaf: index for index, leaf in reversed(list(enumerate(log)))}
    bundle = {
        "format": BUNDLE_FORMAT,
        "entries": [_entry(token, log, places) for token in tokens],
        "head": head.token,
        "witnesses": [{"head": old.token, "proof": _hexed(consistency_proof(log, old.size))} for old in earlier],
    }
    return canonical_bytes(bundle)


def bundled_now(tokens: Sequence[str], leaves: Sequence[bytes], signer: Signer, now: datetime) -> bytes:
    """Bundle under a head signed now."""
    return bundled(tokens, leaves, signed_head(leaves, signer, now))


def _entry(token: str, log: Sequence[bytes], places: Mapping[bytes, int]) -> dict[str, object]:
    index = places.get(logged_leaf(token))
    if index is None:
        raise BadInput("A document of the bundle does not stand in the log; append it first.")
    return {"jws": token, "leaf_index": index, "inclusion": _hexed(inclusion_proof(log, index))}


def _hexed(hashes: Sequence[bytes]) -> list[str]:
    return [one.hex() for one in hashes]


def checked(bundle: Path, keys: Sequence[Path], ward_keys: Sequence[Path] = ()) -> Verdict:
    """Check a bundle file and the files beside it with public keys alone.

    Raises:
        NotFound: a file is missing.
        BadInput: a key is not an Ed25519 public key in PEM.
        Tampered: the bundle does not prove what it says.

    """
    for path in (bundle, *keys, *ward_keys):
        if not path.is_file():
            raise NotFound(f"There is no file {path}; name the bundle and the public key.")
    pems, ward_pems = ([path.read_bytes() for path in paths] for paths in (keys, ward_keys))
    try:
        return verifier.check(bundle.read_bytes(), pems, ward_pems, bundle.parent)
    except NotProven as refusal:
        raise Tampered(f"The certificate is not proven: {refusal}. Ask the issuer for the bundle again.") from refusal
    except ValueError as error:
        raise BadInput("A public key cannot be read: it must be an Ed25519 key in PEM.") from error


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
