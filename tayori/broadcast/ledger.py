"""The ledger of one broadcast: what is claimed is stored before it is asked, what became of it is stored afterwards.

Every function works in the caller's transaction. Lists are open here and nowhere in the store.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection

from tayori.broadcast.courier import Delivered
from tayori.domain.batches import RETRY_WITHIN, only, pack, retry_key
from tayori.domain.identifiers import BroadcastId
from tayori.domain.segments import Segment
from tayori.domain.states import BatchState
from tayori.office import Office
from tayori.vault.lists import ListSeal
from tayori.warehouse import audience, batches
from tayori.warehouse.batches import FrozenBatch, Split
from tayori.warehouse.broadcasts import BroadcastRow


@dataclass(frozen=True)
class Ledger:
    """Claims and settles the batches of one broadcast."""

    office: Office
    broadcast_id: BroadcastId
    segment: Segment
    lists: ListSeal

    def claim_doubtful(self, connection: Connection, after: int, most: int) -> list[FrozenBatch]:
        """Claim batches that may have reached LINE: they are asked about again, as they were."""
        since = self.office.now() - RETRY_WITHIN
        batches.give_up_retrying(connection, before=since, broadcast_id=self.broadcast_id)
        return batches.next_open(connection, self.broadcast_id, after, most, self.lists, since=since)

    def claim_planned(self, connection: Connection, row: BroadcastRow, after: int, most: int) -> list[FrozenBatch]:
        """Claim planned batches: who is no longer in the audience is dropped, then all is stored before any call."""
        found = batches.next_planned(connection, self.broadcast_id, after, most, self.lists)
        block = self._narrowed(connection, row.genre, found)
        changed = [new.ordinal for old, new in zip(found, block, strict=True) if old.size != new.size]
        batches.begin_attempts(connection, self.broadcast_id, block, changed, self.lists)
        return block

    def _narrowed(self, connection: Connection, genre: int, found: Sequence[FrozenBatch]) -> list[FrozenBatch]:
        """Drop who left or changed their mind.

        Neighbouring batches are looked at in one range; one that was split is far from its neighbours, and is looked
        at by itself.
        """
        now, block = self.office.now(), []
        for run in _neighbours(found):
            first, last = int(run[0].numbers[0]), int(run[-1].numbers[-1])
            present = audience.still_in(connection, genre, self.segment, first, last)
            block += [replace(one, members=only(one.members, present), first_attempt_at=now) for one in run]
        empty = [replace(one, first_attempt_at=now) for one in found if not one.size]
        return sorted([*block, *empty], key=lambda one: one.ordinal)

    def settle(self, connection: Connection, done: Sequence[tuple[FrozenBatch | None, Delivered]]) -> int:
        """Write what became of batches; give how many were taken apart because LINE refused recipients."""
        now, rng = self.office.now(), self.office.rng
        splits = [
            split
            for batch, one in done
            if one.state is BatchState.REFUSED and batch is not None and (split := self._split(batch, one)) is not None
        ]
        apart = {split.ordinal for split in splits}
        again = [(one.ordinal, retry_key(rng)) for _, one in done if one.state is BatchState.PLANNED]
        settled = [one.settled for _, one in done if one.state is not BatchState.PLANNED and one.ordinal not in apart]
        batches.give_back(connection, self.broadcast_id, again)
        batches.settle(connection, self.broadcast_id, settled, now)
        batches.split(connection, self.broadcast_id, splits, self.lists, now)
        batches.add_calls(connection, [call for _, one in done for call in one.calls])
        return len(splits)

    def _split(self, batch: FrozenBatch, refused: Delivered) -> Split | None:
        """Take out whom LINE names; where it names nobody, take the batch in two halves. None: nobody is left over."""
        named = refused.answer.named if refused.answer else ()
        numbers, at = batch.numbers, np.zeros(batch.size, np.bool_)
        at[[place for place in named if place < batch.size]] = True
        if not at.any():
            at[batch.size // 2 :] = True
        kept, other = numbers[~at], numbers[at]
        if not len(kept) or not len(other):
            return None
        first, second = retry_key(self.office.rng), retry_key(self.office.rng)
        return Split(batch.ordinal, pack(kept), first, pack(other), second, refused=bool(named))


def _neighbours(found: Iterable[FrozenBatch]) -> list[list[FrozenBatch]]:
    """Group batches whose lists follow one another; a list that begins before its neighbour's end begins a group."""
    groups: list[list[FrozenBatch]] = []
    for one in found:
        if not one.size:
            continue
        last = groups[-1][-1] if groups else None
        if last is None or int(one.numbers[0]) <= int(last.numbers[-1]):
            groups.append([])
        groups[-1].append(one)
    return groups
