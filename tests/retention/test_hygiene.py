"""What deleted rows leave beside their tables is overwritten, freed or named; a measure without effect is none."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tayori.deployment import Weight, examine
from tayori.errors import Unavailable
from tayori.office import Office
from tayori.retention import run
from tayori.settings import Mode
from tayori.warehouse import hygiene, own_rows, server_hygiene
from tayori.warehouse.engines import is_sqlite, open_store, reading
from tayori.warehouse.setup import STORES
from tests.support.builders import TestClock, a_line_id
from tests.support.copied import copied_office
from tests.support.people import follow, leave
from tests.support.postgres import Cluster

PEOPLE = 60
RULES = "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2"


def a_ward(office: Office) -> None:
    leave(office, list(follow(office, [a_line_id(one) for one in range(1, PEOPLE + 1)]))[:5])


def night(office: Office) -> dict[str, Any]:
    """Erase and clean up; give what the run kept of the measures, by store."""
    run_id = run.begin(office)
    run.erase_leavers(office, run_id)
    run.rotate_keys(office, run_id)
    run.clean_stores(office, run_id)
    steps = run._steps(office, run_id)  # noqa: SLF001 - what the certificate is written from
    return {one["store"]: one["measures"] for one in steps["clean"].found["stores"]}


def test_every_store_tells_what_was_done_to_it(office: Office) -> None:
    """Each store's measures are kept with what was read back, and nothing that was not allowed is passed over."""
    a_ward(office)
    measures = night(office)
    assert set(measures) == {"倉庫", "鍵保管庫", "受付箱"}
    for told in measures.values():
        if is_sqlite(office.warehouse):
            assert told == {"secure_delete": "1", "wal_checkpoint(TRUNCATE)": "0"}
        else:
            assert told["VACUUM (ANALYZE)"] == told["VACUUM FULL pg_statistic"] == "done"
            assert {"CHECKPOINT", "pg_switch_wal", "archive_mode", "replication slots"} <= told.keys()


def test_after_a_night_nothing_waits_in_a_log(sqlite_office: Office) -> None:
    """SQLite's write-ahead logs are empty files, but for the line that tells so, and journal_mode is still WAL."""
    a_ward(sqlite_office)
    night(sqlite_office)
    for store in ("vault", "inbox"):
        files = hygiene.store_files(getattr(sqlite_office, store))
        assert files["WAL"].stat().st_size == 0
        with sqlite3.connect(files["database"]) as opened:
            assert opened.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.postgres
def test_the_server_keeps_no_statistics_of_what_belongs_to_one_person(cluster: Cluster, tmp_path: Path) -> None:
    """Neither at first nor after ANALYZE, nor where they were kept before: no sealed or look-up value is sampled."""
    with copied_office(tmp_path / "home", TestClock(), cluster) as office:
        a_ward(office)
        with office.warehouse.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ALTER TABLE person ALTER COLUMN line_index SET STATISTICS 100"))
            connection.execute(text("ANALYZE"))
            assert _sampled(connection) == {("person", "line_index")}
            rules = connection.execute(text(RULES)).all()
        night(office)
        with reading(office.warehouse) as warehouse, reading(office.vault) as vault:
            assert _sampled(warehouse) | _sampled(vault) == set()
            assert warehouse.execute(text(RULES)).all() == rules
            assert len(rules) > len(own_rows.SEEN)


def _sampled(connection: Any) -> set[tuple[str, str]]:  # noqa: ANN401
    unique = {
        (table.name, column.name)
        for schema in STORES.values()
        for table in schema.sorted_tables
        for column in table.columns
        if server_hygiene._of_one(column)  # noqa: SLF001
    }
    kept = connection.execute(text("SELECT tablename, attname FROM pg_stats WHERE schemaname = 'public'"))
    return {(row.tablename, row.attname) for row in kept} & unique


@pytest.mark.postgres
def test_a_role_that_does_not_own_the_tables_is_refused(cluster: Cluster) -> None:
    """VACUUM by another role only warns and passes every table over; here it is refused, the tables named."""
    url = cluster.create("hygiene_rights")
    owner = open_store(url, store="inbox", create=True)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        STORES["inbox"].create_all(connection)
        connection.execute(text("DROP ROLE IF EXISTS hygiene_stranger"))
        connection.execute(text("CREATE ROLE hygiene_stranger LOGIN"))
        connection.execute(text("GRANT ALL ON ALL TABLES IN SCHEMA public TO hygiene_stranger"))
    stranger = open_store(cluster.url("hygiene_rights", user="hygiene_stranger"), store="inbox")
    with pytest.raises(Unavailable, match="does not own inbox"):
        hygiene.clean(stranger, "inbox")
    assert hygiene.clean(owner, "inbox").measures["VACUUM (ANALYZE)"] == "done"
    owner.dispose()
    stranger.dispose()


def test_doctor_tells_of_a_server_log_that_may_hold_values(office: Office) -> None:
    """PostgreSQL's defaults write rows into its log when something fails: told in rehearsal, a failure in live."""
    found = [one for one in examine(office.settings) if one.name == "server log (L16)"]
    if is_sqlite(office.warehouse):
        assert found == []
        return
    assert (found[0].weight, "log_error_verbosity=terse" in found[0].sentence) == (Weight.NOTE, True)
    live = office.settings.model_copy(update={"mode": Mode.LIVE})
    assert next(one for one in examine(live) if one.name == found[0].name).weight is Weight.FAILED
