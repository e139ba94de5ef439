"""The end of a run: where the broadcast stands then, and the end of the lists (P11)."""

from sqlalchemy import Connection

from tayori.broadcast.brake import Stop
from tayori.broadcast.moves import SENDER, move
from tayori.domain.batches import RETRY_WITHIN
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BatchState, BroadcastState
from tayori.office import Office
from tayori.vault import audit
from tayori.vault.audit import Action
from tayori.warehouse import batches, broadcasts
from tayori.warehouse.broadcasts import BroadcastRow

GIVEN_BACK = Stop("batches were given back unsent; resume it to send them")
REASONS = {BroadcastState.NEEDS_DECISION: "LINE never said whether the last batches went out"}
KEEP_LISTS = {BroadcastState.PAUSED, BroadcastState.HELD}


def still_doubtful(connection: Connection, office: Office, broadcast_id: BroadcastId) -> bool:
    """Whether there are batches of unknown outcome that may still be asked about (12 hours from their first try)."""
    return batches.may_still_be_asked(connection, broadcast_id, since=office.now() - RETRY_WITHIN)


def end(connection: Connection, office: Office, row: BroadcastRow, stop: Stop | None) -> BroadcastState:
    """End the run: sent, stopped with a reason, or in need of a decision; free the lease; destroy lists that are done.

    While a broadcast is paused or held, its lists of accepted batches stay: the run is not ended, and a correction
    may still go to exactly those.
    """
    batches.give_up_retrying(connection, before=office.now() - RETRY_WITHIN, broadcast_id=row.broadcast_id)
    tallies = batches.tallies(connection, row.broadcast_id)
    accepted = tallies.get(BatchState.ACCEPTED)
    people = accepted.people if accepted else 0
    after, why = _state_after(row.state, set(tallies), stop)
    broadcasts.change(connection, row.broadcast_id, worker=None, resume_at=why.resume_at if why else None)
    if after is row.state:
        what = f"broadcast {row.broadcast_id}: {after}, run ended"
        audit.record(connection, SENDER, Action.SEND, what, count=people, now=office.now())
    else:
        reason = why.reason if why else REASONS.get(after)
        move(connection, office, SENDER, row, after, reason=reason, count=people)
    if after not in KEEP_LISTS:
        broadcasts.change(connection, row.broadcast_id, ended_at=office.now())
        batches.destroy_lists(connection, row.broadcast_id, planned=after is BroadcastState.CANCELLED)
    return after


def _state_after(
    now: BroadcastState, batch_states: set[BatchState], stop: Stop | None
) -> tuple[BroadcastState, Stop | None]:
    if now is not BroadcastState.SENDING:
        return now, None  # the desk paused or cancelled it
    if BatchState.PLANNED in batch_states or (stop and BatchState.SENDING in batch_states):
        why = stop or GIVEN_BACK
        return why.state, why
    if batch_states & {BatchState.UNKNOWN, BatchState.SENDING}:
        return BroadcastState.NEEDS_DECISION, None
    return BroadcastState.SENT, None
