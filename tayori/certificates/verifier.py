"""Check a bundle of an erasure certificate (消去証明書) offline, with public keys alone.

As it is handed over (`standalone.py` joins it with the two modules that it uses), it is one file that needs Python 3.11
and `cryptography`, nothing of Tayori: 甲 can keep it beside the paper.

    python verifier.py BUNDLE --key PUB [--ward-key PUB] [--head HEAD]

A bundle is JSON: `format`, `entries` (the certificate first, then later statements, each a compact JWS with the hash
of its PDF, its place and its inclusion proof in the log; none: a proof about the log alone), `head` (the signed head
of the log), `keys` (which signing key followed which, as entries) and `witnesses` (earlier signed heads with
consistency proofs). Exit code 0: it proves the state printed; 6: it does not; 2: a file could not be read as asked.

One signature by hand: write `header.payload` to s.txt and the base64url-decoded signature to s.sig, then
`openssl pkeyutl -verify -pubin -inkey PUB -rawin -in s.txt -sigfile s.sig`.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tayori.certificates.merkle import consistency_holds, entry_leaf, inclusion_holds, leaf_hash, tree_root
from tayori.certificates.tokens import (
    NotProven,
    canonical,
    decoded,
    exactly,
    hash_of,
    hashes_of,
    moment_of,
    opened,
    public_key,
    thumbprint,
    typed,
    unproven,
)

BUNDLE_FORMAT, STATEMENT_FORMAT = "tayori-erasure-bundle/1", "tayori-erasure-statement/1"
CERTIFICATE, STATEMENT, HEAD = "erasure-cert+jws", "erasure-statement+jws", "erasure-log-head+jws"
SUCCESSION = "erasure-key+jws"
PROVISIONAL, FINAL = "暫定", "確定"
STATES = {"revoked": "取消", "corrected": "訂正", "final": FINAL}  # the first that was stated holds
UNREAD = "署名あり(甲の公開鍵が渡されていないため未検証)"
AS_STATED, OBJECTED = "記載のとおり", "指摘事項あり"
CONTENTS = {
    "final": {"settled", "probe", "commitment_key"},
    "confirmed": {"handler", "result", "finding", "state"},
    "corrected": {"by", "reason"},
    "revoked": {"reason"},
    "files": {"sha256"},
}
"""Kinds of later statements and the fields of each; 甲 signs `confirmed`, the issuer every other."""

_NUMBER = re.compile(r"[LO]-[0-9]{4}-[0-9]{4,9}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

Fields = Mapping[str, object]


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


@dataclass(frozen=True, slots=True)
class Log:
    """The log under a proven head; `keys` may sign in it, one that was succeeded up to its place in `retired` only."""

    size: int
    root: bytes
    signed_at: str
    keys: tuple[Ed25519PublicKey, ...]
    retired: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Entry:
    place: str
    token: str
    pdf: bytes | None
    index: int


@dataclass(frozen=True, slots=True)
class _Certificate:
    fields: Fields
    sha256: str
    kid: str
    number: str
    state: str
    issued: str
    remaining: frozenset[str]


def check(
    bundle: bytes,
    keys: Sequence[bytes],
    ward_keys: Sequence[bytes] = (),
    folder: Path | None = None,
    heads: Sequence[str] = (),
) -> Verdict:
    """Give what the bundle proves under these public keys (PEM), files in `folder` compared where they lie there.

    `heads` are signed heads that 甲 holds: each must be shown to be the log's beginning.
    Raises NotProven when anything is not what was signed, ValueError when a key is no Ed25519 public key in PEM.
    """
    parts, log = _opened_log(bundle, keys, heads)
    entries = [
        _entry(item, log, f"bundle.entries[{at}]") for at, item in enumerate(typed(list, parts["entries"], "entries"))
    ]
    if not entries:
        raise NotProven("bundle.entries: no certificate")
    certificate = _certificate(entries[0], log)
    said = _statements(certificate, entries, log, [public_key(pem) for pem in ward_keys])
    state = next((state for kind, state in STATES.items() if kind in said), certificate.state)
    return Verdict(
        number=certificate.number,
        contract=typed(str, certificate.fields.get("contract"), "certificate.contract"),
        state=state,
        subjects=typed(int, certificate.fields.get("subjects"), "certificate.subjects"),
        issued=certificate.issued,
        confirmed=_confirmed(said, state, read=bool(ward_keys)),
        log_size=log.size,
        log_root=log.root.hex(),
        statements={kind: str(statement["stated_at"]) for kind, statement in said.items()},
        files=_compared_files(certificate, entries, said, folder),
        rehearsal=typed(bool, certificate.fields.get("rehearsal"), "certificate.rehearsal"),
    )


def check_log(bundle: bytes, keys: Sequence[bytes], heads: Sequence[str] = ()) -> Log:
    """Give the log that the bundle's head tells of, shown to go on from each of its witnesses and of `heads`."""
    return _opened_log(bundle, keys, heads)[1]


def _opened_log(bundle: bytes, keys: Sequence[bytes], heads: Sequence[str]) -> tuple[dict[str, object], Log]:
    issuers = [public_key(pem) for pem in keys]
    names = {"format", "head", "keys", "entries", "witnesses"}
    parts = exactly(canonical(bundle, "bundle"), names, "bundle")
    if parts["format"] != BUNDLE_FORMAT:
        raise NotProven(f"bundle.format: this verifier reads {BUNDLE_FORMAT}")
    log = _log(parts["head"], typed(list, parts["keys"], "bundle.keys"), issuers)
    shown = {str(parts["head"])}
    for at, item in enumerate(typed(list, parts["witnesses"], "bundle.witnesses")):
        place = f"bundle.witnesses[{at}]"
        witness = exactly(item, {"head", "proof"}, place)
        size, root, signed_at = _head(witness["head"], log.keys, log.retired, place)
        proof = hashes_of(witness["proof"], place)
        if signed_at > log.signed_at or not consistency_holds((size, root), (log.size, log.root), proof):
            raise NotProven(f"{place}: the log was rewritten since this head")
        shown.add(str(witness["head"]))
    if not shown.issuperset(head.strip() for head in heads):
        raise NotProven("bundle.witnesses: no proof from the head that you hold; ask for a bundle that has it")
    return parts, log


def _log(head: object, items: Sequence[object], issuers: Sequence[Ed25519PublicKey]) -> Log:
    """Trust who a trusted key names as its successor, then the head, then see that the log holds the naming."""
    keys, retired = list(issuers), {}
    for at, item in enumerate(items):
        place = f"bundle.keys[{at}]"
        entry = typed(dict, item, place)
        token = typed(str, entry.get("jws"), place)
        said = exactly(unproven(token, 1, place), {"successor", "stated_at"}, place)
        raw = decoded(typed(str, said["successor"], place), place)
        if len(raw) != 32:  # noqa: PLR2004 - an Ed25519 key
            raise NotProven(f"{place}: the successor is no Ed25519 key")
        successor = Ed25519PublicKey.from_public_bytes(raw)
        if thumbprint(successor) not in map(thumbprint, keys):
            opened(token, keys, SUCCESSION, place)
            keys.append(successor)
        retired[str(unproven(token, 0, place).get("kid"))] = typed(int, entry.get("leaf_index"), place)
    size, root, signed_at = _head(head, keys, retired, "bundle.head")
    log = Log(size, root, signed_at, tuple(keys), retired)
    for at, item in enumerate(items):
        _entry(item, log, f"bundle.keys[{at}]")
    return log


def _head(
    token: object, keys: Iterable[Ed25519PublicKey], retired: Mapping[str, int], place: str
) -> tuple[int, bytes, str]:
    payload, kid = opened(typed(str, token, place), keys, HEAD, place)
    exactly(payload, {"size", "root", "signed_at"}, place)
    size = typed(int, payload["size"], place)
    _refuse_retired(kid, size - 1, retired, place)
    return size, hash_of(payload["root"], place), moment_of(payload["signed_at"], place)


def _refuse_retired(kid: str, index: int, retired: Mapping[str, int], place: str) -> None:
    if index > retired.get(kid, index):
        raise NotProven(f"{place}: signed with a key after it was succeeded")


def _entry(item: object, log: Log, place: str) -> _Entry:
    entry = exactly(item, {"jws", "pdf", "leaf_index", "inclusion"}, place)
    token, index = typed(str, entry["jws"], place), typed(int, entry["leaf_index"], place)
    pdf = None if entry["pdf"] is None else hash_of(entry["pdf"], place)
    if not inclusion_holds(entry_leaf(token, pdf), index, log.size, hashes_of(entry["inclusion"], place), log.root):
        raise NotProven(f"{place}: the log does not hold it at this place")
    return _Entry(place, token, pdf, index)


def _certificate(entry: _Entry, log: Log) -> _Certificate:
    fields, kid = opened(entry.token, log.keys, CERTIFICATE, "certificate")
    _refuse_retired(kid, entry.index, log.retired, "certificate")
    number, state = (typed(str, fields.get(name), f"certificate.{name}") for name in ("number", "state"))
    issued = moment_of(typed(dict, fields.get("issued_at"), "issued_at").get("utc"), "certificate.issued_at")
    listed = [typed(dict, item, "remaining").get("id") for item in typed(list, fields.get("remaining"), "remaining")]
    remaining = frozenset(typed(str, item, "certificate.remaining") for item in listed)
    if not _NUMBER.fullmatch(number) or state not in {PROVISIONAL, FINAL} or (state == FINAL) == bool(remaining):
        raise NotProven("certificate: no such number or state, or 確定 and yet something remains")
    sha256 = hashlib.sha256(entry.token.encode("ascii")).hexdigest()
    return _Certificate(fields, sha256, kid, number, state, issued, remaining)


def _statements(
    certificate: _Certificate, entries: Sequence[_Entry], log: Log, ward: Sequence[Ed25519PublicKey]
) -> dict[str, Fields]:
    said: dict[str, Fields] = {}
    index, moment = entries[0].index, certificate.issued
    for entry in entries[1:]:
        claimed = unproven(entry.token, 1, entry.place)
        by_ward = claimed.get("kind") == "confirmed"
        if not by_ward or ward:
            _, kid = opened(entry.token, ward if by_ward else log.keys, STATEMENT, entry.place)
            if by_ward and kid in {certificate.kid, *map(thumbprint, log.keys)}:
                raise NotProven(f"{entry.place}: 甲 cannot confirm with the key of the issuer")
            _refuse_retired(kid, entry.index, log.retired, entry.place)
        kind = _checked_kind(certificate, claimed, said, entry.place)
        stated_at = moment_of(claimed["stated_at"], entry.place)
        if kind in said or entry.index <= index or stated_at < moment:
            raise NotProven(f"{entry.place}: a second statement of the kind {kind}, or one out of its order")
        said[kind], index, moment = claimed, entry.index, stated_at
    if moment > log.signed_at:
        raise NotProven("bundle.head: older than a document that it is to prove")
    return said


def _checked_kind(certificate: _Certificate, payload: dict[str, object], said: Fields, place: str) -> str:
    exactly(payload, {"format", "kind", "number", "certificate_sha256", "stated_at", "content"}, place)
    if payload["format"] != STATEMENT_FORMAT or (kind := typed(str, payload["kind"], place)) not in CONTENTS:
        raise NotProven(f"{place}: a statement of a kind that this verifier does not know")
    if (payload["number"], payload["certificate_sha256"]) != (certificate.number, certificate.sha256):
        raise NotProven(f"{place}: a statement on another certificate")
    content = exactly(payload["content"], CONTENTS[kind], place)
    if kind == "final" and (
        not certificate.remaining or set(typed(dict, content["settled"], place)) != certificate.remaining
    ):
        raise NotProven(f"{place}: 確定 does not settle exactly what the certificate says remains")
    if kind == "files" and not all(_FILE_NAME.fullmatch(name) for name in typed(dict, content["sha256"], place)):
        raise NotProven(f"{place}: not plain file names")
    if kind != "confirmed":
        return kind
    now = FINAL if "final" in said else certificate.state
    if content["result"] not in {AS_STATED, OBJECTED} or content["state"] != now:
        raise NotProven(f"{place}: 甲 confirmed a state that the certificate was not in")
    return f"confirmed {now}"


def _confirmed(said: Mapping[str, Fields], state: str, *, read: bool) -> str:
    looked = [typed(dict, one["content"], kind) for kind, one in said.items() if kind.startswith("confirmed")]
    if not looked:
        return "未確認"
    if not read:
        return UNREAD
    when = "" if looked[-1]["state"] == state else f"({looked[-1]['state']}の時点)"
    return ("確認済" if looked[-1]["result"] == AS_STATED else OBJECTED) + when


def _compared_files(
    certificate: _Certificate, entries: Sequence[_Entry], said: Mapping[str, Fields], folder: Path | None
) -> dict[str, str]:
    names = [f"{certificate.number}.pdf", *(f"{certificate.number}.{kind.replace(' ', '.')}.pdf" for kind in said)]
    issued = {name: entry.pdf.hex() for name, entry in zip(names, entries, strict=True) if entry.pdf}
    listed = typed(dict, typed(dict, said["files"]["content"], "files")["sha256"], "files") if "files" in said else {}
    compared = {name: _compared(folder, name, expected) for name, expected in (listed | issued).items()}
    commitments = f"{certificate.number}.commitments.txt"
    if folder and (folder / commitments).is_file():
        _check_commitments(certificate, (folder / commitments).read_bytes())
        compared[commitments] = "一致"
    return compared


def _compared(folder: Path | None, name: str, expected: object) -> str:
    sha256 = hash_of(expected, name)
    if folder is None or not (folder / name).is_file():
        return "手元になし"
    if hashlib.sha256((folder / name).read_bytes()).digest() != sha256:
        raise NotProven(f"{name}: the file is not the one that was issued")
    return "一致"


def _check_commitments(certificate: _Certificate, written: bytes) -> None:
    claimed = typed(dict, certificate.fields.get("commitments"), "certificate.commitments")
    lines = [hash_of(line, "commitments") for line in written.decode("ascii", "replace").splitlines()]
    root = tree_root([leaf_hash(line) for line in lines]).hex()
    if (len(lines), root) != (claimed.get("count"), claimed.get("root")):
        raise NotProven("commitments: the list is not the one that was signed")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the bundle named on the command line; give the exit code."""
    parser = argparse.ArgumentParser(description="消去証明書の束を公開鍵だけで検証します")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--key", type=Path, action="append", required=True, help="乙(発行者)の公開鍵 PEM")
    parser.add_argument("--ward-key", type=Path, action="append", default=[], help="甲(確認者)の公開鍵 PEM")
    parser.add_argument("--head", type=Path, action="append", default=[], help="甲が控えた記録簿の署名付き根")
    asked = parser.parse_args(arguments)
    try:
        keys, ward_keys = ([path.read_bytes() for path in paths] for paths in (asked.key, asked.ward_key))
        heads, bundle = [path.read_text("ascii") for path in asked.head], asked.bundle.read_bytes()
        verdict = check(bundle, keys, ward_keys, asked.bundle.parent, heads)
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
