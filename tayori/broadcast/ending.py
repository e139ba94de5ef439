"""The end of a run: where the broadcast stands then, and the end of the lists (P11)."""

from sqlalchemy import Connection

from tayori.broadcast.freeze import SENDER
from tayori.domain.batches import RETRY_WITHIN
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BatchState, BroadcastState
from tayori.office import Office
from tayori.vault import audit
from tayori.vault.audit import Action
from tayori.warehouse import batches, broadcasts
from tayori.warehouse.broadcasts import BroadcastRow

REASONS = {
    BroadcastState.PAUSED: "batches were given back unsent; resume it to send them",
    BroadcastState.NEEDS_DECISION: "LINE never said whether the last batches went out",
}


def still_doubtful(connection: Connection, office: Office, broadcast_id: BroadcastId) -> bool:
    """Whether there are batches of unknown outcome that may still be asked about (12 hours from their first try)."""
    since = office.now() - RETRY_WITHIN
    return bool(batches.next_open(connection, broadcast_id, 0, 1, since=since))


def end(connection: Connection, office: Office, row: BroadcastRow, stopped_because: str | None) -> BroadcastState:
    """End the run: sent, paused with a reason, or in need of a decision; free the lease; destroy lists that are done.

    While a broadcast is paused, its lists of accepted batches stay: the run is not ended.
    """
    batches.give_up_retrying(connection, before=office.now() - RETRY_WITHIN, broadcast_id=row.broadcast_id)
    tallies = batches.tallies(connection, row.broadcast_id)
    after = _state_after(row.state, set(tallies), stopped_because)
    if after is not row.state:
        broadcasts.move(connection, row, after, stopped_because or REASONS.get(after))
    broadcasts.change(connection, row.broadcast_id, worker=None)
    if after is not BroadcastState.PAUSED:
        broadcasts.change(connection, row.broadcast_id, ended_at=office.now())
        batches.destroy_lists(connection, row.broadcast_id, planned=after is BroadcastState.CANCELLED)
    accepted = tallies.get(BatchState.ACCEPTED)
    what, people = f"broadcast {row.broadcast_id} {after}", accepted.people if accepted else 0
    audit.record(connection, SENDER, Action.SEND, what, count=people, now=office.now())
    return after


def _state_after(now: BroadcastState, batch_states: set[BatchState], stopped_because: str | None) -> BroadcastState:
    if now is not BroadcastState.SENDING:
        return now  # the desk paused or cancelled it
    if BatchState.PLANNED in batch_states or (stopped_because and BatchState.SENDING in batch_states):
        return BroadcastState.PAUSED
    if batch_states & {BatchState.UNKNOWN, BatchState.SENDING}:
        return BroadcastState.NEEDS_DECISION
    return BroadcastState.SENT
