"""確定: a certificate becomes final when, and only when, nothing is left of what it said remains (design.md, Stores).

Every 暫定 certificate is looked at: the source of each remainder is asked about the stores as they are now, and what
is not gone is written down. When all is gone a last probe looks for copies and keys that stand in no ledger; what it
finds refuses 確定. Then the key of the commitments ends, and only then that is stated: a second signed document, a leaf
of the log of its own, which names the first one's hash. A crash between any two of these leaves a certificate that is
still 暫定 and a next look that goes on.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import pyrage  # type: ignore[import-untyped]  # pyrage has no types
from sqlalchemy import Connection

from tayori.certificates.bundle import Logged
from tayori.certificates.certificate import IssuedCertificate, opened_certificate
from tayori.certificates.jws import Signer
from tayori.certificates.moments import utc_text
from tayori.certificates.page import LogPlace, Printing, Settled
from tayori.certificates.statements import KEY_DESTROYED, KEY_HANDED_OVER, LastProbe, final
from tayori.certificates.verifier import FINAL
from tayori.domain.evidence import Evidence, Purpose
from tayori.errors import BadInput, Refused, Unavailable
from tayori.office import Office
from tayori.retention import last_probe, remainders
from tayori.retention.last_probe import Search
from tayori.retention.logbook import append, documents_of, folder_of, handed_key, issuer_keys
from tayori.retention.printing import sealed_pdf
from tayori.retention.remainders import Deed, Remainder, Seen
from tayori.vault.audit import Action, record
from tayori.vault.keyfile import read_secret, write_whole
from tayori.warehouse import certificates, rewriting, settling
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.settling import SettlingRow

EVIDENCE: Final = Evidence("flow:retention", Purpose.ERASURE)
SERVER: Final = "postgresql"


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at all 暫定 certificates did: which became 確定, which wait for what, which were refused and why."""

    settled: list[str] = field(default_factory=list)
    waiting: dict[str, Mapping[str, str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked: sources of remainders, searches of the last probe. Whoever adds a kind of copy adds to both."""

    remainders: Sequence[Remainder] = remainders.REMAINDERS
    searches: Sequence[Search] = last_probe.SEARCHES


def settle_all(office: Office, places: Mapping[str, Path], rules: Rules | None = None, *, pdf: bool = False) -> Looked:
    """Look at every 暫定 certificate, oldest first, and settle what can be settled.

    One that cannot be looked at does not keep the others from it; it is told as refused.
    """
    refile(office)
    done, asked = Looked(), rules or Rules()
    with reading(office.warehouse) as warehouse:
        waiting = settling.waiting(warehouse)
    for row in waiting:
        _settle(office, row, places, asked, done, pdf=pdf)
    return done


def _settle(
    office: Office, row: SettlingRow, places: Mapping[str, Path], rules: Rules, done: Looked, *, pdf: bool
) -> None:
    issued, deed = opened(office, row)
    seen = _looked(office, issued, deed, rules)
    waits = {name: one.sentence for name, one in seen.items() if not one.gone}
    refusal: str | None = None
    if not waits:
        try:
            probe = last_probe.last_probe(office, deed, places, rules.searches)
            evidence = {name: one.sentence for name, one in seen.items()}
            _state_final(office, row, issued, evidence, probe, pdf=pdf)
        except (Refused, BadInput, Unavailable) as refused:
            refusal = refused.sentence
        else:
            done.settled.append(row.certificate_no)
            return
    with writing(office.warehouse) as warehouse:
        settling.looked(warehouse, row.certificate_no, office.now(), waits, refusal)
    if refusal is None:
        done.waiting[row.certificate_no] = waits
    else:
        done.refused[row.certificate_no] = refusal


def opened(office: Office, row: SettlingRow) -> tuple[IssuedCertificate, Deed]:
    """Read a waiting certificate back, and what the sources have to know of it."""
    with reading(office.warehouse) as warehouse:
        filed = certificates.find(warehouse, row.certificate_no)
        keys = issuer_keys(office, warehouse)
    issued = opened_certificate(documents_of(filed.bundle)[0].token, *keys)
    epochs = issued.certificate.key_epochs
    return issued, Deed(row.certificate_no, filed.run_id, row.erased_at, epochs, row.stood)


def _looked(office: Office, issued: IssuedCertificate, deed: Deed, rules: Rules) -> dict[str, Seen]:
    """Ask every source; when PostgreSQL's freed space is all that is left, write its tables anew and ask again."""
    ids = [item.id for item in issued.certificate.remaining]
    seen = remainders.look(office, deed, ids, rules.remainders)
    if [name for name, one in seen.items() if not one.gone] == [SERVER]:
        for store, engine in remainders.server_stores(office).items():
            rewriting.rewrite(engine, store, deed.erased_at)
        seen = remainders.look(office, deed, ids, rules.remainders)
    return seen


def _state_final(
    office: Office,
    row: SettlingRow,
    issued: IssuedCertificate,
    evidence: Mapping[str, str],
    probe: LastProbe,
    *,
    pdf: bool,
) -> None:
    """End the key of the commitments, then state 確定: signed, printed, logged and filed at one stroke."""
    with reading(office.warehouse) as warehouse:
        run_id = certificates.find(warehouse, row.certificate_no).run_id
    fate, now = end_commitment_key(office, run_id), office.now()
    token = final(issued, evidence, probe, fate, Signer(office.signing_key), now)
    with reading(office.warehouse) as warehouse:
        place = LogPlace.after(certificates.leaves(warehouse))
    shown = Printing(place=place, state=FINAL, settled=Settled(utc_text(now), evidence, probe.stated, fate))
    paper = sealed_pdf(office, issued, shown, now, token) if pdf else None
    if paper is not None:
        write_whole(folder_of(office) / f"{row.certificate_no}.final.pdf", paper)
    with writing(office.warehouse) as warehouse:
        what = f"certificate {row.certificate_no} final"
        record(warehouse, EVIDENCE, Action.ERASE, what, count=issued.certificate.subjects, now=now)
        certificates.lock_log(warehouse)
        if len(certificates.leaves(warehouse)) != place.index:
            raise Unavailable("Another document was logged meanwhile; the next look states 確定.")
        filed = _stated(office, warehouse, row.certificate_no, Logged.of(token, paper), FINAL, now)
        settling.settled(warehouse, row.certificate_no, now)
    write_whole(folder_of(office) / f"{row.certificate_no}.json", filed.encode())


def _stated(
    office: Office, warehouse: Connection, certificate_no: str, document: Logged, state: str, now: datetime
) -> str:
    """Append a statement on a certificate and file its bundle anew, in the caller's transaction; give the bundle."""
    row = certificates.find(warehouse, certificate_no)
    bundle = append(office, warehouse, row, [document], now)
    certificates.put_bundle(warehouse, certificate_no, bundle)
    certificates.put_state(warehouse, certificate_no, state)
    return bundle


def end_commitment_key(office: Office, run_id: str) -> str:
    """End the key of a run's commitments: handed over to 甲's age recipient if one is set, then deleted here.

    Gives what became of it, for the statement. May run twice: what was handed over stays handed over.

    Raises:
        BadInput: the recipient is none of age's; the key stays.

    """
    key = office.keys_folder / f"commitment-{run_id}.key"
    handed = folder_of(office) / handed_key(run_id)
    recipient = office.settings.commitment_recipient
    if key.exists():
        if recipient and not handed.exists():
            write_whole(handed, _sealed_to(recipient, read_secret(key)))
        _delete(key)
    return KEY_HANDED_OVER if handed.exists() else KEY_DESTROYED


def _sealed_to(recipient: str, secret: bytes) -> bytes:
    try:
        sealed: bytes = pyrage.encrypt(secret, [pyrage.x25519.Recipient.from_str(recipient)])
    except pyrage.RecipientError:
        raise BadInput("TAYORI_COMMITMENT_RECIPIENT is no age recipient (age1…); the key stays here.") from None
    return sealed


def _delete(path: Path) -> None:
    """Delete a key file, and what a killed attempt to write it left, down to the disk."""
    for left in (*path.parent.glob(f".{path.name}.*"), path):
        left.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def refile(office: Office) -> int:
    """Write every bundle whose file is not what is filed: a crash after a commit leaves an older one. Give how many."""
    folder = folder_of(office)
    with reading(office.warehouse) as warehouse:
        rows = certificates.every(warehouse)
    stale = [row for row in rows if _written(folder / f"{row.certificate_no}.json") != row.bundle.encode()]
    for row in stale:
        write_whole(folder / f"{row.certificate_no}.json", row.bundle.encode())
    return len(stale)


def _written(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
