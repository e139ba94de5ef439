"""照合: who left LINE altogether sends no event; twice a day they are found out (L14)."""

from prefect import flow
from prefect.artifacts import create_table_artifact

from tasks.retention import scan_followers
from tasks.support import sentence_only

TERMS = {
    "listed": "友だち一覧の人数",
    "concerned": "照合の対象",
    "first_seen": "初めて一覧で見た人数",
    "missed": "一覧にない人数",
    "asked": "続けて一覧になく、確かめた人数",
    "quit": "利用をやめたと判断した人数",
    "never_seen": "一度も一覧で見ていない人数",
}


@flow(
    name="reconcile",
    description="照合。友だち一覧に続けて二度なく、プロフィールもない人を、LINEの利用をやめた人として消去に回す。",
    persist_result=False,
)
@sentence_only
def reconcile() -> None:
    """Scan the follower list; whoever is missing twice and has no profile goes to the night's erasure."""
    found = scan_followers()
    rows = [{"項目": term, "人数": str(getattr(found, name))} for name, term in TERMS.items()]
    create_table_artifact(table=rows, key="reconcile", description="照合の結果（件数のみ）")
