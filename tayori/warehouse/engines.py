"""Open a store, SQLite or PostgreSQL, so that no value ever escapes in an error."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from tayori.errors import BadInput, TayoriError, Unavailable

BUSY_SECONDS: Final = 30
DRIVERS_INTEGRITY: Final = (sqlite3.IntegrityError, psycopg.IntegrityError)
DRIVERS_ERRORS: Final = (sqlite3.Error, psycopg.Error)
THERE_OR_NOT: Final = ("unable to open", "no such table", "does not exist")
MEETINGS: Final = ("40001", "40P01", "55P03")  # PostgreSQL: a serialization failure, a deadlock, a lock that is held
BUSY: Final = ("locked", "busy")  # SQLite, after `BUSY_SECONDS`
TRIES: Final = 3
TROUBLES: Final = (
    (BUSY, "The {store} is locked by another program; nothing was written. Wait and run it again."),
    (
        THERE_OR_NOT,
        "The {store} is not there or was never set up. Restore it if it ever was, else run `tayori init`.",
    ),
    (
        ("not a database", "malformed", "disk i/o"),
        "The file of the {store} is damaged or is no database; nothing was written. Restore it from its backup.",
    ),
    (
        ("authentication", "no password supplied"),
        "The server of the {store} does not let this program in; check user and password in its address.",
    ),
    (
        (
            "connection failed",
            "connection refused",
            "timeout",
            "failed to resolve",
            "connection is lost",
            "terminating",
        ),
        "The server of the {store} does not answer; nothing was written. See that it runs, and check the address.",
    ),
    (
        ("is full", "no space left"),
        "The disk of the {store} is full; nothing was written. Make room, then run it again.",
    ),
    (
        ("permission denied", "readonly"),
        "This program may not do that in the {store}; its rights are narrower on purpose.",
    ),
)
"""What a driver's error holds, and the sentence for it; the first that fits is said."""
PRAGMAS: Final = ("journal_mode=WAL", "secure_delete=ON", "foreign_keys=ON", "synchronous=FULL", "temp_store=MEMORY")

MUCH: Final = {"cache_size": -32 * 1024, "wal_autocheckpoint": 16 * 1024}
"""For steps that touch rows all over a store: 32 MiB of pages in memory, 64 MiB of log before it is folded in."""

Done = TypeVar("Done")


class Conflict(TayoriError):
    """A row with this key is already there: what was asked for was done before, or by somebody else."""

    exit_code = 3


class Contended(Unavailable):
    """Another program stood in the way; nothing was written, and the same may be tried again at once."""


class Absent(Unavailable):
    """The store is not where its address says, or was never set up."""


def open_store(url: str, *, store: str = "database", create: bool = False) -> Engine:
    """Open a store by its address; `store` is what errors call it.

    On SQLite the file must exist unless `create`; it is made readable by its owner alone. Parameters never appear
    in errors or logs.

    Raises:
        BadInput: the address is not one that SQLAlchemy understands.

    """
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            engine = _open_sqlite(Path(str(address.database)), create=create)
            engine.update_execution_options(tayori_store=store)
            return engine
        if address.get_backend_name() != "postgresql":
            raise _misunderstood()
        named = {"tayori_store": store}
        return create_engine(
            address.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            pool_pre_ping=True,
            execution_options=named,
        )
    except (ArgumentError, NoSuchModuleError):
        raise _misunderstood() from None


def _misunderstood() -> BadInput:
    return BadInput("A store's address is not understood; write sqlite:///PATH or postgresql://...")


KINDS: Final[dict[tuple[str, ...], type[Unavailable]]] = {THERE_OR_NOT: Absent, BUSY: Contended}


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection to read on; nothing is written.

    On SQLite everything is read from one state. On PostgreSQL each statement sees what is committed when it begins
    (READ COMMITTED): tables change names when keys are rotated and are rewritten when rows are wiped, and an older
    snapshot would find a renamed or rewritten table without its newest rows, which reads like an erased person.
    """
    with _sentences(engine), engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection whose writes become visible together at the end, or not at all."""
    with _sentences(engine), engine.connect().execution_options(tayori_writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def writing_much(engine: Engine) -> Iterator[Connection]:
    """Give a connection as `writing` does, for a step that touches rows all over a store.

    On SQLite its pages stay in memory until the commit, and its log is folded into the file in larger turns: with the
    driver's own sizes each page is read and written several times. What the log still holds, who cleans folds in.
    """
    if not is_sqlite(engine):
        with writing(engine) as connection:
            yield connection
        return
    with _sentences(engine), engine.connect().execution_options(tayori_writes=True) as connection:
        cursor = driver_cursor(connection)
        before = {pragma: cursor.execute(f"PRAGMA {pragma}").fetchone()[0] for pragma in MUCH}
        _set(cursor, MUCH)
        try:
            with connection.begin():
                yield connection
        finally:
            _set(cursor, before)


def _set(cursor: sqlite3.Cursor, pragmas: Mapping[str, int]) -> None:
    for pragma, value in pragmas.items():
        cursor.execute(f"PRAGMA {pragma} = {value}")


def persistently(work: Callable[[], Done], tries: int = TRIES) -> Done:
    """Do a piece of work that is one transaction, again where another program stood in its way.

    Raises:
        Contended: it did each time.

    """
    for _ in range(tries - 1):
        try:
            return work()
        except Contended:
            continue
    return work()


@contextmanager
def _sentences(engine: Engine) -> Iterator[None]:
    store = str(engine.get_execution_options().get("tayori_store", "database"))
    try:
        yield
    except (IntegrityError, *DRIVERS_INTEGRITY):
        raise Conflict("The store already holds a row with this key; nothing was written.") from None
    except DBAPIError as error:
        raise _why(error.orig, store) from None
    except DRIVERS_ERRORS as error:  # from a driver's own cursor, which SQLAlchemy does not watch over
        raise _why(error, store) from None


def _why(error: BaseException | None, store: str) -> Unavailable:
    if getattr(error, "sqlstate", None) in MEETINGS:
        return Contended(f"Another program stood in the way in the {store}; nothing was written. Run it again.")
    text = str(error).lower()
    for marks, sentence in TROUBLES:
        if any(mark in text for mark in marks):
            return KINDS.get(marks, Unavailable)(sentence.format(store=store))
    return Unavailable(f"The {store} refused ({type(error).__name__}); nothing was written.")


def _open_sqlite(path: Path, *, create: bool) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=_connector(path, create=create),
        poolclass=QueuePool,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    return engine


def _connector(path: Path, *, create: bool) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        if create and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        address = f"{path.absolute().as_uri()}?mode=rw"
        opened = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        _prepare(opened)
        return opened

    return connect


def _prepare(opened: sqlite3.Connection) -> None:
    for pragma in PRAGMAS:
        opened.execute(f"PRAGMA {pragma}")
    if opened.execute("PRAGMA secure_delete").fetchone()[0] != 1:
        opened.close()
        raise Unavailable("This SQLite cannot overwrite what it deletes (secure_delete); use another build.")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("tayori_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def is_sqlite(connection: Connection | Engine) -> bool:
    """Whether the store is the embedded one."""
    return connection.dialect.name == "sqlite"


def driver_cursor(connection: Connection) -> Any:  # noqa: ANN401 - the driver's own cursor, untyped by nature
    """Give the driver's cursor inside the connection's transaction, for bulk work at the driver's speed."""
    return connection.connection.cursor()
