"""発送: what is approved for a moment starts when the moment comes; what stopped is taken up again."""

from typing import TYPE_CHECKING

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.broadcast import BroadcastOrder, broadcast
from tasks.dispatch import left_over, next_due, show_agenda
from tasks.support import sentence_only
from tayori.errors import Refused

if TYPE_CHECKING:
    from tayori.domain.identifiers import BroadcastId


@flow(
    name="dispatch",
    description="発送。予約の時刻が来た配信を、承認どおりに送る。途中で止まった配信は続きから送る。",
    persist_result=False,
)
@sentence_only
def dispatch() -> State[None]:
    """Send each due broadcast as flows/broadcast does, the most urgent next; one that is held keeps none back."""
    tried: list[BroadcastId] = []
    failed: list[BroadcastId] = []
    while (one := next_due(tried)) is not None:
        tried.append(one)
        if not broadcast(BroadcastOrder(broadcast_id=one), return_state=True).is_completed():
            failed.append(one)
    show_agenda()
    if failed and (held := left_over(failed)):
        raise Refused(f"{held} of {len(tried)} due broadcasts did not go out; see their own runs for the reason.")
    return Completed(message=f"発送 {len(tried)} 件")
