"""Take a whole store out as one file or stream, and put it back: VACUUM INTO on SQLite, pg_dump on PostgreSQL.

A SQLite file is written beside nothing else, for its owner alone, and overwritten at the end whatever happens; what
PostgreSQL gives goes through a pipe and touches no disk. A dump never holds a table of the vault beside others.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from sqlalchemy import Engine, make_url, text

from tayori.errors import Unavailable
from tayori.warehouse.engines import is_sqlite, writing
from tayori.warehouse.schema.copies import restoring
from tayori.warehouse.setup import STORES
from tayori.warehouse.versions import version_table

CHUNK: Final = 1 << 20
SNAPSHOT: Final = ".snapshot-"
DRIVERS: Final = "postgresql+psycopg"


def same_database(one: str, other: str) -> bool:
    """Whether two addresses name one database."""
    return make_url(one).set(drivername="x") == make_url(other).set(drivername="x")


@contextmanager
def taken_out(engine: Engine, url: str, store: str, scratch: Path) -> Iterator[IO[bytes]]:
    """Give a consistent copy of a store to read from, while others go on writing; `scratch` is for SQLite's file.

    Raises:
        Unavailable: the store, the disk or PostgreSQL's own program does not do it.

    """
    if is_sqlite(engine):
        with _snapshot(engine, store, scratch) as file:
            yield file
    else:
        with _dumped(url, store) as stream:
            yield stream


@contextmanager
def put_back(url: str) -> Iterator[IO[bytes]]:
    """Give what takes in a store that was taken out, into nothing or over its own tables.

    Whole at the end, or not at all: leaving it by an error leaves what was there.

    Raises:
        Unavailable: the disk or PostgreSQL's own program does not do it.

    """
    if make_url(url).get_backend_name() == "sqlite":
        with _written(Path(str(make_url(url).database))) as target:
            yield target
    else:
        with _loaded(url) as target:
            yield target


def clear(engine: Engine, url: str, store: str) -> None:
    """Remove what a store that is about to be loaded holds: SQLite's files, PostgreSQL's tables of this store."""
    engine.dispose()
    if make_url(url).get_backend_name() == "sqlite":
        main = Path(str(make_url(url).database))
        for ending in ("", "-wal", "-shm", "-journal"):
            erase_file(main.with_name(main.name + ending))
        return
    with writing(engine) as connection:
        for name in _tables(store):
            if name != restoring.name:
                connection.execute(text(f"DROP TABLE IF EXISTS {name} CASCADE"))


def erase_file(path: Path) -> None:
    """Overwrite a file with zeros, then remove it. What the medium keeps below the file is not examined."""
    try:
        with path.open("r+b", buffering=0) as file:
            left = path.stat().st_size
            while left > 0:
                left -= file.write(bytes(min(CHUNK, left))) or 0
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    except OSError:
        raise Unavailable(f"{path.name} cannot be overwritten and is still there; remove it by hand.") from None
    path.unlink()


def sweep_snapshots(scratch: Path) -> int:
    """Overwrite and remove the snapshots that a killed run left; give how many."""
    left = list(scratch.glob(f"{SNAPSHOT}*")) if scratch.is_dir() else []
    for path in left:
        erase_file(path)
    return len(left)


@contextmanager
def _snapshot(engine: Engine, store: str, scratch: Path) -> Iterator[IO[bytes]]:
    path = scratch / f"{SNAPSHOT}{store}-{os.getpid()}.db"
    try:
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        erase_file(path)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError:
        raise Unavailable("The folder for snapshots cannot be written to; set TAYORI_SCRATCH_FOLDER.") from None
    try:
        opened = engine.raw_connection()
        try:
            opened.cursor().execute("VACUUM INTO ?", (str(path),))
        except Exception:  # noqa: BLE001 - the driver's own kinds; its text may name a path
            raise Unavailable(f"The {store} could not be copied; make room on the disk, then run it again.") from None
        finally:
            opened.close()
        with path.open("rb") as file:
            yield file
    finally:
        erase_file(path)
        erase_file(path.with_name(path.name + "-journal"))


@contextmanager
def _dumped(url: str, store: str) -> Iterator[IO[bytes]]:
    apart = [name for other in STORES if (other == "vault") != (store == "vault") for name in _tables(other)]
    words = ["--format=custom", "--no-owner", "--no-privileges", "--lock-wait-timeout=30s"]
    words += [f"--exclude-table={name}" for name in [restoring.name, *apart]]
    address, surroundings = _address(url)
    with subprocess.Popen(  # noqa: S603 - PostgreSQL's own program, words of ours
        [_program("pg_dump"), *words, f"--dbname={address}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=surroundings,
    ) as running:
        assert running.stdout is not None  # noqa: S101 - asked for above
        try:
            yield running.stdout
            while running.stdout.read(CHUNK):
                pass
        except BaseException:
            running.kill()
            raise
    if running.returncode:
        raise Unavailable(f"pg_dump did not take the {store} out whole; nothing is kept of it. See that its rights do.")


def _tables(store: str) -> list[str]:
    return [*STORES[store].tables, version_table(store)]


@contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    part = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        erase_file(part)
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        raise Unavailable("The disk did not take the restored store; make room, then run it again.") from None
    finally:
        erase_file(part)


@contextmanager
def _loaded(url: str) -> Iterator[IO[bytes]]:
    words = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    address, surroundings = _address(url)
    with subprocess.Popen(  # noqa: S603 - PostgreSQL's own program, words of ours
        [_program("pg_restore"), *words, f"--dbname={address}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=surroundings,
    ) as running:
        assert running.stdin is not None  # noqa: S101 - asked for above
        try:
            yield running.stdin
            with contextlib.suppress(BrokenPipeError):  # it gave up: its exit code says so
                running.stdin.close()
        except BaseException:
            running.kill()  # before the pipe closes: what was cut must not look like an end
            raise
    if running.returncode:
        raise Unavailable("pg_restore did not take the dump; the database is as it was. Its owner's rights are needed.")


def _address(url: str) -> tuple[str, dict[str, str]]:
    """Give the address without its password, and the environment that holds it: other users see a program's words."""
    address = make_url(url)
    surroundings = dict(os.environ)
    if address.password is not None:
        surroundings["PGPASSWORD"] = str(address.password)
    shown = address.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    return shown, surroundings


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Unavailable(f"{name} is not installed here; install PostgreSQL's client programs (postgresql-client).")
    return found
