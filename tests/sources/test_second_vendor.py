"""Another vendor's FAQ database is read by another mapping and nothing else: the same rows, never one beside them."""

import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from expectations.gate import gate
from sandbox.call_centre import database, flat
from tayori.ingest.opinions import ingest_call_centre
from tayori.ingest.sources.call_centre import opinions_from_call_centre
from tayori.ingest.sources.database_mapping import read_database_mapping
from tayori.office import Office
from tests.conftest import STORES
from tests.sources.builders import EXAMPLES
from tests.support.opened import opened
from tests.support.postgres import Cluster  # noqa: TC001 - read by the fixture

LATER = datetime(2027, 1, 1, tzinfo=UTC)
MARKER = "canaryひとりだけの印"


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'flat.db'}"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.create(f"flat{uuid.uuid4().hex[:8]}")


def engine_of(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)


def test_both_vendors_give_the_same_letters_and_no_other_row(url: str, tmp_path: Path) -> None:
    """The same calls in two shapes: the keys in scope are read exactly, no planted row is, and the items agree."""
    keys = flat.create(engine_of(url), 800, seed=3, marker=MARKER)
    other = f"sqlite:///{tmp_path / 'first.db'}"
    database.create(engine_of(other), 800, seed=3, marker=MARKER)
    read = {}
    for name, place in (("call_centre_flat", url), ("call_centre", other)):
        mapping = read_database_mapping(EXAMPLES / f"{name}.yaml")
        frames = [chunk.frame for chunk in opinions_from_call_centre(place, mapping, after=None, now=LATER)]
        read[name] = {row["opinion"]: row for frame in frames for row in frame.to_dict("records")}
    first, second = read["call_centre"], read["call_centre_flat"]
    assert {row["source_key"] for row in second.values()} == set(keys)
    assert first.keys() == second.keys()
    assert all(MARKER in text and f"out-{MARKER}" not in text for text in second)
    for text, row in second.items():
        for item in ("received_on", "channel", "addressee", "answer_wanted", "department", "address", "telephone"):
            assert str(row[item]) == str(first[text][item])


def test_only_what_changed_is_read_again_and_recorded_as_a_change(sqlite_office: Office, url: str) -> None:
    """Incremental by a time that is text; a changed row is a revision of its case."""
    sqlite_office.clock.moment = LATER  # type: ignore[attr-defined]
    engine, mapping = engine_of(url), read_database_mapping(EXAMPLES / "call_centre_flat.yaml")
    keys = flat.create(engine, 300, seed=3)
    assert ingest_call_centre(sqlite_office, url, mapping, gate).recorded == len(keys)
    with engine.begin() as connection:
        one = flat.INQUIRY.c["id"] == int(keys[0])
        connection.execute(flat.INQUIRY.update().where(one).values(body="訂正後", touched="20261201000000"))
    again = ingest_call_centre(sqlite_office, url, mapping, gate)
    assert (again.read, again.changed) == (1, 1)
    assert [file["role"] for file in opened(sqlite_office, "letter_file")] == ["revision"]
