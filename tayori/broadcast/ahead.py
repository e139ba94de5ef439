"""The next chunk of an audience, looked up while the one before it is written: outside of every lock.

A number that was looked up before the transaction in which it is stored could belong to somebody who was erased in
between. An erasure writes its line into the access log in its own transaction; so whoever stores numbers reserves the
log's line, and looks them up anew if the log tells of an erasure since.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sqlalchemy import Connection

from tayori.domain.batches import Numbers
from tayori.office import Office
from tayori.vault import audit
from tayori.warehouse.engines import reading

Find = Callable[[Connection, int], Numbers]
"""Looks up the next numbers above one, in a transaction."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Numbers above `after`, and how far the access log was when they were looked up."""

    after: int
    seq: int
    numbers: Numbers


class Ahead:
    """Looks up one chunk ahead, in a thread. A context: leaving it drops what was looked up."""

    def __init__(self, office: Office, find: Find) -> None:
        self._office = office
        self._find = find
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._next: Future[_Found] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def begin(self, after: int) -> None:
        """Begin to look up what comes above a number."""
        self._next = self._pool.submit(self._look, after)

    def wait(self) -> None:
        """Wait, outside of every lock, until it is looked up. What went wrong is told where the numbers are needed."""
        if self._next is not None:
            self._next.exception()

    def numbers(self, connection: Connection, after: int) -> Numbers:
        """Give the numbers above `after`, of people who are all still there.

        In a transaction that has reserved the log's line: nobody is erased before it ends.
        """
        looked, self._next = self._next, None
        if looked is not None and looked.exception() is None:
            found = looked.result()
            if found.after == after and not audit.erased_since(connection, found.seq):
                return found.numbers
        return self._find(connection, after)

    def _look(self, after: int) -> _Found:
        with reading(self._office.warehouse) as connection:
            seq = audit.end(connection)
            return _Found(after, seq, self._find(connection, after))
