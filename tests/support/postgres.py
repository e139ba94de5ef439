"""A private PostgreSQL cluster for tests: its own folder, a Unix socket only, gone at the end."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "max_connections=60")


@dataclass(frozen=True)
class Cluster:
    """A running cluster. Addresses it gives have peers on this machine's own socket only."""

    folder: Path

    def url(self, database: str, user: str = "tayori_owner") -> str:
        """Give the address of a database for SQLAlchemy."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def create(self, database: str) -> str:
        """Make an empty database and give its address."""
        self._tell(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def copy(self, database: str, template: str) -> str:
        """Make a copy of a database that nobody uses just now, and give its address."""
        self._tell(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

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
    _run([*as_owner, programs / "initdb", "-D", place, "-U", "tayori_owner", "-A", "trust", "-E", "UTF8", "--no-sync"])
    _run([*as_owner, programs / "pg_ctl", "-D", place, "-l", folder / "log", "-o", options, "-w", "start"])
    try:
        yield Cluster(folder)
    finally:
        _run([*as_owner, programs / "pg_ctl", "-D", place, "-m", "immediate", "-w", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[object]) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, cwd="/")
