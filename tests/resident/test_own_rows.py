"""The database shows the residents' page the rows of the one person whom a transaction names, and no others (L5, P7).

On PostgreSQL, by rules for rows that `tayori init` sets up and roles that `tayori roles` makes. SQLite has no roles:
there the page's own queries are the rule.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from sqlalchemy import Table, select, text
from sqlalchemy.exc import DBAPIError

from tayori.domain.columns import Nearness
from tayori.errors import BadInput, Unavailable
from tayori.ingest.own_page import SHOWN
from tayori.warehouse import audit, inbox, own, own_rows
from tayori.warehouse.engines import open_store, reading, writing
from tayori.warehouse.resident_role import READS, grants
from tayori.warehouse.schema.letters import letter_receipt
from tests.ingest.builders import an_event, deliver, followers, rows, submit, take_in
from tests.opinion.builders import receipt_of, running_screen
from tests.resident.builders import running_pages
from tests.support.builders import TestClock, a_line_id
from tests.support.postgres import Cluster
from tests.support.roles import Narrow, narrow_office
from tests.surveys.builders import answer, published

pytestmark = pytest.mark.postgres

FORBIDDEN = [
    "SELECT * FROM person",
    "SELECT * FROM audit_entry",
    "SELECT * FROM handler",
    "SELECT handler_id FROM staff_link",
    "SELECT sealed FROM quarantine",
    "SELECT * FROM opinion_case",
    "SELECT * FROM letter_receipt",
    "SELECT case_no FROM letter_receipt",
    "SELECT * FROM letter_confirmation",
    "SELECT messages FROM broadcast",
    "SELECT answers FROM survey_answer",
    "SELECT token FROM survey_spent",
    "UPDATE reception_settings SET area = 1",
    "DELETE FROM genre_choice",
    "INSERT INTO genre_choice (genre, person_no) VALUES (1, 1)",
    "UPDATE person SET left_at = now()",
    "DELETE FROM audit_entry",
    "UPDATE audit_entry SET actor = 'x'",
    "SELECT * FROM inbox",
    "DELETE FROM inbox",
    "CREATE TABLE of_the_page (a int)",
    "CREATE TEMP TABLE of_the_page (a int)",
    "CREATE TEMP VIEW person AS SELECT person_no FROM public.person",
    "CREATE FUNCTION pg_temp.of_the_page() RETURNS int LANGUAGE sql AS 'SELECT 1'",
]
PERSONAL = ("person", "reception_settings", "genre_choice", "staff_link", "quarantine", "survey_answer")
MINE, OTHER = 1, 2
INSERT = "INSERT INTO audit_entry VALUES (1000, now(), '{actor}', 'open', 'reception', 'x', 1, NULL, '', '')"


@pytest.fixture
def narrow(cluster: Cluster, tmp_path: Path, clock: TestClock) -> Iterator[Narrow]:
    """Give an office whose residents' page has the role that is shipped."""
    with narrow_office(cluster, tmp_path / "home", clock) as given:
        yield given


@pytest.fixture
def peopled(narrow: Narrow) -> Narrow:
    """Give an office with two residents, of each of whom there is a row in every table that the page reads."""
    office = narrow.office
    survey, _ = published(office)
    deliver(office, *(an_event("follow", person) for person in (MINE, OTHER)))
    take_in(office)
    for person in (MINE, OTHER):
        submit(office, person, number=person)
        answer(office, survey, person, often="a")
        take_in(office)
    with psycopg.connect(office.settings.database_url) as owner:
        owner.execute("INSERT INTO staff_link SELECT person_no, 'h' || person_no, now() FROM person")
        owner.execute(
            "INSERT INTO quarantine (source, row_no, rule, state, epoch, line_index, received_at, expires_at)"
            " SELECT 'x', 1, 'x', 'waiting', 1, line_index, now(), now() FROM person"
        )
    return narrow


def seen(url: str, table: Table, columns: tuple[str, ...], named: bytes | None = None) -> int:
    """Give how many rows of a table the role sees, in a transaction that names somebody or nobody."""
    with psycopg.connect(url) as connection:
        if named is not None:
            connection.execute("SELECT set_config(%s, %s, true)", (own_rows.PERSON, named.hex()))
        chosen = select(*(table.c[column] for column in columns))
        found = connection.execute(str(chosen).encode()).fetchall()
    return len(found)


def test_a_transaction_sees_whom_it_names_and_nobody_else(peopled: Narrow) -> None:
    """Of each table the rows of one person, of a stranger none, and without a name none at all."""
    office = peopled.office
    mine = office.index.of_line_id(a_line_id(MINE))
    for table, columns in READS:
        if table.name in PERSONAL:
            one = seen(peopled.resident, table, columns, mine)
            assert one > 0, table.name
            assert seen(office.settings.database_url, table, columns) == 2 * one, table.name
            assert seen(peopled.resident, table, columns, bytes(32)) == 0, table.name
            assert seen(peopled.resident, table, columns) == 0, table.name


def test_every_table_about_a_person_has_its_rule() -> None:
    """What the role reads is about nobody, or the database itself says whose rows are there."""
    about = {table.name for table, _ in READS if any(one.info["nearness"] is not Nearness.NONE for one in table.c)}
    assert about == set(own_rows.SEEN)
    assert set(PERSONAL) == about - {"letter_receipt", "audit_entry"}


def test_another_ones_number_opens_nothing(peopled: Narrow) -> None:
    """Somebody else's look-up value and number, asked for in one's own transaction (a slip, an injection): no row."""
    office = peopled.office
    mine, other = (office.index.of_line_id(a_line_id(person)) for person in (MINE, OTHER))
    page = open_store(peopled.resident, store="warehouse")
    with reading(page) as connection:
        own_rows.name_person(connection, mine, bound=True)
        row = own.find_own(connection, mine)
        assert row is not None
        assert own.find_own(connection, other) is None
        number = next(int(n) for (n,) in rows(office, "SELECT person_no FROM person") if n != row.person_no)
        assert own.settings_of(connection, row.person_no) is not None
        assert own.settings_of(connection, number) is None
        assert own.linked_at(connection, number) is None
        assert own.answered_by(connection, number) == []
        assert own.waiting_of(connection, other) == 0
    with reading(page) as connection:  # the name ended with the transaction, though the connection is the same
        assert own.find_own(connection, mine) is None
    page.dispose()


def test_a_line_is_written_by_the_page_for_somebody_alone(peopled: Narrow) -> None:
    """The access log takes a line of the page's own name, in a transaction that names a person; no other."""
    mine = peopled.office.index.of_line_id(a_line_id(MINE))
    for actor, named in ((own_rows.ACTOR, None), (own_rows.ACTOR, bytes(32)), ("flow:retention", mine)):
        with psycopg.connect(peopled.resident) as connection:
            if named is not None:
                connection.execute("SELECT set_config(%s, %s, true)", (own_rows.PERSON, named.hex()))
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(INSERT.format(actor=actor).encode())


def test_a_receipt_is_found_by_its_number_alone(narrow: Narrow, clock: TestClock) -> None:
    """Look-up value and state of the one letter whose number was typed in; the list of letters cannot be had."""
    with running_screen(narrow.office, clock, inbox_url=narrow.opinion) as desk:
        number, _ = receipt_of(desk.write()), desk.write()
    take_in(narrow.office)
    columns = ("receipt_index", "state")
    assert seen(narrow.resident, letter_receipt, columns) == 0
    with running_pages(narrow.office, clock, database_url=narrow.resident, inbox_url=narrow.resident) as door:
        browser = door.browser()
        page = browser.submit(browser.get("/letter").form("/letter"), receipt=number)
    assert "受け付けています" in page.text
    assert rows(narrow.office, "SELECT count(*) FROM letter_receipt") == [(2,)]


def test_the_pages_work_with_their_narrow_role(narrow: Narrow, clock: TestClock) -> None:
    """Every page, settings, an anonymous answer and the wish to be erased: no more than the rights that are shipped."""
    published(narrow.office, anonymous=True)
    with running_pages(narrow.office, clock, database_url=narrow.resident, inbox_url=narrow.resident) as door:
        door.context.page.bound = True
        door.follow(1)
        browser, page = door.enter(1)
        for path in (
            "/settings",
            "/me",
            "/me/download",
            "/me/download.json",
            "/surveys",
            "/staff",
            "/letter",
            "/healthz",
        ):
            assert browser.get(path).status == 200, path
        asked = browser.get("/surveys/library").form("/surveys/library")
        assert "回答を受け付けました" in browser.submit(asked, **{"q-often": "a"}).text
        browser.submit(page.form("/settings"), genre=[1], area="3")
        take_in(narrow.office)
        assert "四谷" not in browser.get("/me").text
        assert "榎町" in browser.get("/me").text
        browser.submit(browser.get("/erase").form("/erase"))
    assert take_in(narrow.office).wishes.applied == 1
    with reading(narrow.office.warehouse) as connection:
        assert [line for line in audit.lines(connection) if line.object == SHOWN]


def test_no_page_takes_the_name_of_somebody_else(peopled: Narrow, clock: TestClock) -> None:
    """Ids in the address, in forms, in headers and cookies change nothing about whom a page opens."""
    office = peopled.office
    theirs = office.index.of_line_id(a_line_id(OTHER)).hex()
    number = followers(office)[a_line_id(OTHER)]
    claims = {"line_user_id": str(a_line_id(OTHER)), "person_no": str(number), "sub": str(a_line_id(OTHER))}
    claims |= {"tayori.person": theirs, "who": str(a_line_id(OTHER)), "subject": theirs}
    with running_pages(office, clock, database_url=peopled.resident, inbox_url=peopled.resident) as door:
        browser, page = door.enter(MINE)
        held = browser.get("/me/download.json").content
        asked = urlencode(claims)
        for path in ("/me/download.json", "/settings", "/me", "/surveys", "/staff", "/erase"):
            shown = browser.get(
                f"{path}?{asked}", headers={name.replace("_", "-"): one for name, one in claims.items()}
            )
            assert a_line_id(OTHER).encode() not in shown.content, path
            assert path != "/me/download.json" or shown.content == held
        for form in ("/settings", "/stop", "/settings/clear"):
            fields = [*page.form(form).fields, *claims.items()]
            assert browser.post(form, fields).status == 400, form
    assert b"".join(held.split()).count(a_line_id(MINE).encode()) == 1


def test_the_role_may_do_nothing_else(narrow: Narrow) -> None:
    """Whatever the page does not need is refused by the database itself."""
    with psycopg.connect(narrow.resident, autocommit=True) as connection:
        for statement in FORBIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_pages_that_stand_still_keep_nobody_from_the_log(narrow: Narrow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each opening holds the access log's lock to its end; where a page is cut off in between, the server ends it."""
    monkeypatch.setattr(inbox, "STILL_MILLISECONDS", 300)
    page = inbox.open_impatient(narrow.resident, "warehouse")
    still = page.connect()
    audit.lock(still)
    with writing(narrow.office.warehouse) as owner:
        owner.execute(text("SET LOCAL lock_timeout = '20s'"))
        audit.lock(owner)
    with pytest.raises(DBAPIError):
        still.execute(text("SELECT 1"))
    still.invalidate()
    still.close()
    with reading(page) as connection:
        connection.execute(text("SELECT 1"))
    page.dispose()


def test_live_pages_open_nothing_under_a_role_that_sees_everybody(peopled: Narrow, clock: TestClock) -> None:
    """The owner of the tables, named by mistake, passes the rules by: nothing is opened, and health says so."""
    with running_pages(peopled.office, clock) as door:
        browser, page = door.enter(MINE)
        assert page.status == 200
        door.context.page.bound = True
        assert browser.get("/me").status == 503
        assert browser.get("/healthz").status == 503
        with pytest.raises(Unavailable, match="everybody's rows"):
            door.context.page.opened(a_line_id(MINE))


def test_a_role_name_is_no_place_for_statements() -> None:
    """Only a plain role name is put into the statements."""
    with pytest.raises(BadInput):
        grants('page"; DROP TABLE person; --')
