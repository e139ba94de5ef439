"""The night's backup under Prefect: its steps, its failure, and nothing of a person in Prefect (I3)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.backup import backup
from tayori.errors import Tampered
from tayori.office import Office
from tayori.retention.copies import backups
from tests.copies.builders import with_escrow
from tests.support.builders import a_line_id, an_office
from tests.support.people import follow
from tests.support.prefect_server import PrefectServer, settle

pytestmark = pytest.mark.prefect


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Give an office with an escrow that the worker's environment names."""
    office = with_escrow(an_office(tmp_path / "home"), tmp_path)
    monkeypatch.setenv("TAYORI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TAYORI_ESCROW_FOLDER", str(office.settings.escrow_folder))
    monkeypatch.setenv("TAYORI_ESCROW_RECIPIENTS_FILE", str(office.settings.escrow_recipients_file))
    follow(office, [a_line_id(one) for one in range(1, 21)])
    yield office
    office.close()


def test_the_night_makes_a_backup_and_its_escrow(ward: Office, prefect_here: PrefectServer) -> None:
    """The flow ends with the backup's id; a backup that was cut since fails it by name, and nobody is in Prefect."""
    made = backup(return_state=True).message
    assert [folder.name for folder in ward.settings.backups.glob("backup-*")] == [made]
    assert ward.settings.escrow_folder is not None
    assert len(list(ward.settings.escrow_folder.glob("escrow-*"))) == 1
    assert backups.look_after(ward) == []
    part = ward.settings.backups / str(made) / "warehouse.age"
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(Tampered, match=str(made)):
        backup()
    settle()
    assert prefect_here.holds(str(made).encode())
    assert not any(prefect_here.holds(a_line_id(one).encode()) for one in range(1, 21))
