"""The page of a wrong send for the incident file: what happened, in counts, and what stays to be done."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tayori.reports.charts import FONT
from tayori.reports.environment import environment
from tayori.reports.fonts import font_faces

STATES: Final = {
    "accepted": "LINEが受け付けた（届いたと扱う）",
    "unknown": "届いたか分からない",
    "sending": "送信中（まもなく確定する）",
    "undecided": "分からないまま閉じた",
    "refused": "LINEが断った（届いていない）",
    "planned": "送っていない",
}
STANDINGS: Final = {
    "approved": "承認済み",
    "scheduled": "予約済み",
    "sending": "送信中",
    "paused": "一時停止",
    "held": "保留",
    "sent": "送信済み",
    "cancelled": "取りやめ",
    "needs_decision": "要判断",
}
MOMENTS: Final = frozenset({"first_sent_at", "last_settled_at", "counted_at"})
FACTS: Final = {
    "broadcast_id": "配信番号",
    "genre": "情報ジャンル",
    "content_sha256": "本文のハッシュ（SHA-256）",
    "first_sent_at": "最初の送信",
    "last_settled_at": "最後に結果が出た送信",
    "state_before": "報告前の状態",
    "state_now": "報告後の状態",
    "drafted_by": "起案",
    "submitted_by": "提出（署名）",
    "approved_by": "承認（署名）",
    "reported_by": "報告した取扱者",
    "counted_at": "報告・計数の時刻",
    "reason": "理由",
}


def write_wrong_send(record: Mapping[str, Any], folder: Path) -> tuple[Path, Path]:
    """Write a record as JSON and as a page into a folder, named by the incident; give both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    kept, page = (folder / f"{record['incident_id']}.{kind}" for kind in ("json", "html"))
    kept.write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", "utf-8")
    page.write_text(wrong_send_page(record), "utf-8")
    return kept, page


def wrong_send_page(record: Mapping[str, Any]) -> str:
    """The page as HTML, one file that stands alone. Same record, same bytes."""
    facts = {term: _shown(name, record[name]) for name, term in FACTS.items()}
    known = {"record": record, "counted_at": _shown("counted_at", record["counted_at"]), "states": STATES}
    known |= {"facts": facts, "font": FONT}
    template = environment().get_template("wrong_send.html.j2")
    plain = template.render(**known, font_faces="")
    return template.render(**known, font_faces=font_faces(plain))


def _shown(name: str, value: str | None) -> str:
    """A fact as it is printed: moments and states in Japanese, a dash for what there is not."""
    if value is None:
        return "－"
    if name in MOMENTS:
        moment = datetime.fromisoformat(value)
        return f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H時%M分%S秒}"
    return STANDINGS.get(value, value) if name.startswith("state_") else value
