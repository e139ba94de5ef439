"""Where every certificate stands: its state, 甲's look, the day by which it is due, what it waits for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from tayori.certificates.bundle import bundled
from tayori.certificates.tokens import unproven
from tayori.certificates.verifier import PROVISIONAL
from tayori.office import Office
from tayori.retention import logbook
from tayori.retention.logbook import documents_of, handed_key
from tayori.warehouse import certificates, settling
from tayori.warehouse.certificates import CertificateRow
from tayori.warehouse.engines import reading
from tayori.warehouse.settling import SettlingRow


@dataclass(frozen=True, slots=True)
class Standing:
    """One certificate as it stands today; `waits_for` and `refused` are what the last look at it found."""

    certificate_no: str
    kind: str
    state: str
    confirmed: tuple[str, ...]
    final_due: date | None
    overdue: bool
    issued_at: datetime
    run_id: str
    statements: tuple[str, ...] = ()
    waits_for: Mapping[str, str] | None = None
    refused: str | None = None


def everything(office: Office) -> list[Standing]:
    """Give every certificate in the order of issue."""
    with reading(office.warehouse) as warehouse:
        rows, waiting = certificates.every(warehouse), settling.every(warehouse)
    return [_standing(office, row, waiting.get(row.certificate_no)) for row in rows]


def of(office: Office, number: str) -> Standing:
    """Give one certificate. Raises NotFound when there is none of this number."""
    with reading(office.warehouse) as warehouse:
        row, waiting = certificates.find(warehouse, number), settling.every(warehouse)
    return _standing(office, row, waiting.get(number))


def _standing(office: Office, row: CertificateRow, waits: SettlingRow | None) -> Standing:
    said = kinds_stated(row.bundle)
    provisional = row.state == PROVISIONAL
    return Standing(
        certificate_no=row.certificate_no,
        kind=row.kind,
        state=row.state,
        confirmed=tuple(kind.removeprefix("confirmed ") for kind in said if kind.startswith("confirmed ")),
        final_due=waits.due_on if waits else None,
        overdue=provisional and waits is not None and waits.due_on < office.today(),
        issued_at=row.issued_at,
        run_id=row.run_id,
        statements=said,
        waits_for=waits.waits_for if waits and provisional else None,
        refused=waits.refused if waits and provisional else None,
    )


def kinds_stated(bundle: str) -> tuple[str, ...]:
    """Give the kinds of statements in a bundle of ours, 甲's look with the state that it was about."""
    said = [unproven(document.token, 1, "statement") for document in documents_of(bundle)[1:]]
    return tuple(_kind(statement) for statement in said)


def _kind(statement: Mapping[str, object]) -> str:
    content = statement["content"]
    looked = statement["kind"] == "confirmed" and isinstance(content, Mapping)
    return f"confirmed {content['state']}" if looked and isinstance(content, Mapping) else str(statement["kind"])


def hand_over(office: Office, number: str, to: Path, held: tuple[str, ...] = ()) -> list[Path]:
    """Write into a folder what is handed over of one certificate; give the files.

    The bundle is under a head of now, and shows that the log goes on from the heads that 甲 holds.

    Raises:
        NotFound: there is no such certificate.
        Tampered: a head that 甲 holds is not the beginning of this log.

    """
    now = office.now()
    with reading(office.warehouse) as warehouse:
        row, leaves = certificates.find(warehouse, number), logbook.whole_log(office, warehouse)
        earlier = logbook.heads_held(office, warehouse, held)
        head, follows = logbook.head_now(office, warehouse, now), logbook.successions(warehouse)
    bundle = bundled(documents_of(row.bundle), leaves, head, earlier, follows)
    to.mkdir(parents=True, exist_ok=True)
    beside = sorted(logbook.folder_of(office).iterdir())
    copied = [path for path in beside if path.name.startswith(f"{number}.") and path.suffix != ".json"]
    copied += [path for path in beside if path.suffix in {".py", ".pem"} or path.name == handed_key(row.run_id)]
    for path in copied:
        (to / path.name).write_bytes(path.read_bytes())
    (to / f"{number}.json").write_bytes(bundle)
    return [to / f"{number}.json", *(to / path.name for path in copied)]
