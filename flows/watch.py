"""見回り: what should have happened and did not, every ten minutes."""

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.alarms import end_what_is_over, look_around, show_alarms, tell_the_desk
from tasks.support import sentence_only


@flow(
    name="watch",
    description="見回り。消去の遅れ、受付箱の滞り、止まった配信、期限の近い隔離、期限を過ぎた複製を知らせる。",
    persist_result=False,
)
@sentence_only
def watch() -> State[None]:
    """Look around, end what is over, show what was found, and tell the desk what is new."""
    alarms = look_around()
    end_what_is_over()
    show_alarms(alarms)
    tell_the_desk(alarms)
    if alarms:
        return Completed(name="Alarm", message=f"{len(alarms)} 種の異常")
    return Completed(message="異常なし")
