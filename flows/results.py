"""配信の結果: every morning, what went out this month, in which genre, and how many blocked the account around it."""

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.results import ask_line, sum_up, write_down
from tasks.support import sentence_only
from tayori.reports.broadcast_results import STATES, genre_cells

HEADINGS = ["配信（回）", "割合", *STATES.values(), "1日のブロック（人）", "月平均との差"]


@flow(
    name="results",
    description="配信の結果。ジャンルごとの配信と人数、日ごとのブロック、LINEの集計を表とページにする。",
    persist_result=False,
)
@sentence_only
def results() -> State[None]:
    """Ask LINE for its figures, sum up the month, and show it as tables and a page."""
    asked = ask_line()
    month = sum_up()
    write_down(month, asked)
    genres = [
        {"ジャンル": row.genre, **dict(zip(HEADINGS, genre_cells(row, month), strict=True))} for row in month.genres
    ]
    create_table_artifact(
        table=genres or [{"ジャンル": "-", "配信（回）": "0"}],
        key="results-genres",
        description=f"{month.month:%Y年%m月} の配信（件数のみ）。人数が少ない配信 {month.small} 回の人数は含みません",
    )
    days = [{"日": f"{one.day:%m/%d}", "配信（回）": one.pushes, "ブロック（人）": one.blocks} for one in month.days]
    create_table_artifact(table=days, key="results-days", description="日ごとのブロックと配信（件数のみ）")
    told = "LINE の設定なし" if asked is None else f"LINE に尋ねた配信 {asked['broadcasts']} 件"
    return Completed(message=f"配信 {month.pushes} 回、{told}")
