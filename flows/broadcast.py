"""配信: what two people approved goes to everyone who asked for it, each once (L1, I6, I10)."""

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import BaseModel, ConfigDict, Field

from tasks.broadcast import accounted, check, counts_of, freeze_audience, send_block, settle, under_way
from tasks.support import sentence_only
from tayori.domain.identifiers import BroadcastId
from tayori.domain.states import BroadcastState

TERMS = {
    "audience": "対象（人）",
    "batches": "送信の束（最大500人）",
    "accepted": "LINEが受け付けた人数",
    "refused": "LINEが断った人数",
    "unknown": "結果の分からない人数",
    "undecided": "結果が分からないまま閉じた人数",
    "planned": "まだ送っていない人数",
}
STATES = {
    BroadcastState.SENT: "送信済み",
    BroadcastState.PAUSED: "一時停止",
    BroadcastState.CANCELLED: "取りやめ",
    BroadcastState.NEEDS_DECISION: "要判断",
}


class BroadcastOrder(BaseModel):
    """Which broadcast to send. The form can start it, never approve it: only our tables say what is approved."""

    model_config = ConfigDict(title="配信の実行", extra="forbid")

    broadcast_id: str = Field(
        title="配信番号",
        description="承認済みの配信の番号。途中で止まった配信は、同じ番号で続きから送ります。",
        pattern=r"^b-[0-9a-f]{16}$",
    )


@flow(
    name="broadcast",
    description="配信。二人が承認した配信を、希望した人に一度だけ送る。",
    persist_result=False,
)
@sentence_only
def broadcast(order: BroadcastOrder) -> State[None]:
    """Check the two signatures, freeze who gets it, send each batch once, and tell the counts."""
    broadcast_id = BroadcastId(order.broadcast_id)
    run = check(broadcast_id)
    with accounted(run):
        freeze_audience(broadcast_id)
        with under_way(broadcast_id) as sending:
            while send_block(sending) is None:
                pass
        standing = settle(run, broadcast_id)
    counts, state = counts_of(standing), STATES.get(standing.state, standing.state.value)
    rows = [{"項目": term, "数": counts[name]} for name, term in TERMS.items()]
    create_table_artifact(table=rows, key="broadcast", description=f"配信 {broadcast_id} の結果（件数のみ）: {state}")
    return Completed(message=state)
