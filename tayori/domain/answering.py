"""What the desk says of a case beside its state: 対応区分, form and way of the answer, flags; what no answer tells."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final


class Response(StrEnum):
    """What the ward does about a matter (対応区分), as the yearly report counts it."""

    DONE = "done"
    PLANNED = "planned"
    CONSIDERED = "considered"
    DIFFICULT = "difficult"
    PASSED_ON = "passed_on"
    OTHER = "other"


RESPONSE_TERMS: Final[Mapping[Response, str]] = {
    Response.DONE: "実施済",
    Response.PLANNED: "実施予定",
    Response.CONSIDERED: "検討",
    Response.DIFFICULT: "困難",
    Response.PASSED_ON: "国都等へ伝達",
    Response.OTHER: "その他",
}


PROMISED: Final = frozenset({Response.CONSIDERED, Response.PLANNED})
"""What an answer leaves open: a later report tells how much of it was done."""


def leading(responses: Sequence[Response]) -> Response:
    """Give what a whole answer is followed up by: 検討 where any of its matters is considered, else the first's."""
    return Response.CONSIDERED if Response.CONSIDERED in responses else responses[0]


class Lateness(StrEnum):
    """Why an answer left after its target date. Few and coarse, so that none tells of one letter."""

    COORDINATION = "coordination"
    INQUIRY = "inquiry"
    POLICY = "policy"
    WRITER = "writer"
    WORKLOAD = "workload"
    OTHER = "other"


LATENESS_TERMS: Final[Mapping[Lateness, str]] = {
    Lateness.COORDINATION: "関係する部署・機関との調整",
    Lateness.INQUIRY: "現地や事実の調査",
    Lateness.POLICY: "制度・方針の検討",
    Lateness.WRITER: "差出人への確認",
    Lateness.WORKLOAD: "事務の集中・処理の遅れ",
    Lateness.OTHER: "その他",
}


class Form(StrEnum):
    """How an answer reads: as an office writes, in large print, or in plain Japanese (やさしい日本語)."""

    USUAL = "usual"
    LARGE = "large"
    PLAIN = "plain"


class Way(StrEnum):
    """How an answer goes out."""

    LETTER = "letter"
    EMAIL = "email"
    FAX = "fax"


WAY_NEEDS: Final[Mapping[Way, str]] = {Way.LETTER: "address", Way.EMAIL: "email", Way.FAX: "fax"}
"""Which item of the letter each way goes to."""
WISHED: Final[Mapping[str, Way | None]] = {"post": Way.LETTER, "email": Way.EMAIL, "fax": Way.FAX, "telephone": None}
"""How the writer of a letter wishes to be answered (`answer_by`), as a way; by telephone nothing is written."""


class Flag(StrEnum):
    """What goes to people at once, before any answer."""

    DANGER = "danger"
    OFFICIAL = "official"
    PROCEDURE = "procedure"


FLAG_TERMS: Final[Mapping[Flag, str]] = {
    Flag.DANGER: "生命・身体の危険",
    Flag.OFFICIAL: "特定の職員への苦情",
    Flag.PROCEDURE: "法令に手続の定めがあるもの",
}
PROCEDURES: Final[Mapping[str, str]] = {
    "review": "審査請求（行政不服審査法）",
    "audit_request": "住民監査請求（地方自治法第242条）",
    "whistleblowing": "公益通報（公益通報者保護法）",
}
"""Procedures with a law of their own: a letter to the desk is not the way, and the time limits run elsewhere."""


class NotOurs(StrEnum):
    """What is done with a letter on a matter of another office (所管外)."""

    TOLD = "told"  # the resident is told the right office: the default, an answer
    PASSED = "passed"  # the content is passed on without personal items
    FORWARDED = "forwarded"  # the letter is forwarded, with the resident's recorded consent


_OTHERS: Final = re.compile(
    r"(?:他に|ほかに|その他|同様の|同趣旨の|同じ)[^。]{0,20}?(?:[0-9〇一二三四五六七八九十百千]+|多数|多く|複数|大勢)"
    r"|(?:[0-9〇一二三四五六七八九十百千]+|多数|多く|複数|大勢)の?(?:件|名|人|通|方)?(?:の方)?(?:から|より)[^。]{0,15}(?:同様|同趣旨|同じ)"
)


def tells_of_others(text: str) -> bool:
    """Whether an answer tells its reader how many others wrote the like: it never does (同趣旨)."""
    return _OTHERS.search(unicodedata.normalize("NFKC", text)) is not None
