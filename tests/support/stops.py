"""Stop a program as a kill would, at a chosen commit of a store: what was committed stays, nothing after it happens."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event


class Killed(BaseException):
    """The program ended here; no handler of errors catches it."""


@contextmanager
def stopped_after(engine: Engine, commits: int) -> Iterator[list[int]]:
    """Stop right before the commit after so many; the list holds how many came through."""
    came = [0]

    def count(_: Connection) -> None:
        if came[0] == commits:
            raise Killed
        came[0] += 1

    event.listen(engine, "commit", count)
    try:
        yield came
    finally:
        event.remove(engine, "commit", count)
