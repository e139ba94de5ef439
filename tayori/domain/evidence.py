"""Evidence: who touches personal data, and what for. Nothing personal opens or is written without it (I5, P7)."""

from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """The purposes that the papers allow; there is no other."""

    RECEPTION = "受信設定の受付"
    DELIVERY = "希望者への区政情報の配信"
    TRIAL = "配信内容の事前確認"
    ERASURE = "登録をやめた人の消去"
    RECONCILE = "LINEの利用をやめた人の確認"
    DISPOSAL = "保存期間の満了した意見等の廃棄"
    CLOSING = "契約の終了に伴う返還及び消去"
    SURVEY = "区政への意向の集計"
    INTAKE = "意見等の受付"
    ANSWER = "意見等への回答"
    DISCLOSURE = "開示の請求への対応"
    ANALYSIS = "意見等の集計及び分析"
    INSPECTION = "監査・点検"
    ROSTER = "取扱者の指定"
    RECOVERY = "障害からの復旧"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Who acts, and for which purpose. `actor` is a handler's id, or `flow:NAME` for a scheduled run."""

    actor: str
    purpose: Purpose
