"""A disposal reaches every table that holds rows of a case, and its certificate names each of them."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Table, insert

from tayori.certificates.certificate import opened_certificate
from tayori.certificates.jws import Signer
from tayori.domain.columns import CASE_RULES
from tayori.office import Office
from tayori.retention import disposing
from tayori.retention.disposing import Around
from tayori.warehouse import certificates
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.erasure import rules_of
from tayori.warehouse.schema.columns import Moment
from tayori.warehouse.schema.columns import warehouse as schema
from tayori.warehouse.schema.desk import disclosure
from tests.disposal.conftest import Desk
from tests.support.letters import ALetter, receive
from tests.support.traces import tables_with_bytes

MARK = "目印の経過"
OF_CASES = [
    table
    for table in schema.sorted_tables
    if rules_of(table) & CASE_RULES and table.name not in {"opinion_case", "masked_opinion"}
]
ASKED: Mapping[str, Any] = {
    "disclosure_id": MARK,
    "document_no": "令8情第1号",
    "asked_on": date(2026, 4, 1),
    "prepared_by": "sakura",
    "state": "prepared",
}


def a_row(table: Table, number: int) -> dict[str, Any]:
    """Give a row of a case in any table, marked wherever it holds a text or bytes."""
    held = {str: MARK, bytes: MARK.encode(), int: 1, bool: False, date: date(2026, 4, 1)}
    moment = datetime(2026, 4, 1, tzinfo=UTC)
    columns = {
        one.name: moment if isinstance(one.type, Moment) else held[one.type.python_type] for one in table.columns
    }
    return columns | {"case_no": number}


def test_whatever_holds_rows_of_a_case_is_disposed_of_and_certified(sqlite_office: Office, desk: Desk) -> None:
    """None is left to a cascade that nobody counts: rows gone, bytes gone, and the certificate says how many."""
    office = sqlite_office
    (number,) = receive(office, ALetter())
    with writing(office.warehouse) as warehouse:
        warehouse.execute(insert(disclosure).values(dict(ASKED)))
        for table in OF_CASES:
            warehouse.execute(insert(table).values(a_row(table, number)))
    done = disposing.run(office, desk.runner, desk.approved(office), Around())
    assert tables_with_bytes(office, MARK.encode()) == {"disclosure"}
    assert done.filed is not None
    with reading(office.warehouse) as warehouse:
        row = certificates.find(warehouse, done.filed.certificate_no)
    token = json.loads(row.bundle)["entries"][0]["jws"]
    stated = opened_certificate(token, Signer(office.signing_key).public_pem).certificate.records
    assert {one.rows for one in stated} == {1}
    assert len(stated) == len({one.table for one in stated}) == len(OF_CASES) + 2
