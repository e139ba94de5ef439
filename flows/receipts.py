"""受付の知らせ: who wrote over the opinion screen gets a mail that it came in, and may ask how it stands (O1)."""

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.receipts import confirm, tell_states
from tasks.support import sentence_only

TERMS = {"sent": "送ったメール", "put_off": "後で送り直す", "given_up": "送れなかった"}


@flow(
    name="receipts",
    description="受付の知らせ。意見入力画面で受け付けたことをメールで知らせ、照会の状態を新しくする。",
    persist_result=False,
)
@sentence_only
def receipts() -> State[None]:
    """Confirm what came in, bring the states up to date, and tell the counts."""
    counts = confirm()
    changed = tell_states()
    rows = [{"項目": term, "件数": str(counts[name]) if counts else "設定なし"} for name, term in TERMS.items()]
    rows.append({"項目": "新しくした状態", "件数": str(changed)})
    create_table_artifact(table=rows, key="receipts", description="受付の知らせ（件数のみ）")
    return Completed(message=f"メール {counts['sent'] if counts else 0} 通、状態 {changed} 件")
