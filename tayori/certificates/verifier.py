"""Check a bundle of an erasure certificate (消去証明書) offline, with public keys alone.

This one file needs Python 3.11 and `cryptography`, nothing of Tayori: 甲 can keep it beside the paper.

    python verifier.py BUNDLE --key PUB [--ward-key PUB]

A bundle is JSON: `format`, `entries` (the certificate first, then later statements, each a compact JWS with its
place and inclusion proof in the log), `head` (the signed head of the log) and `witnesses` (earlier signed heads with
consistency proofs). Exit code 0: it proves the state printed; 6: it does not; 2: a file could not be read as asked.

One signature by hand: write `header.payload` to s.txt and the base64url-decoded signature to s.sig, then
`openssl pkeyutl -verify -pubin -inkey PUB -rawin -in s.txt -sigfile s.sig`.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NoReturn, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

BUNDLE_FORMAT = "tayori-erasure-bundle/1"
STATEMENT_FORMAT = "tayori-erasure-statement/1"
CERTIFICATE, STATEMENT, HEAD = "erasure-cert+jws", "erasure-statement+jws", "erasure-log-head+jws"
PROVISIONAL, FINAL = "暫定", "確定"
STATES = {"revoked": "取消", "corrected": "訂正済", "final": FINAL}  # the first that was stated holds
UNREAD = "署名あり(甲の公開鍵が渡されていないため未検証)"
CONFIRMED = {(True, True): "確認済", (True, False): UNREAD, (False, True): "未確認", (False, False): "未確認"}
CONTENTS = {
    "final": {"settled", "commitment_key"},
    "confirmed": {"handler", "finding"},
    "corrected": {"by", "reason"},
    "revoked": {"reason"},
    "files": {"sha256"},
}
"""Kinds of later statements and the fields of each; 甲 signs `confirmed`, the issuer every other."""

_HASH = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[LO]-[0-9]{4}-[0-9]{4,9}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

Pems = Sequence[bytes]
Keys = Sequence[Ed25519PublicKey]
Fields = Mapping[str, object]
Kind = TypeVar("Kind")


class NotProven(Exception):
    """The bundle does not prove what it says; the sentence names the place."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a bundle proves: the state, whose countersignature stands, the log's head; a rehearsal's, of dummies."""

    number: str
    contract: str
    state: str
    subjects: int
    issued: str
    confirmed: str
    log_size: int
    log_root: str
    statements: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    rehearsal: bool = False


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of a leaf: SHA-256 over 0x00 and the leaf, so that no leaf can pass for a node."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node: SHA-256 over 0x01 and its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Root over leaf hashes; of none: SHA-256 of nothing."""
    row = list(leaves)
    while len(row) > 1:
        paired = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        row = [*paired, row[-1]] if len(row) % 2 else paired
    return row[0] if row else hashlib.sha256(b"").digest()


def inclusion_holds(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the log of `size` leaves with this root holds the leaf hash at `index`."""
    if not 0 <= index < size:
        return False
    here, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            reached = node_hash(sibling, reached)
            here, last = _past_lone_levels(here, last)
        else:
            reached = node_hash(reached, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and reached == root


def consistency_holds(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Whether the newer log (size, root) only appended to the older one."""
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 < old_size < new_size:
        return old_size == new_size and old_root == new_root and not proof
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    here, last = old_size - 1, new_size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old_reached = new_reached = path[0] if path else b""
    for sibling in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            old_reached, new_reached = node_hash(sibling, old_reached), node_hash(sibling, new_reached)
            here, last = _past_lone_levels(here, last)
        else:
            new_reached = node_hash(new_reached, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and (old_reached, new_reached) == (old_root, new_root)


def _past_lone_levels(here: int, last: int) -> tuple[int, int]:
    """Climb past the levels on which the rightmost node stands without a sibling."""
    while here and not here & 1:
        here, last = here >> 1, last >> 1
    return here, last


def unpadded(raw: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decoded(segment: str, place: str) -> bytes:
    """Read base64url; what would not be written back identically is refused, so that one signature has one form."""
    try:
        raw = base64.urlsafe_b64decode(segment.encode("ascii") + b"=" * (-len(segment) % 4))
    except ValueError:
        raw = b""
    if unpadded(raw) != segment:
        raise NotProven(f"{place}: base64url that does not encode back to itself")
    return raw


def thumbprint(key: Ed25519PublicKey) -> str:
    """Name of a public key: its RFC 7638 thumbprint."""
    x = unpadded(key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))
    return unpadded(hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest())


def public_key(pem: bytes) -> Ed25519PublicKey:
    """Read an Ed25519 public key from PEM. Raises ValueError for anything else."""
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the key is not an Ed25519 public key")  # noqa: TRY004 - a wrong file, not a wrong type
    return key


def opened(token: str, keys: Iterable[Ed25519PublicKey], typ: str, place: str) -> tuple[dict[str, object], str]:
    """Check one compact JWS and give its payload and the name of the key that signed it."""
    segments = token.split(".")
    if len(segments) != 3:  # noqa: PLR2004 - header, payload, signature
        raise NotProven(f"{place}: not a compact JWS")
    header, payload, signature = (decoded(segment, place) for segment in segments)
    said, named = _canonical(header, place), {thumbprint(key): key for key in keys}
    kid = said.get("kid")
    if said != {"alg": "Ed25519", "kid": kid, "typ": typ} or not isinstance(kid, str):
        raise NotProven(f"{place}: the header does not say Ed25519 and {typ}")
    if kid not in named:
        raise NotProven(f"{place}: signed with a key that was not handed in")
    try:
        named[kid].verify(signature, f"{segments[0]}.{segments[1]}".encode("ascii"))
    except InvalidSignature as error:
        raise NotProven(f"{place}: the signature does not match") from error
    return _canonical(payload, place), kid


def _canonical(raw: bytes, place: str) -> dict[str, object]:
    value = _a(dict, _plain_json(raw, place), place)
    written = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if written.encode("utf-8", "surrogatepass") != raw:
        raise NotProven(f"{place}: the signed content is not in canonical form")
    return value


def _plain_json(raw: bytes, place: str) -> object:
    """Read JSON in which no key stands twice and no number is a fraction."""
    try:
        text = raw.decode("utf-8")
        return json.loads(text, object_pairs_hook=_once, parse_float=_no_fraction, parse_constant=_no_fraction)
    except (ValueError, RecursionError) as error:
        raise NotProven(f"{place}: not plain JSON") from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _no_fraction(_: str) -> NoReturn:
    raise ValueError("a fraction")


def _a(kind: type[Kind], value: object, place: str) -> Kind:
    if not isinstance(value, kind) or type(value) is not kind:
        raise NotProven(f"{place}: expected {kind.__name__}")
    return value


def _fields(value: object, names: set[str], place: str) -> dict[str, object]:
    fields = _a(dict, value, place)
    if set(fields) != names:
        raise NotProven(f"{place}: expected exactly the fields {', '.join(sorted(names))}")
    return fields


def _hash(value: object, place: str) -> bytes:
    if not _HASH.fullmatch(_a(str, value, place)):
        raise NotProven(f"{place}: not 64 lower-case hexadecimal digits")
    return bytes.fromhex(str(value))


def _hashes(value: object, place: str) -> list[bytes]:
    return [_hash(item, place) for item in _a(list, value, place)]


@dataclass(frozen=True, slots=True)
class _Certificate:
    fields: Fields
    sha256: str
    kid: str
    number: str
    state: str
    remaining: frozenset[str]


def check(bundle: bytes, keys: Sequence[bytes], ward_keys: Sequence[bytes] = (), folder: Path | None = None) -> Verdict:
    """Give what the bundle proves under these public keys (PEM), files in `folder` compared where they lie there.

    Raises NotProven when anything is not what was signed, ValueError when a key is no Ed25519 public key in PEM.
    """
    issuers, ward = [public_key(pem) for pem in keys], [public_key(pem) for pem in ward_keys]
    parts = _fields(_plain_json(bundle, "bundle"), {"format", "head", "entries", "witnesses"}, "bundle")
    if parts["format"] != BUNDLE_FORMAT:
        raise NotProven(f"bundle.format: this verifier reads {BUNDLE_FORMAT}")
    size, root = _head(parts["head"], issuers, "bundle.head")
    for index, item in enumerate(_a(list, parts["witnesses"], "bundle.witnesses")):
        _check_witness(item, (size, root), issuers, f"bundle.witnesses[{index}]")
    tokens = _logged_tokens(parts["entries"], size, root)
    certificate = _certificate(tokens[0], issuers)
    said = _statements(certificate, tokens[1:], issuers, ward)
    return Verdict(
        number=certificate.number,
        contract=_a(str, certificate.fields.get("contract"), "certificate.contract"),
        state=next((state for kind, state in STATES.items() if kind in said), certificate.state),
        subjects=_a(int, certificate.fields.get("subjects"), "certificate.subjects"),
        issued=_a(str, _a(dict, certificate.fields.get("issued_at"), "issued_at").get("utc"), "issued_at.utc"),
        confirmed=CONFIRMED["confirmed" in said, bool(ward)],
        log_size=size,
        log_root=root.hex(),
        statements={kind: str(statement["stated_at"]) for kind, statement in said.items()},
        files=_compared_files(certificate, said.get("files"), folder),
        rehearsal=_a(bool, certificate.fields.get("rehearsal"), "certificate.rehearsal"),
    )


def _head(token: object, issuers: Keys, place: str) -> tuple[int, bytes]:
    payload, _ = opened(_a(str, token, place), issuers, HEAD, place)
    _fields(payload, {"size", "root", "signed_at"}, place)
    return _a(int, payload["size"], place), _hash(payload["root"], place)


def _check_witness(item: object, newest: tuple[int, bytes], issuers: Keys, place: str) -> None:
    witness = _fields(item, {"head", "proof"}, place)
    earlier = _head(witness["head"], issuers, place)
    if not consistency_holds(earlier, newest, _hashes(witness["proof"], place)):
        raise NotProven(f"{place}: the log was rewritten since this head")


def _logged_tokens(value: object, size: int, root: bytes) -> list[str]:
    tokens: list[str] = []
    for number, item in enumerate(_a(list, value, "bundle.entries")):
        place = f"bundle.entries[{number}]"
        entry = _fields(item, {"jws", "leaf_index", "inclusion"}, place)
        token, index = _a(str, entry["jws"], place), _a(int, entry["leaf_index"], place)
        leaf = leaf_hash(token.encode("utf-8", "surrogatepass"))
        if not inclusion_holds(leaf, index, size, _hashes(entry["inclusion"], place), root):
            raise NotProven(f"{place}: the log does not hold it at this place")
        tokens.append(token)
    if not tokens:
        raise NotProven("bundle.entries: no certificate")
    return tokens


def _certificate(token: str, issuers: Keys) -> _Certificate:
    fields, kid = opened(token, issuers, CERTIFICATE, "certificate")
    number, state = (_a(str, fields.get(name), f"certificate.{name}") for name in ("number", "state"))
    listed = [_a(dict, item, "remaining").get("id") for item in _a(list, fields.get("remaining"), "remaining")]
    remaining = frozenset(_a(str, item, "certificate.remaining") for item in listed)
    if not _NUMBER.fullmatch(number) or state not in {PROVISIONAL, FINAL} or (state == FINAL and remaining):
        raise NotProven("certificate: no such number or state, or 確定 and yet something remains")
    return _Certificate(fields, hashlib.sha256(token.encode("ascii")).hexdigest(), kid, number, state, remaining)


def _statements(certificate: _Certificate, tokens: Sequence[str], issuers: Keys, ward: Keys) -> dict[str, Fields]:
    said: dict[str, Fields] = {}
    for number, token in enumerate(tokens, 1):
        place = f"bundle.entries[{number}]"
        claimed = _canonical(decoded([*token.split("."), ""][1], place), place)
        by_ward = claimed.get("kind") == "confirmed"
        if not by_ward or ward:
            _, kid = opened(token, ward if by_ward else issuers, STATEMENT, place)
            if by_ward and kid == certificate.kid:
                raise NotProven(f"{place}: 甲 cannot confirm with the key of the issuer")
        kind = _checked_kind(certificate, claimed, place)
        if kind in said:
            raise NotProven(f"{place}: a second statement of the kind {kind}")
        said[kind] = claimed
    return said


def _checked_kind(certificate: _Certificate, payload: dict[str, object], place: str) -> str:
    _fields(payload, {"format", "kind", "number", "certificate_sha256", "stated_at", "content"}, place)
    if payload["format"] != STATEMENT_FORMAT or (kind := _a(str, payload["kind"], place)) not in CONTENTS:
        raise NotProven(f"{place}: a statement of a kind that this verifier does not know")
    if (payload["number"], payload["certificate_sha256"]) != (certificate.number, certificate.sha256):
        raise NotProven(f"{place}: a statement on another certificate")
    content = _fields(payload["content"], CONTENTS[kind], place)
    settled = [_a(str, item, place) for item in _a(list, content.get("settled", []), place)]
    if kind == "final" and sorted(settled) != sorted(certificate.remaining):
        raise NotProven(f"{place}: 確定 does not settle exactly what the certificate says remains")
    if kind == "files" and not all(_FILE_NAME.fullmatch(name) for name in _a(dict, content["sha256"], place)):
        raise NotProven(f"{place}: not plain file names")
    return kind


def _compared_files(certificate: _Certificate, statement: Fields | None, folder: Path | None) -> dict[str, str]:
    content = _a(dict, statement["content"], "files") if statement else {"sha256": {}}
    compared = {name: _compared(folder, name, expected) for name, expected in content["sha256"].items()}
    commitments = f"{certificate.number}.commitments.txt"
    if folder and (folder / commitments).is_file():
        _check_commitments(certificate, (folder / commitments).read_bytes())
        compared[commitments] = "一致"
    return compared


def _compared(folder: Path | None, name: str, expected: object) -> str:
    if folder is None or not (folder / name).is_file():
        return "手元になし"
    if hashlib.sha256((folder / name).read_bytes()).digest() != _hash(expected, name):
        raise NotProven(f"{name}: the file is not the one that was issued")
    return "一致"


def _check_commitments(certificate: _Certificate, written: bytes) -> None:
    claimed = _a(dict, certificate.fields.get("commitments"), "certificate.commitments")
    lines = [_hash(line, "commitments") for line in written.decode("ascii", "replace").splitlines()]
    root = tree_root([leaf_hash(line) for line in lines]).hex()
    if (len(lines), root) != (claimed.get("count"), claimed.get("root")):
        raise NotProven("commitments: the list is not the one that was signed")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the bundle named on the command line; give the exit code."""
    parser = argparse.ArgumentParser(description="消去証明書の束を公開鍵だけで検証します")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--key", type=Path, action="append", required=True, help="乙(発行者)の公開鍵 PEM")
    parser.add_argument("--ward-key", type=Path, action="append", default=[], help="甲(確認者)の公開鍵 PEM")
    asked = parser.parse_args(arguments)
    try:
        keys, ward_keys = ([path.read_bytes() for path in paths] for paths in (asked.key, asked.ward_key))
        verdict = check(asked.bundle.read_bytes(), keys, ward_keys, asked.bundle.parent)
    except NotProven as refusal:
        sys.stderr.write(f"証明できません / not proven: {refusal}\n")
        return 6
    except (OSError, ValueError) as unreadable:
        sys.stderr.write(f"読めません / cannot read: {unreadable}\n")
        return 2
    sys.stdout.write(json.dumps(asdict(verdict), ensure_ascii=False, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
