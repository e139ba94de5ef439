"""What lies under the seals: without it, a search that finds nothing would prove nothing."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select

from tayori.domain.evidence import Evidence, Purpose
from tayori.ingest import quarantine
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.envelope import place, unseal
from tayori.vault.identity import open_line_ids
from tayori.warehouse import surveys
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.schema.opinions import SEALED_ITEMS, opinion_case
from tayori.warehouse.schema.people import person

EVIDENCE = Evidence("test", Purpose.RECEPTION)


def line_ids(office: Office) -> list[str]:
    """Open the LINE id of everybody who is there."""
    with writing(office.warehouse) as connection:
        numbers = list(connection.execute(select(person.c.person_no)).scalars())
        written = record(connection, EVIDENCE, Action.OPEN, "a test", count=len(numbers), now=office.now())
    with reading(office.warehouse) as warehouse, reading(office.vault) as vault:
        return list(open_line_ids(warehouse, vault, office.person_keys, numbers, written).values())


def letters(office: Office, *, mailed: bool) -> list[dict[str, str]]:
    """Open every item of every letter that came by mail, or of every other one."""
    by_mail = opinion_case.c.channel == "email"
    with reading(office.warehouse) as warehouse:
        cases = warehouse.execute(select(opinion_case).where(by_mail if mailed else ~by_mail)).mappings().all()
    with reading(office.vault) as vault:
        keys = office.case_keys.open(vault, [case["case_no"] for case in cases])
    return [
        {
            item: unseal(keys[number], case[item], place("opinion_case", item, number)).decode()
            for item in SEALED_ITEMS
            if case[item] is not None
        }
        for case in cases
        for number in (case["case_no"],)
    ]


def answers(office: Office, survey: str) -> list[str]:
    """Open the answers to a survey that are kept by person."""
    with reading(office.warehouse) as warehouse:
        kept = surveys.answers_of(warehouse, survey)
    with reading(office.vault) as vault:
        keys = office.person_keys.open(vault, [number for number, _ in kept])
    return [unseal(keys[no], sealed, place("survey_answer", "answers", no)).decode() for no, sealed in kept]


def counted(office: Office, survey: str) -> int:
    """Give how many answered an anonymous survey."""
    with reading(office.warehouse) as warehouse:
        return surveys.tally(warehouse, survey)[surveys.RESPONDENTS, ""]


def set_aside(office: Office, marks: Iterable[bytes]) -> Counter[str]:
    """Open what is in quarantine; give how many rows hold one of the marks, by the rule that refused them."""
    sought, found = tuple(marks), Counter[str]()
    for row in quarantine.list_waiting(office):
        content = quarantine.open_content(office, row.quarantine_no, EVIDENCE)
        found[row.rule] += any(mark in content for mark in sought)
    return found
