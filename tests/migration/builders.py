"""An old system and a migration for tests: a test says what is special."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine

from expectations.gate import gate
from sandbox.old_system.database import create
from tayori.domain.identifiers import HandlerId
from tayori.migration.database import OldDatabaseSystem, opened
from tayori.migration.dump import members
from tayori.migration.loading import LoadCounts, load
from tayori.migration.mapping import OldMapping, read_old_mapping
from tayori.migration.report import Explanation, content
from tayori.migration.verifying import verify
from tayori.office import Office
from tayori.settings import Settings

MAPPING = Path("docs/examples/old_system.yaml")
BY = HandlerId("desk-1")
LATER = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def the_mapping() -> OldMapping:
    """Give the mapping of the sandbox's old system."""
    return read_old_mapping(MAPPING)


@contextmanager
def an_old_system(url: str, cases: int = 120, seed: int = 1) -> Iterator[Engine]:
    """Give an old system's database, filled."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    create(engine, cases, seed)
    yield engine
    engine.dispose()


@contextmanager
def read(url: str) -> Iterator[OldDatabaseSystem]:
    """Open the old system as the migration does."""
    with opened(Settings(_env_file=None), url, the_mapping()) as old:
        yield old


def bring_over(office: Office, url: str) -> LoadCounts:
    """Load what is new."""
    with read(url) as old:
        return load(office, old, gate)


def write_dump(old: OldDatabaseSystem, folder: Path, now: datetime) -> None:
    """Write a dump into a folder, as the old system's vendor would."""
    folder.mkdir()
    for name, held in members(old, now):
        (folder / name).write_bytes(held)


def verified(office: Office, url: str, explanations: tuple[Explanation, ...] = ()) -> dict[str, Any]:
    """Verify; give what the report says."""
    with read(url) as old:
        return content(office, old.name, verify(office, BY, old), explanations)
