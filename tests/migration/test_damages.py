"""The verifier finds every damage: a migration that lost or changed anything is never called equal."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tayori.office import Office
from tests.migration.builders import an_old_system, bring_over, verified
from tests.support.builders import TestClock, an_office, some_settings
from tests.support.damages import DAMAGES, apply

CASES = 300


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Give a home to which an old system was migrated whole, and that system's address."""
    folder = tmp_path_factory.mktemp("migrated")
    url = f"sqlite:///{folder / 'old.db'}"
    with an_old_system(url, CASES):
        office = an_office(folder / "home")
        bring_over(office, url)
        assert verified(office, url)["verdict"] == "equal"
        office.close()
        yield folder / "home", url


def test_there_are_at_least_thirty_kinds_of_damage() -> None:
    """Rows, keys, texts, codes, days, files."""
    assert len(DAMAGES) >= 30


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damage_is_found(migrated: tuple[Path, str], tmp_path: Path, name: str) -> None:
    """One thing changed in one case is a difference, and the report says so."""
    home, url = migrated
    shutil.copytree(home, tmp_path / "home")
    office = Office(some_settings(tmp_path / "home"), TestClock())
    apply(office, DAMAGES[name])
    told = verified(office, url)
    office.close()
    assert told["verdict"] == "different"
    assert told["differences"]
