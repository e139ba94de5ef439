"""Setting up makes what is missing, once, and never a second key beside rows that need the first."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tayori.deployment import Finding, examine
from tayori.domain.evidence import Evidence, Purpose
from tayori.errors import Unavailable
from tayori.office import Office, set_up
from tayori.vault import audit
from tayori.vault.audit import Action
from tayori.warehouse import audit as warehouse_audit
from tayori.warehouse import opinions, people
from tayori.warehouse.engines import reading, writing
from tests.support.builders import START, a_line_id, an_office, some_settings
from tests.support.people import follow


def _follow(office: Office) -> None:
    with office.writing_people() as (warehouse, _):
        people.add_people(warehouse, [(1, b"sealed", bytes(32), 1)])


def _sign(office: Office) -> None:
    with writing(office.warehouse) as connection:
        audit.record(connection, Evidence("flow:test", Purpose.INSPECTION), Action.DECIDE, "x", count=0, now=START)
        audit.sign_head(connection, office.signing_key, office.today(), START)


NEEDS: list[tuple[str, Callable[[Office], None], Callable[[Office], Path]]] = [
    ("kek.json", lambda _: None, lambda office: office.kek_path),
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


def _letter(office: Office) -> None:
    with writing(office.warehouse) as warehouse, writing(office.vault) as vault:
        number = opinions.reserve_cases(warehouse, 1)[0]
        office.case_keys.create(vault, [number])
        opinions.add_cases(warehouse, [a_case(number)])


def a_case(number: int) -> dict[str, object]:
    """Give a case's row with what must not be empty."""
    given = {"case_no": number, "receipt_no": str(number), "source": "test", "source_key": bytes(32)}
    given |= {"channel": "mail", "addressee": "ward", "answer_wanted": "yes", "received_on": START.date()}
    return dict.fromkeys(opinions.CASE) | given | {"state": "received"}


def _person(office: Office) -> None:
    with office.writing_people() as (warehouse, vault):
        office.person_keys.create(vault, [1])
        people.add_people(warehouse, [(1, b"sealed", bytes(32), 1)])


@pytest.mark.parametrize("lost", ["vault", "warehouse"])
@pytest.mark.parametrize("fill", [_person, _letter], ids=["a person", "a case"])
def test_a_lost_store_is_never_made_anew_beside_one_that_needs_it(
    sqlite_office: Office, lost: str, fill: Callable[[Office], None]
) -> None:
    """An empty vault would open nothing and hide the loss: refused, naming the store, and no file is made."""
    fill(sqlite_office)
    sqlite_office.close()
    file = sqlite_office.settings.home / f"{lost}.db"
    _take_away(file)
    with pytest.raises(Unavailable, match=f"The {lost} is not there"):
        set_up(sqlite_office.settings, START)
    assert not file.exists()


def test_a_lost_vault_of_an_empty_office_is_made_anew(sqlite_office: Office) -> None:
    """Where nobody is held, nothing is lost: setting up makes the store."""
    sqlite_office.close()
    for name in ("vault", "warehouse"):
        _take_away(sqlite_office.settings.home / f"{name}.db")
        set_up(sqlite_office.settings, START)
        assert (sqlite_office.settings.home / f"{name}.db").exists()


def test_doctor_counts_people_and_cases_without_a_key(office: Office) -> None:
    """A vault of another office opens nobody here; the check says how many, and is quiet where all have theirs."""
    _person(office)
    _letter(office)
    found = _findings(office)
    assert {found[f"{who} without a key (P8)"].sentence for who in ("people", "cases")} == {"none."}
    with writing(office.vault) as vault:
        vault.exec_driver_sql("DELETE FROM person_key")
        vault.exec_driver_sql("DELETE FROM case_key")
    found = _findings(office)
    for who in ("people", "cases"):
        finding = found[f"{who} without a key (P8)"]
        assert (finding.weight, finding.sentence.startswith(f"1 {who}")) == ("failed", True)


def test_doctor_in_live_finds_the_dummies_of_a_rehearsal(sqlite_office: Office) -> None:
    """L7: dummy people in a live warehouse are found by their ids' prefix, the opening stands in the log."""
    live = some_settings(sqlite_office.settings.home, mode="live")
    name = "dummy people (L7)"
    assert _findings(Office(live))[name].weight == "ok"
    follow(sqlite_office, [a_line_id(1), "U" + "1" * 32])
    found = _findings(Office(live))
    assert (found[name].weight, found[name].sentence[:17]) == ("failed", "1 of the first 2 ")
    assert found["database"].weight == "note"
    assert name not in _findings(sqlite_office)
    with reading(sqlite_office.warehouse) as connection:
        assert [line.count for line in warehouse_audit.lines(connection) if line.actor == "doctor"] == [0, 2]


@pytest.mark.parametrize("name", ["/proc/tayori", "a-file", "a-file/below"])
def test_a_home_that_cannot_be_made_is_one_sentence(tmp_path: Path, name: str) -> None:
    """A home where nothing can be written is told by its setting's name."""
    (tmp_path / "a-file").touch()
    with pytest.raises(Unavailable, match="TAYORI_HOME"):
        set_up(some_settings(tmp_path / name), START)


def _take_away(file: Path) -> None:
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()


def _findings(office: Office) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(office.settings, {})}
