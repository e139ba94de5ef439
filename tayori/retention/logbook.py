"""The log of issue (発行記録簿): what is said about erasures is appended here, under a head signed anew each time.

Whatever is handed out is checked first as its receiver would, with the public keys alone; what does not hold is not
filed.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Connection

from tayori.certificates import verifier
from tayori.certificates.bundle import Logged, bundled, bundled_now
from tayori.certificates.jws import Signer
from tayori.certificates.log import LogHead, signed_head
from tayori.certificates.merkle import tree_root
from tayori.certificates.tokens import NotProven, opened, public_key
from tayori.certificates.verifier import HEAD
from tayori.errors import NotFound, Tampered
from tayori.office import Office
from tayori.vault.keyfile import write_whole
from tayori.warehouse import certificates, settling
from tayori.warehouse.certificates import CertificateRow

FOLDER: Final = "certificates"
HEADS: Final = "log-heads"
REWRITTEN: Final = (
    "The log of certificates was cut or rewritten since its last head; restore it, then run again. Nothing was signed."
)


def folder_of(office: Office) -> Path:
    """Give the folder that is handed over: bundles, PDFs, commitments, public keys, verifier."""
    folder = office.settings.home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def handed_key(run_id: str) -> str:
    """Give the name of the file in which a run's commitment key goes to 甲."""
    return f"commitment-key-{run_id}.age"


def issuer_keys(office: Office, warehouse: Connection) -> list[bytes]:
    """Give the public keys (PEM) that ever signed here, oldest first, the present one last."""
    form = Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    return [key.public_bytes(*form) for key in office.verifying_keys(warehouse)]


def successions(warehouse: Connection) -> list[Logged]:
    """Give the documents that say which signing key followed which, oldest first."""
    return [Logged(key.succession) for key in settling.retired_keys(warehouse)]


def documents_of(bundle: str) -> list[Logged]:
    """Give the signed documents of a bundle, the certificate first."""
    return [Logged(entry["jws"], entry["pdf"]) for entry in json.loads(bundle)["entries"]]


def whole_log(office: Office, warehouse: Connection) -> list[bytes]:
    """Give the log's leaves if they go on from the longest head that was filed, and from every head handed out.

    Raises:
        Tampered: they do not; nothing is put into a log that was cut or rewritten.

    """
    leaves = certificates.leaves(warehouse)
    size, root = max(_heads(office, warehouse), default=(0, tree_root([]).hex()))
    if len(leaves) < size or tree_root(leaves[:size]).hex() != root:
        raise Tampered(REWRITTEN)
    heads_held(office, warehouse, heads_out(office))
    return leaves


def keep_head(office: Office, head: LogHead) -> None:
    """Keep a head before it is handed out: from then on nothing is issued by a log that does not go on from it."""
    folder = office.settings.home / HEADS
    folder.mkdir(mode=0o700, exist_ok=True)
    write_whole(folder / f"log-head-{head.size}-{head.root[:16]}.jws", head.token.encode("ascii"))


def heads_out(office: Office) -> list[str]:
    """Give the heads that were handed out, in their signed form; one that 甲 brings back may be laid beside them."""
    found = sorted((office.settings.home / HEADS).glob("*.jws"))
    return [path.read_text("ascii", "replace") for path in found]


def _heads(office: Office, warehouse: Connection) -> list[tuple[int, str]]:
    """Give size and root of every head that bundles hold; the longest one was seen to go on from the others."""
    keys = [public_key(pem) for pem in issuer_keys(office, warehouse)]
    tokens = [json.loads(row.bundle)["head"] for row in certificates.every(warehouse)]
    try:
        said = [opened(token, keys, HEAD, "head")[0] for token in tokens]
    except NotProven as refusal:
        raise Tampered(REWRITTEN) from refusal
    return [(int(str(head["size"])), str(head["root"])) for head in said]


def append(
    office: Office,
    warehouse: Connection,
    row: CertificateRow,
    further: Sequence[Logged],
    now: datetime,
    ward_keys: Sequence[bytes] = (),
) -> str:
    """Append documents of a certificate to the log; give its bundle with them, under a head of this moment.

    Raises:
        Tampered: the log was rewritten, or what would be handed out does not hold.

    """
    leaves = whole_log(office, warehouse)
    for document in further:
        certificates.add_leaf(warehouse, len(leaves), document.leaf, row.certificate_no)
        leaves.append(document.leaf)
    documents = [*(documents_of(row.bundle) if row.bundle else ()), *further]
    bundle = bundled_now(documents, leaves, Signer(office.signing_key), now, successions(warehouse))
    try:
        verifier.check(bundle, issuer_keys(office, warehouse), ward_keys)
    except NotProven as refusal:
        raise Tampered(f"What would be handed out does not hold: {refusal}. Nothing was filed.") from refusal
    return bundle.decode("utf-8")


def head_now(office: Office, warehouse: Connection, now: datetime) -> LogHead:
    """Sign the log's head of this moment, for 甲 to keep.

    Raises:
        NotFound: nothing was issued yet.
        Tampered: the log was cut or rewritten.

    """
    leaves = whole_log(office, warehouse)
    if not leaves:
        raise NotFound("Nothing was issued yet; the log has no head.")
    return signed_head(leaves, Signer(office.signing_key), now)


def proof_since(office: Office, warehouse: Connection, held: Sequence[str], now: datetime) -> bytes:
    """Prove that the log of now goes on from heads that 甲 holds (their signed form).

    Raises:
        Tampered: a head was not signed here, or is not the beginning of this log.

    """
    head, earlier = head_now(office, warehouse, now), heads_held(office, warehouse, held)
    return bundled([], certificates.leaves(warehouse), head, earlier, successions(warehouse))


def heads_held(office: Office, warehouse: Connection, held: Sequence[str]) -> list[LogHead]:
    """Read heads that 甲 holds, each the beginning of this log.

    Raises:
        Tampered: a head was not signed here, or is not the beginning of this log: somebody forked it.

    """
    earlier, leaves = [head_read(office, warehouse, token) for token in held], certificates.leaves(warehouse)
    for old in earlier:
        if old.size > len(leaves) or tree_root(leaves[: old.size]).hex() != old.root:
            raise Tampered(
                f"A head of {old.size} entries was signed here and is not the beginning of this log: there are two "
                "logs. Keep both, stop issuing and find out which is the true one."
            )
    return earlier


def head_read(office: Office, warehouse: Connection, token: str) -> LogHead:
    """Read a signed head. Raises Tampered when it was not signed here."""
    keys = [public_key(pem) for pem in issuer_keys(office, warehouse)]
    try:
        said, _ = opened(token.strip(), keys, HEAD, "head")
    except NotProven as refusal:
        raise Tampered(f"This is no head that was signed here: {refusal}.") from refusal
    return LogHead(int(str(said["size"])), str(said["root"]), token.strip())
