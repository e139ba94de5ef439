"""The cut-over: from a day on cases live here. It needs a signed verification of exactly what stands here and there."""

from dataclasses import dataclass
from typing import Any, Final

from tayori.certificates.jws import Signer
from tayori.domain.evidence import Evidence, Purpose
from tayori.domain.identifiers import Contract
from tayori.errors import Refused
from tayori.migration.report import DIFFERENT, opened_report
from tayori.office import Office
from tayori.vault import roster
from tayori.vault.audit import Action, record
from tayori.vault.roster import Credential
from tayori.warehouse import closing, migrating
from tayori.warehouse.engines import reading, writing

ROLE: Final = "responsible"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a migration stands, for people."""

    source: str
    phase: str
    cases: int
    loaded_at: str
    verdict: str | None
    verified_at: str | None
    cut_over_at: str | None


def standing(office: Office, source: str) -> Standing:
    """Give where a migration stands.

    Raises:
        NotFound: nothing was migrated from this source.

    """
    with reading(office.warehouse) as people:
        row = migrating.find(people, source)
        cases = len(migrating.numbers(people, source))
    told = _told(office, row.report)
    cut = row.cut_over_at.isoformat(timespec="seconds") if row.cut_over_at else None
    return Standing(
        source, row.phase, cases, row.loaded_at.isoformat(timespec="seconds"), told.get("verdict"),
        told.get("verified_at"), cut,
    )  # fmt: skip


def cut_over(office: Office, by: Credential, source: str) -> None:
    """End the migration: nothing is read from the old system any more.

    Raises:
        NotFound: nothing was migrated from this source.
        Refused: the handler is not a responsible one, nothing was verified since the last case came over, or the
            verification found a difference that nobody explained.

    """
    with writing(office.warehouse) as people:
        closing.require_open(people, Contract.OPINIONS)
        roster.require_role(people, by.handler_id, ROLE, office.today())
        row = migrating.find(people, source)
        if row.phase == migrating.CUT_OVER:
            raise Refused("The cut-over is done already.")
        if row.report is None:
            raise Refused("Nothing was verified since the last case came over; run `tayori migrate verify` first.")
        told = _told(office, row.report)
        if told["verdict"] == DIFFERENT:
            raise Refused("The verification found differences that nobody explained; see `tayori migrate verify`.")
        if told["cases"]["here"] != len(migrating.numbers(people, source)):
            raise Refused("Cases came or went since the verification; verify again.")
        evidence = Evidence(by.handler_id, Purpose.INTAKE)
        record(people, evidence, Action.DECIDE, f"cut-over from {source}", count=0, now=office.now())
        migrating.note(people, source, phase=migrating.CUT_OVER, cut_over_at=office.now(), cut_over_by=by.handler_id)


def _told(office: Office, report: str | None) -> dict[str, Any]:
    if report is None:
        return {}
    return opened_report(report, [Signer(office.signing_key).public_pem])
