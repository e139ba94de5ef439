"""新着情報: news of the ward's site becomes drafts that a writer may take over. No feed sends (I7)."""

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.feeds import look_at, named_feeds, write_down
from tasks.support import sentence_only

TERMS = {
    "drafted": "案にした",
    "known": "既に案にした",
    "old": "古い",
    "unmatched": "規則に当たらない",
    "undated": "日時がない・先の日時",
    "elsewhere": "許可のないリンク先",
    "no_id": "番号がない",
    "no_title": "題がない・長すぎる",
    "unfit": "本文にできない",
}


@flow(
    name="feeds",
    description="新着情報。区のサイトのフィードから配信の案を作る。送信はしない。",
    persist_result=False,
)
@sentence_only
def feeds() -> State[None]:
    """Look at every feed, keep drafts of what is new, and tell the counts."""
    names = named_feeds()
    if not names:
        return Completed(message="フィードの設定なし")
    looks = [look_at(name) for name in names]
    expired = write_down(looks)
    rows = [
        {"フィード": look["feed"], **{term: look[name] for name, term in TERMS.items()}, "異常": look["trouble"] or "-"}
        for look in looks
    ]
    create_table_artifact(
        table=rows, key="feeds", description=f"新着情報の件数。引き取られずに期限が切れた案: {expired} 件"
    )
    troubled = sum(bool(look["trouble"]) for look in looks)
    if troubled:
        return Completed(name="Alarm", message=f"読めないフィード {troubled} 件")
    return Completed(message=f"案 {sum(look['drafted'] for look in looks)} 件")
