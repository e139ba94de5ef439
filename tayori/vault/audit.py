"""The access log: every opening and every write of personal data, with handler and purpose, in a chain of hashes (L11).

A function that opens or writes personal data takes a `Recorded`; only writing a line gives one. So an unevidenced
opening cannot be written down in code, and a line that was changed, dropped or moved breaks the chain.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection

from tayori.domain.canonical import canonical_bytes
from tayori.domain.evidence import Evidence
from tayori.errors import Tampered
from tayori.warehouse import audit
from tayori.warehouse.audit import AuditRow, HeadRow

_TOKEN: Final = object()


class Action(StrEnum):
    """What is written down: an opening, a write, an erasure, or a decision about one of them."""

    OPEN = "open"
    WRITE = "write"
    ERASE = "erase"
    DECIDE = "decide"
    SEND = "send"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Recorded:
    """Proof that the log holds a line for what is about to happen."""

    seq: int
    _token: object

    def __post_init__(self) -> None:
        if self._token is not _TOKEN:
            message = "only a line of the access log gives a Recorded"
            raise TypeError(message)


def reserve(connection: Connection) -> None:
    """Keep the next line for this transaction: nobody else writes one before it ends.

    The order of locks is the same for everybody, so that nobody waits in a circle: plans, rows of broadcasts, the log's
    line, lists of recipients. Who writes lists and then a line reserves the line first, as the eraser does.
    """
    audit.lock(connection)


def end(connection: Connection) -> int:
    """Give the number of the last line (0 for an empty log); others may go on writing."""
    return audit.end(connection)


def erased_since(connection: Connection, seq: int) -> bool:
    """Whether the log tells, behind this line, that anybody was erased."""
    return audit.any_since(connection, seq, Action.ERASE)


def record(
    connection: Connection,
    evidence: Evidence,
    action: Action,
    what: str,
    *,
    count: int,
    now: datetime,
    subject: bytes | None = None,
) -> Recorded:
    """Write one line: who, for what purpose, what, how many persons. A bulk opening is one line with its count.

    `what` names a kind of thing and an opaque id ("broadcast b-1a2b", "case 17"), never a value of a person.
    """
    seq, before = audit.last_line(connection)
    row = AuditRow(
        seq=seq + 1,
        at=now,
        actor=evidence.actor,
        action=action,
        purpose=evidence.purpose,
        object=what,
        count=count,
        subject=subject,
        before=before,
        hash=b"",
    )
    audit.append(connection, _chained(row))
    return Recorded(seq + 1, _TOKEN)


def pseudonym(person_key: bytes) -> bytes:
    """Name a person in the log so that the name means nothing once their key is destroyed."""
    return hmac.digest(person_key, b"tayori|audit pseudonym", "sha256")[:16]


def sign_head(connection: Connection, key: Ed25519PrivateKey, day: date, now: datetime) -> HeadRow:
    """Sign the end of the log for a day; a signed end that left the house shows any later rewriting.

    Raises:
        Tampered: the log no longer goes on from the head that was signed last; what was cut is not signed over.

    """
    seq, last = audit.last_line(connection)
    before = audit.heads(connection)[-1:]
    signed = (before[0].seq, before[0].hash) if before else (0, bytes(32))
    if not audit.holds(connection, *signed):
        raise Tampered(f"The log no longer ends as it was signed on {before[0].day}: lines were changed or dropped.")
    verify_lines(audit.lines(connection, after=signed[0]), signed)
    head = HeadRow(day, seq, last, key.sign(_head_bytes(day, seq, last)), now)
    audit.add_head(connection, head)
    return head


def verify(connection: Connection, key: Ed25519PublicKey) -> int:
    """Walk the whole chain and every signed head; give the number of lines.

    Raises:
        Tampered: naming the first line or day that does not hold.

    """
    ends = verify_lines(audit.lines(connection))
    for head in audit.heads(connection):
        try:
            key.verify(head.signature, _head_bytes(head.day, head.seq, head.hash))
        except InvalidSignature:
            raise Tampered(f"The head of {head.day} is not signed by this key.") from None
        if ends.get(head.seq) != head.hash:
            raise Tampered(f"The log no longer ends as it was signed on {head.day}: lines were changed or dropped.")
    return max(ends, default=0)


def verify_lines(rows: Iterable[AuditRow], begin: tuple[int, bytes] = (0, bytes(32))) -> dict[int, bytes]:
    """Check that every line follows the one before, the first one `begin`; give number and hash of each line."""
    seq, before = begin
    ends = {seq: before}
    for row in rows:
        if row.seq != seq + 1 or row.before != before or row.hash != _chained(row).hash:
            raise Tampered(f"Line {seq + 1} of the access log does not hold: it was changed, dropped or moved.")
        seq, before = row.seq, row.hash
        ends[seq] = before
    return ends


def _chained(row: AuditRow) -> AuditRow:
    content = canonical_bytes(
        {
            "seq": row.seq,
            "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": row.actor,
            "action": str(row.action),
            "purpose": str(row.purpose),
            "object": row.object,
            "count": row.count,
            "subject": row.subject.hex() if row.subject else None,
        }
    )
    line_hash = hashlib.sha256(row.before + content).digest()
    return replace(row, hash=line_hash)


def _head_bytes(day: date, seq: int, last: bytes) -> bytes:
    return canonical_bytes({"day": day.isoformat(), "seq": seq, "hash": last.hex(), "form": "tayori audit head 1"})
