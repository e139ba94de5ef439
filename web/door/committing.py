"""Group commit: what many requests hand in at once becomes one transaction, and none is answered before its end.

While one transaction is on its way to the disk, what comes meanwhile gathers for the next one. So the disk is waited
for once for all who wait, and a single delivery waits for nobody.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

from tayori.warehouse.inbox import Submission

MOST_ROWS: Final = 256  # in one transaction: it ends long before anybody's patience
MOST_BYTES: Final = 8 << 20

Write = Callable[[Sequence[Submission]], None]


class GroupCommit:
    """Adds submissions to a store, many at a time. Belongs to one event loop; `write` runs on a thread."""

    def __init__(self, write: Write, told: Callable[[int], None] = lambda _rows: None) -> None:
        self._write = write
        self._told = told
        self._waiting: dict[asyncio.Future[None], Submission] = {}
        self._writer: asyncio.Task[None] | None = None

    async def put(self, submission: Submission) -> None:
        """Add one submission; returns once it is committed. Who gives up waiting may have been committed all the same.

        Raises:
            Exception: whatever kept the whole group from being written; nothing of it was kept.

        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[done] = submission
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        try:
            await done
        finally:
            self._waiting.pop(done, None)

    async def _write_all(self) -> None:
        while group := self._next():
            error: Exception | None = None
            try:
                await asyncio.to_thread(self._write, list(group.values()))
            except Exception as trouble:  # noqa: BLE001 - each of those who wait is told of it
                error = trouble
            else:
                self._told(len(group))
            for done in group:
                _tell(done, error)

    def _next(self) -> dict[asyncio.Future[None], Submission]:
        """Take the first of those who wait; somebody who waits is taken however large their submission is."""
        group: dict[asyncio.Future[None], Submission] = {}
        size = 0
        for done, submission in islice(self._waiting.items(), MOST_ROWS):
            size += len(submission.sealed)
            if group and size > MOST_BYTES:
                break
            group[done] = submission
        for done in group:
            del self._waiting[done]
        return group


def _tell(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():  # gave up waiting
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
