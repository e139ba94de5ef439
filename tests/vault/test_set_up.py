"""Setting up makes what is missing, once, and never a second key beside rows that need the first."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tayori.domain.evidence import Evidence, Purpose
from tayori.errors import Unavailable
from tayori.office import Office, set_up
from tayori.vault import audit
from tayori.vault.audit import Action
from tayori.warehouse import people
from tayori.warehouse.engines import writing
from tests.support.builders import START, an_office


def _follow(office: Office) -> None:
    with office.writing_people() as (warehouse, _):
        people.add_people(warehouse, [(1, b"sealed", bytes(32), 1)])


def _sign(office: Office) -> None:
    with writing(office.warehouse) as connection:
        audit.record(connection, Evidence("flow:test", Purpose.INSPECTION), Action.DECIDE, "x", count=0, now=START)
        audit.sign_head(connection, office.signing_key, office.today(), START)


NEEDS: list[tuple[str, Callable[[Office], None], Callable[[Office], Path]]] = [
    ("kek.json", lambda _: None, lambda office: office.key_file.path),
    ("index.key", _follow, lambda office: office.index_path),
    ("signing.pem", _sign, lambda office: office.signing_path),
]


def _files(office: Office) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in office.keys_folder.iterdir()}


def test_setting_up_twice_keeps_every_key(sqlite_office: Office) -> None:
    """`tayori init` may be run again: no key file changes."""
    before = _files(sqlite_office)
    set_up(sqlite_office.settings, START)
    assert _files(sqlite_office) == before
    assert len(before) == 6


@pytest.mark.parametrize(("name", "fill", "path"), NEEDS, ids=[need[0] for need in NEEDS])
def test_a_missing_key_is_never_made_anew_beside_rows_that_need_it(
    office: Office, name: str, fill: Callable[[Office], None], path: Callable[[Office], Path]
) -> None:
    """A new key would open nothing and hide the loss: refused, naming the file, and nothing is made."""
    fill(office)
    path(office).unlink()
    before = _files(office)
    with pytest.raises(Unavailable, match=name):
        set_up(office.settings, START)
    assert _files(office) == before


def test_a_missing_inbox_key_is_refused_while_its_rows_wait(office: Office) -> None:
    """Sealed submissions wait for their private key; a new pair would leave them closed for good."""
    with writing(office.inbox) as connection:
        connection.exec_driver_sql(
            "INSERT INTO inbox (kind, epoch, sealed, received_at) VALUES ('event', 1, 'x', '2026-11-02')"
        )
    (office.keys_folder / "inbox-1.key").unlink()
    with pytest.raises(Unavailable, match="inbox-EPOCH"):
        set_up(office.settings, START)


def test_a_missing_key_of_an_empty_store_is_made(tmp_path: Path) -> None:
    """Where nothing needs the old index key yet, setting up makes one."""
    office = an_office(tmp_path / "home")
    office.index_path.unlink()
    set_up(office.settings, START)
    assert office.index_path.stat().st_mode & 0o777 == 0o600
    office.close()
