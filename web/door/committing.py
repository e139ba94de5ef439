"""Group commit: what many requests hand in at once becomes one transaction, and none is answered before its end.

While one transaction is on its way to the disk, what comes meanwhile gathers for the next one. So the disk is waited
for once for all who wait, and a single delivery waits for nobody.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, Generic, TypeVar

MOST: Final = 256  # in one transaction: it ends long before anybody's patience
MOST_BYTES: Final = 8 << 20

T = TypeVar("T")


class GroupCommit(Generic[T]):
    """Hands what it is given to `write`, many at a time. Belongs to one event loop; `write` runs on a thread.

    `size` tells how many bytes one of them is; `told`, how many were written in one transaction.
    """

    def __init__(
        self,
        write: Callable[[Sequence[T]], None],
        size: Callable[[T], int],
        told: Callable[[int], None] = lambda _count: None,
    ) -> None:
        self._write = write
        self._size = size
        self._told = told
        self._waiting: dict[asyncio.Future[None], T] = {}
        self._writer: asyncio.Task[None] | None = None

    async def put(self, given: T) -> None:
        """Hand in one; returns once it is committed. Who gives up waiting may have been committed all the same.

        Raises:
            Exception: whatever kept the whole group from being written; nothing of it was kept.

        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[done] = given
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

    def _next(self) -> dict[asyncio.Future[None], T]:
        """Take the first of those who wait; the first of all is taken however large it is."""
        group: dict[asyncio.Future[None], T] = {}
        size = 0
        for done, given in islice(self._waiting.items(), MOST):
            size += self._size(given)
            if group and size > MOST_BYTES:
                break
            group[done] = given
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
