"""Group commit: one transaction for all who wait, each answered after it, and one failure is everybody's."""

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tayori.errors import Unavailable
from web.door.committing import MOST, MOST_BYTES, GroupCommit


@dataclass(frozen=True)
class Handed:
    """Something that is handed in: a number and a size."""

    number: int
    size: int = 10


class Disk:
    """A store that takes its time, fails when told to, and remembers each transaction."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.broken = False
        self.groups: list[list[Handed]] = []
        self.stuck = threading.Event()
        self.stuck.set()

    def write(self, group: Sequence[Handed]) -> None:
        """Commit a group."""
        time.sleep(self.seconds)
        self.stuck.wait()
        if self.broken:
            raise Unavailable("The disk is full.")
        self.groups.append(list(group))


def test_who_comes_during_a_commit_shares_the_next() -> None:
    """Of a hundred at once the first goes alone, and all others in one transaction, in their order."""

    async def go() -> Disk:
        disk = Disk(0.05)
        commit = GroupCommit[Handed](disk.write, lambda one: one.size)
        first = asyncio.create_task(commit.put(Handed(0)))
        await asyncio.sleep(0.01)
        await asyncio.gather(first, *(commit.put(Handed(one)) for one in range(1, 100)))
        return disk

    disk = asyncio.run(go())
    assert [len(group) for group in disk.groups] == [1, 99]
    assert [one.number for group in disk.groups for one in group] == list(range(100))


def test_nobody_is_answered_before_the_commit() -> None:
    """While the disk stands still, `put` waits; it returns once the row is there."""

    async def go() -> None:
        disk = Disk()
        commit = GroupCommit[Handed](disk.write, lambda one: one.size)
        disk.stuck.clear()
        waiting = asyncio.create_task(commit.put(Handed(1)))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        disk.stuck.set()
        await waiting
        assert [len(group) for group in disk.groups] == [1]

    asyncio.run(go())


def test_a_failed_commit_is_told_to_everybody_in_it_and_to_nobody_after() -> None:
    """All of a group hear why; the next one is written."""

    async def go() -> Disk:
        disk = Disk(0.01)
        commit = GroupCommit[Handed](disk.write, lambda one: one.size)
        disk.broken = True
        told = await asyncio.gather(*(commit.put(Handed(one)) for one in range(5)), return_exceptions=True)
        assert [type(one) for one in told] == [Unavailable] * 5
        disk.broken = False
        await commit.put(Handed(9))
        return disk

    assert [[one.number for one in group] for group in asyncio.run(go()).groups] == [[9]]


def test_who_gave_up_is_not_kept_in_memory() -> None:
    """Behind a store that stands still nothing piles up: who gave up before their turn is never written."""

    async def go() -> Disk:
        disk = Disk()
        commit = GroupCommit[Handed](disk.write, lambda one: one.size)
        disk.stuck.clear()
        first = asyncio.create_task(commit.put(Handed(0)))
        await asyncio.sleep(0.02)
        for one in range(1, 50):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await commit.put(Handed(one))
        disk.stuck.set()
        await first
        await commit.put(Handed(99))
        return disk

    assert [one.number for group in asyncio.run(go()).groups for one in group] == [0, 99]


@pytest.mark.parametrize(("size", "most"), [(10, MOST), (MOST_BYTES // 4, 4), (2 * MOST_BYTES, 1)])
def test_a_transaction_stays_short(size: int, most: int) -> None:
    """No more deliveries and bytes in one than end long before anybody's patience; the largest still goes alone."""

    async def go() -> Disk:
        disk = Disk()
        commit = GroupCommit[Handed](disk.write, lambda one: one.size)
        one = Handed(1, size)
        await asyncio.gather(*(commit.put(one) for _ in range(2 * most + 1)))
        return disk

    assert max(len(group) for group in asyncio.run(go()).groups) == most
