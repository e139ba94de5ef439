"""消去: every night, whoever left is forgotten, and the proof is filed (L14, P12)."""

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.copies import end_backups, keep_escrow
from tasks.retention import (
    begin_night,
    clean_up,
    end_night,
    erase_leavers,
    issue_certificate,
    probe_residue,
    rotate_keys,
    settle_certificates,
)
from tasks.support import sentence_only

TERMS = {
    "erased": "消去した人数",
    "waiting": "送信結果を待つ人数",
    "held": "保留した人数（多すぎるため）",
    "survivors": "引き継いだ鍵",
    "residue_hits": "残存の検出",
}

SETTLED = {
    "settled": "確定した証明書",
    "waiting_for_final": "確定を待つ証明書",
    "final_refused": "確定を見合わせた証明書",
}


@flow(
    name="retention",
    description="消去。登録をやめた人の情報を消去し、残っていないことを調べ、証明書を発行する。",
    persist_result=False,
)
@sentence_only
def retention() -> State[None]:
    """Forget everyone who left, prove it, file the proof, and settle the proofs of earlier nights."""
    night = begin_night()
    erase_leavers(night)
    end_backups()
    rotate_keys(night)
    keep_escrow()
    clean_up(night)
    probe_residue(night)
    certificate = issue_certificate(night)
    settled = settle_certificates()
    counts = end_night(night)
    keep_escrow()
    rows = [{"項目": term, "数": str(counts[name])} for name, term in TERMS.items()]
    rows += [{"項目": term, "数": str(settled[name])} for name, term in SETTLED.items()]
    rows.append({"項目": "証明書", "数": certificate or "対象者なし"})
    create_table_artifact(table=rows, key="retention", description="消去の結果（件数のみ）")
    return Completed(message=certificate or "対象者なし")
