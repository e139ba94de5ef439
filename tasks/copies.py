"""Steps about copies: the night's backup, its check, the end of what expired, the escrow. Counts and ids only."""

from prefect import task

from tasks.support import desk, sentence_only
from tayori.errors import Tampered
from tayori.retention.copies import backups, escrow


@task(name="バックアップの作成", persist_result=False)
@sentence_only
def make_backup() -> str:
    """Take warehouse and inbox out, sealed; give the backup's id."""
    with desk() as office:
        return backups.make(office, backups.FLOW).copy_id


@task(name="預託の更新", persist_result=False)
@sentence_only
def keep_escrow() -> str:
    """Make the escrow anew; give its id, or the sentence that says why there is none. The night goes on either way."""
    with desk() as office:
        kept = escrow.keep(office)
        return kept.copy_id or kept.sentence


@task(name="バックアップの照合", persist_result=False)
@sentence_only
def check_backups() -> None:
    """Hold every backup that stands against the ledger, every byte.

    Raises:
        Tampered: one is missing or was changed; the sentence names it.

    """
    with desk() as office:
        troubles = backups.look_after(office)
    if troubles:
        raise Tampered(f"{len(troubles)} backups are not as the ledger says. {troubles[0].sentence}")


@task(name="期限の来たバックアップの終了", persist_result=False)
@sentence_only
def end_backups() -> dict[str, int]:
    """Destroy the keys and files of backups whose time has come, before the night's rotation."""
    with desk() as office:
        return backups.expire(office)
