"""取込み: what the doors sealed goes through the gate into the warehouse, all day, one run at a time."""

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import BaseModel, ConfigDict, Field

from tasks.ingest import end, take_in, take_over
from tasks.support import sentence_only

TERMS = {
    "received": "届いたイベント",
    "applied": "反映",
    "ignored": "対象外",
    "duplicate": "重複",
    "quarantined": "隔離",
    "answered": "友だち登録・トークへの返信",
    "unanswered": "返信しなかったもの（返信の期限切れなど）",
    "settings_received": "届いた受信設定",
    "settings_applied": "受信設定の反映",
    "letters_read": "届いた意見等（入力画面）",
    "letters_recorded": "案件にした意見等",
    "letters_quarantined": "意見等の隔離",
    "wishes_received": "本人の求め（消去など）",
    "wishes_applied": "本人の求めの反映",
    "settings_quarantined": "受信設定の隔離",
}


class IngestOrder(BaseModel):
    """How long to go on taking in."""

    model_config = ConfigDict(title="取込みの実行", extra="forbid")

    seconds: int = Field(
        3600, title="続ける秒数", description="0 なら、いまある分を取り込んで終わります。", ge=0, le=7200
    )


@flow(
    name="ingest",
    description="取込み。友だち登録・ブロック・受信設定を、届くそばから検査して取り込む。",
    persist_result=False,
)
@sentence_only
def ingest(order: IngestOrder) -> State[None]:
    """Take over from the run before, take in what comes, and tell the counts."""
    run = take_over()
    if run is None:
        return Completed(message="ほかの回が取込み中のため、何もせずに終わりました")
    counts = take_in(run, order.seconds)
    end(run, counts)
    rows = [{"項目": term, "件数": str(counts[name])} for name, term in TERMS.items()]
    create_table_artifact(table=rows, key="ingest", description="取込みの結果（件数のみ）")
    return Completed(message=f"反映 {counts['applied']} 件")
