"""定期配信: of every due day of a plan one broadcast, covered by the plan's two signatures (I10)."""

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.dispatch import make_planned
from tasks.support import sentence_only

TERMS = {"made": "作成した配信", "missed": "見送った回", "ended": "終了した計画", "paused": "検査で止めた計画"}


@flow(
    name="plan",
    description="定期配信。承認された計画から、時刻の来る回の配信を一つずつ作る。",
    persist_result=False,
)
@sentence_only
def plan() -> State[None]:
    """Make what is due, and tell the counts."""
    counts = make_planned()
    rows = [{"項目": term, "件数": counts[name]} for name, term in TERMS.items()]
    create_table_artifact(table=rows, key="plan", description="定期配信の作成（件数のみ）")
    return Completed(message=f"作成 {counts['made']} 件")
