"""What the cases of an office say, opened as a handler would; every writer is a dummy."""

from tayori.domain.evidence import Evidence, Purpose
from tayori.office import Office
from tayori.vault.audit import Action, record
from tayori.vault.cases import open_cases
from tayori.warehouse.engines import driver_cursor, reading, writing


def opened(office: Office, table: str = "opinion_case") -> list[dict[str, object]]:
    """Give every case, or every file of a letter, opened."""
    with reading(office.warehouse) as people:
        cursor = driver_cursor(people)
        cursor.execute(f"SELECT * FROM {table} ORDER BY case_no")  # noqa: S608 - a table of ours
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    with writing(office.warehouse) as log:
        evidence = Evidence("test", Purpose.INSPECTION)
        recorded = record(log, evidence, Action.OPEN, "letters of a test", count=len(rows), now=office.now())
    with reading(office.vault) as vault:
        return open_cases(vault, office.case_keys, table, rows, recorded)
