"""バックアップ: every night, warehouse and inbox are taken out, sealed, and what stands is checked (L12)."""

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.copies import check_backups, keep_escrow, make_backup
from tasks.support import sentence_only


@flow(
    name="backup",
    description="バックアップ。倉庫と受付箱の写しを封緘して取り、置いてあるものを台帳と照らし合わせる。",
    persist_result=False,
)
@sentence_only
def backup() -> State[None]:
    """Make the night's backup, let its key reach the escrow, and look after those that stand."""
    made = make_backup()
    keep_escrow()
    check_backups()
    return Completed(message=made)
