"""What the cases of an office say, opened as a handler would; every writer is a dummy."""

from typing import Any

from sqlalchemy import select

from tayori.domain.evidence import Evidence, Purpose
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.cases import open_cases
from tayori.warehouse.schema.opinions import opinion_case


def opened_cases(office: Office) -> list[dict[str, Any]]:
    """Give every case, opened."""
    with office.writing_people() as (people, vault):
        found = [dict(row) for row in people.execute(select(opinion_case)).mappings()]
        evidence = Evidence("test", Purpose.INSPECTION)
        recorded = record(people, evidence, Action.OPEN, "every case", count=len(found), now=office.now())
        return open_cases(vault, office.case_keys, "opinion_case", found, recorded)
