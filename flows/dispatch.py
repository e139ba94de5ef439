"""発送: what is approved for a moment starts when the moment comes; what stopped is taken up again."""

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.broadcast import BroadcastOrder, broadcast
from tasks.dispatch import due_now, show_agenda
from tasks.support import sentence_only
from tayori.errors import Refused


@flow(
    name="dispatch",
    description="発送。予約の時刻が来た配信を、承認どおりに送る。途中で止まった配信は続きから送る。",
    persist_result=False,
)
@sentence_only
def dispatch() -> State[None]:
    """Send each due broadcast as flows/broadcast does; one that is held does not keep the others."""
    due = due_now()
    ends = [broadcast(BroadcastOrder(broadcast_id=one), return_state=True) for one in due]
    show_agenda()
    held = sum(not end.is_completed() for end in ends)
    if held:
        raise Refused(f"{held} of {len(ends)} due broadcasts did not go out; see their own runs for the reason.")
    return Completed(message=f"発送 {len(ends)} 件")
