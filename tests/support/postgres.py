"""A private PostgreSQL cluster for tests: its own folder, a Unix socket only, gone at the end."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "listen_addresses=",
    "max_connections=60",
    "shared_buffers=32MB",
    "autovacuum=off",  # nothing here lives long enough
    "wal_level=minimal",  # nobody follows it; with the next: a probe of the whole folder reads megabytes, not gigabytes
    "max_wal_senders=0",
    "max_wal_size=32MB",
    "min_wal_size=2MB",
    "wal_recycle=off",
    "wal_init_zero=off",
)


@dataclass(frozen=True)
class Cluster:
    """A running cluster. Addresses it gives have peers on this machine's own socket only."""

    folder: Path

    def url(self, database: str, user: str = "tayori_owner") -> str:
        """Give the address of a database for SQLAlchemy."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def as_user(self, url: str, user: str) -> str:
        """Give the same database's address for another role."""
        return self.url(str(make_url(url).database), user)

    def create(self, database: str) -> str:
        """Make an empty database and give its address."""
        self._tell(f'CREATE DATABASE "{database}" STRATEGY FILE_COPY')
        return self.url(database)

    def copy(self, database: str, template: str) -> str:
        """Make a copy of a database that nobody uses just now, and give its address."""
        self._tell(f'CREATE DATABASE "{database}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(database)

    @contextlib.contextmanager
    def lent(self, template: str | None = None) -> Iterator[str]:
        """Give the address of a database, empty or a copy; gone at the end, so that the folder stays small."""
        name = f"lent_{uuid.uuid4().hex[:12]}"
        try:
            yield self.create(name) if template is None else self.copy(name, template)
        finally:
            self.drop(name)

    def drop(self, database: str) -> None:
        """Drop a database, whoever is still connected."""
        self._tell(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _tell(self, statement: str) -> None:
        with psycopg.connect(f"host={self.folder} user=tayori_owner dbname=postgres", autocommit=True) as connection:
            connection.execute(statement.encode())


def binaries() -> Path | None:
    """Give the folder of PostgreSQL's server programs, if they are installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).parent if named else None


@contextlib.contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Start a cluster, give it, and stop it by its own data folder."""
    programs = binaries()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="tayori-pg-"))
    root = os.geteuid() == 0
    if root:
        shutil.chown(folder, "nobody")
    as_owner = ["runuser", "-u", "nobody", "--"] if root else []
    place = folder / "cluster"
    options = " ".join(f"-c {setting}" for setting in SETTINGS) + f" -k {folder}"
    making = ["-U", "tayori_owner", "-A", "trust", "-E", "UTF8", "--no-sync", "--wal-segsize=1"]
    _run([*as_owner, programs / "initdb", "-D", place, *making])
    _run([*as_owner, programs / "pg_ctl", "-D", place, "-l", folder / "log", "-o", options, "-w", "start"])
    try:
        yield Cluster(folder)
    finally:
        _run([*as_owner, programs / "pg_ctl", "-D", place, "-m", "immediate", "-w", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[object]) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, cwd="/")
