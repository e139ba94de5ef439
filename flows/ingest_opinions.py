"""The letters of every channel that is set come in, each once (O1, O5)."""

from typing import Any, Final

from prefect import flow
from prefect.artifacts import create_table_artifact

from tasks.opinions import take_in_call_centre, take_in_mails
from tasks.support import sentence_only

COUNTS: Final = {
    "read": "読込み",
    "recorded": "案件",
    "counted": "件数のみ",
    "duplicate": "既読",
    "changed": "取込み元での変更",
    "quarantined": "隔離",
}
LEFT: Final = {
    "mail_is_too_large": "大きすぎるため未読込み",
    "mail_was_filed_and_is_not_known_here": "取込済のフォルダにあり、ここにないもの（確かめてください）",
    "mail_was_set_aside_and_nobody_decided": "取込済のフォルダにあり、隔離のまま決まっていないもの（確かめてください）",
}


@flow(name="ingest-opinions", persist_result=False)
@sentence_only
def ingest_opinions() -> None:
    """Take in what the call centre handed over and what came by mail since the last time; where none is set, say so.

    A channel that is away keeps back no other: the run fails for it when all have been read.
    """
    read = {"コールセンター": take_in_call_centre(return_state=True), "メール": take_in_mails(return_state=True)}
    done = {channel: state for channel, state in read.items() if state.is_completed()}
    rows = [row for channel, state in done.items() for row in _rows(channel, state.result())]
    create_table_artifact(table=rows, key="ingest-opinions", description="意見等の取込み（件数のみ）")
    for state in read.values():
        state.result()


def _rows(channel: str, counts: dict[str, Any] | None) -> list[dict[str, str]]:
    if counts is None:
        return [{"媒体": channel, "項目": "取込み", "件数": "設定なし"}]
    rows = [{"媒体": channel, "項目": term, "件数": str(counts[name])} for name, term in COUNTS.items()]
    told = {LEFT[reason]: count for reason, count in counts.get("left_behind", {}).items()}
    told |= {"取込済のフォルダから削除": counts["cleared"]} if "cleared" in counts else {}
    return rows + [{"媒体": channel, "項目": term, "件数": str(count)} for term, count in told.items()]
