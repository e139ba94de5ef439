"""Steps of the broadcast's story: check, freeze, send block by block, tell. An opaque id in, counts out."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.rate import refuse_without_limit, shared_pacer
from tasks.support import desk, sentence_only
from tayori.broadcast import control, freeze, lease
from tayori.broadcast.control import Standing
from tayori.broadcast.guards.asking import asking_room
from tayori.domain.identifiers import BroadcastId, RunId
from tayori.domain.states import BatchState, BroadcastState
from tayori.errors import Refused, TayoriError
from tayori.warehouse import runs
from tayori.warehouse.engines import writing
from tayori.warehouse.runs import Outcome

if TYPE_CHECKING:
    from tayori.broadcast.send import Sending

STORY: Final = "broadcast"
BLOCK: Final = 100
"""Batches a task: fifty thousand recipients, half a second at LINE's own rate."""


@task(name="承認の確認", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def check(broadcast_id: BroadcastId) -> RunId:
    """Take an approved broadcast in hand, unless a guard holds it or the rate cannot be shared; give the run's id."""
    with desk() as office:
        refuse_without_limit(office.settings)
        with writing(office.warehouse) as warehouse:
            run_id = runs.begin(warehouse, STORY, office.now(), office.rng)
        try:
            freeze.start(office, broadcast_id, lease.worker_name(), room=asking_room(office.settings))
        except Exception:
            with writing(office.warehouse) as warehouse:
                runs.end(warehouse, run_id, Outcome.REFUSED, {}, office.now())
            raise
        return run_id


@task(name="宛先の確定", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def freeze_audience(broadcast_id: BroadcastId) -> dict[str, int]:
    """Freeze the audience into batches, each with its key stored before the first call."""
    with desk() as office:
        frozen = freeze.freeze(office, broadcast_id, lease.worker_name())
        return {"people": frozen.people, "batches": frozen.batches}


@contextlib.contextmanager
def accounted(run_id: RunId) -> Iterator[None]:
    """See that a run which does not come to its end is written down as what it is; the error goes on.

    A store that is away now leaves the row open: nothing can be written then.
    """
    try:
        yield
    except Exception as error:
        outcome = Outcome.REFUSED if isinstance(error, Refused) else Outcome.FAILED
        with contextlib.suppress(TayoriError), desk() as office, writing(office.warehouse) as warehouse:
            runs.end(warehouse, run_id, outcome, {}, office.now())
        raise


@contextlib.contextmanager
def under_way(broadcast_id: BroadcastId) -> Iterator["Sending"]:
    """Give the sender of a broadcast: it opens ids ahead from one block to the next, and ends with the block."""
    # start-up time: the LINE SDK takes two seconds to load, and no other step needs it
    from tayori.broadcast.send import Sending  # noqa: PLC0415
    from tayori.line.client import LineClient  # noqa: PLC0415

    with desk() as office, shared_pacer(office.settings) as pacer:
        line = LineClient.from_settings(office.settings)
        with Sending(office, broadcast_id, lease.worker_name(), line, limiter=pacer) as sending:
            yield sending


@task(name="送信", persist_result=False, cache_policy=NO_CACHE)
@sentence_only
def send_block(sending: "Sending") -> BroadcastState | None:
    """Send the next batches; give where the broadcast stands once the run has ended, None while it goes on."""
    return sending.advance(BLOCK).ended


@task(name="結果の記録", persist_result=False, cache_policy=NO_CACHE, retries=3, retry_delay_seconds=20)
@sentence_only
def settle(run_id: RunId, broadcast_id: BroadcastId) -> Standing:
    """Write down what the run counted; give where the broadcast stands."""
    with desk() as office:
        standing = control.status(office, broadcast_id)
        with writing(office.warehouse) as warehouse:
            runs.end(warehouse, run_id, Outcome.DONE, counts_of(standing), office.now())
        return standing


def counts_of(standing: Standing) -> dict[str, int]:
    """What a run's record holds: the audience, the batches, and people by what became of their batch."""
    batches = sum(tally.batches for tally in standing.batches.values())
    return {"audience": standing.frozen or 0, "batches": batches} | {
        state.value: standing.people(state) for state in BatchState
    }
