"""The letters of the call centre come in, each once (O5)."""

from prefect import flow
from prefect.artifacts import create_table_artifact

from tasks.opinions import take_in_call_centre
from tasks.support import sentence_only


@flow(name="ingest-opinions", persist_result=False)
@sentence_only
def ingest_opinions() -> None:
    """Take in what the call centre handed over since the last time; where none is set, say so."""
    counts = take_in_call_centre()
    if counts is None:
        rows = [{"項目": "コールセンター", "件数": "設定なし"}]
    else:
        names = {
            "read": "読込み",
            "recorded": "案件",
            "counted": "件数のみ",
            "duplicate": "既読",
            "quarantined": "隔離",
        }
        rows = [{"項目": term, "件数": str(counts[name])} for name, term in names.items()]
    create_table_artifact(table=rows, key="ingest-opinions", description="意見等の取込み（件数のみ）")
