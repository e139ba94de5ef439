"""A disposal reaches every table that holds rows of a case, and its certificate names each of them."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import String, Table, insert, select, update

from tayori.certificates.certificate import opened_certificate
from tayori.certificates.jws import Signer
from tayori.desk import disclosing
from tayori.domain.columns import CASE_RULES
from tayori.office import Office
from tayori.retention import disposing
from tayori.retention.disposing import Around
from tayori.vault.cases import SEALED
from tayori.warehouse import certificates, disclosures, letters, opinions
from tayori.warehouse.engines import reading, writing
from tayori.warehouse.erasure import rules_of
from tayori.warehouse.schema.columns import Moment
from tayori.warehouse.schema.columns import warehouse as schema
from tayori.warehouse.schema.desk import desk_case, disclosure
from tayori.warehouse.schema.gists import gist
from tests.disposal.conftest import Desk
from tests.support.letters import ALetter, receipt, receive
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
    "state": "handed_out",
}
WRITTEN: Mapping[str, Any] = {"digest": MARK, "letters": 1, "written_by": "sakura"}


def a_row(table: Table, number: int) -> dict[str, Any]:
    """Give a row of a case in any table, marked wherever it holds a text or bytes."""
    held = {str: MARK, bytes: MARK.encode(), int: 1, bool: False, date: date(2026, 4, 1)}
    moment = datetime(2026, 4, 1, tzinfo=UTC)
    columns = {
        one.name: moment if isinstance(one.type, Moment) else held[one.type.python_type] for one in table.columns
    }
    fitting = {one.name: MARK[: one.type.length] for one in table.columns if isinstance(one.type, String)}
    return columns | fitting | {"case_no": number}


def test_whatever_holds_rows_of_a_case_is_disposed_of_and_certified(office: Office, desk: Desk) -> None:
    """None is left to a cascade that nobody counts: rows gone, bytes gone, and the certificate says how many."""
    (number,) = receive(office, ALetter())
    with writing(office.warehouse) as warehouse:
        warehouse.execute(insert(disclosure).values(dict(ASKED)))
        warehouse.execute(insert(gist).values({**WRITTEN, "written_at": office.now()}))
        for table in OF_CASES:
            warehouse.execute(insert(table).values(a_row(table, number)))
    done = disposing.run(office, desk.runner, desk.approved(office), Around())
    assert tables_with_bytes(office, MARK.encode()) == {"disclosure", "gist"}
    assert done.filed is not None
    with reading(office.warehouse) as warehouse:
        row = certificates.find(warehouse, done.filed.certificate_no)
    token = json.loads(row.bundle)["entries"][0]["jws"]
    stated = opened_certificate(token, Signer(office.signing_key).public_pem).certificate.records
    assert {one.rows for one in stated} == {1}
    assert len(stated) == len({one.table for one in stated}) == len(OF_CASES) + 2


@pytest.mark.parametrize("before_the_list", [True, False])
def test_what_somebody_asked_to_see_is_kept_until_it_was_answered(
    office: Office, desk: Desk, *, before_the_list: bool
) -> None:
    """開示の請求: an open request keeps its letters, asked before the list or after it was signed; a stale one not."""
    asked, other = receive(office, ALetter(), ALetter())
    with writing(office.warehouse) as warehouse:
        taken_up = {"case_no": asked, "fiscal_year": 2020, "file_no": 1, "arrived_on": date(2020, 4, 2)}
        warehouse.execute(insert(desk_case).values(taken_up))
    if before_the_list:
        disclosing.prepare(office, desk.sakura, "令8情第1号", office.today(), [receipt(asked)])
    list_id = desk.approved(office)
    if not before_the_list:
        disclosing.prepare(office, desk.sakura, "令8情第1号", office.today(), [receipt(asked)])
    done = disposing.run(office, desk.runner, list_id, Around())
    assert (done.disposed, done.withheld) == (1, 0 if before_the_list else 1)
    with reading(office.warehouse) as warehouse:
        assert opinions.receipts(warehouse, [asked, other]) == [receipt(asked)]
    with writing(office.warehouse) as warehouse:
        warehouse.execute(update(disclosure).values(asked_on=office.today() - timedelta(days=366)))
    assert disposing.run(office, desk.runner, desk.approved(office), Around()).disposed == 1


def test_the_canaries_stand_wherever_a_letter_is_sealed_or_looked_up(office: Office, desk: Desk) -> None:
    """A probe that seeks them seeks what a file, a trail, an answer, a mail, a request would have left.

    Nobody is written to for them, and no request stands in the desk's list.
    """
    found = set[str]()
    mails = list[Any]()

    def look(point: str) -> None:
        if point == "dispose":
            with reading(office.warehouse) as warehouse:
                tables = {table.name: warehouse.execute(select(table)).mappings().all() for table in OF_CASES}
                mails.extend(letters.due(warehouse, office.now() + timedelta(days=36_500), 10))
            for name, rows in tables.items():
                marked = [row for row in rows if row["case_no"] < 0]
                if marked and all(row[column] is not None for row in marked for column in SEALED.get(name, ())):
                    found.add(name)

    receive(office, ALetter())
    disposing.run(office, desk.runner, desk.approved(office), Around(between=look))
    assert set(SEALED) - {"opinion_case", "masked_opinion"} <= found
    assert mails == []
    with reading(office.warehouse) as warehouse:
        assert disclosures.every(warehouse) == []
    assert found >= {"letter_receipt", "case_look_up", "case_arrival"}
