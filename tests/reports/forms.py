"""Every form of page that is opened in a browser, filled. Answers and disclosures are paper, and none of these."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Final

from tayori.domain.identifiers import BroadcastId
from tayori.domain.messages import message_bytes, read_messages
from tayori.domain.results import Sent, month_results
from tayori.domain.states import BatchState
from tayori.domain.surveys import read_survey
from tayori.opinions.disclosure.tables import SuppressedTable
from tayori.reports.broadcast_results import results_page
from tayori.reports.contents import Replaced, Withdrawn
from tayori.reports.message_preview import preview_page
from tayori.reports.opinion_report import pages
from tayori.reports.survey_results import survey_page
from tayori.reports.wrong_send import STATES, wrong_send_page
from tests.reports.test_opinion_report import a_year
from tests.support.wording import EVERY_KIND, a_picture, material
from tests.surveys.builders import OFTEN, a_survey

DAY: Final = date(2026, 12, 1)


@cache
def _report() -> dict[str, str]:
    return pages(a_year())


def _withdrawn() -> str:
    """A withdrawn edition that corrects another one."""
    one = Replaced(2, DAY, "様式の誤り")
    contents = replace(a_year(), withdrawn=Withdrawn(DAY, "集計の誤り", 5), replaces=one)
    return pages(contents)["mayor"]


def _survey() -> str:
    cells = ((25,), (12,), (None,), (None,), (40,))
    rows = (*OFTEN.values(), "答えない", "計")
    tables = [SuppressedTable("often", "どのくらい使いますか", "回答", rows, ("人数",), cells, 10)]
    return survey_page(read_survey(a_survey()), tables, 10, DAY)


def _results() -> str:
    sends = [Sent(BroadcastId("b-1"), "子育て", date(2026, 11, 2), "10:00", {BatchState.ACCEPTED: 500})]
    return results_page(month_results(date(2026, 11, 1), sends, {date(2026, 11, 3): 3}, DAY), DAY)


def _preview() -> str:
    picture = a_picture()
    messages = message_bytes(read_messages(list(EVERY_KIND), material(picture)))
    return preview_page(messages, {picture.name: picture.content, picture.preview_name: picture.preview}, title="見本")


def _wrong_send() -> str:
    words = ("incident_id", "broadcast_id", "genre", "content_sha256", "reason", "drafted_by", "reported_by")
    none = ("submitted_by", "approved_by", "first_sent_at", "last_settled_at", "correction_id")
    record = dict.fromkeys(words, "模擬") | dict.fromkeys(none) | {"counted_at": "2026-12-01T10:00:00+09:00"}
    record["content_sha256"] = 64 * "a"
    counts = dict.fromkeys(STATES, 7)
    return wrong_send_page(record | {"state_before": "sent", "state_now": "sent", "people": counts, "batches": counts})


FORMS: Final[dict[str, Callable[[], str]]] = {
    "opinion-report": lambda: _report()["opinion-report"],
    "mayor": lambda: _report()["mayor"],
    "withdrawn": _withdrawn,
    "survey-results": _survey,
    "broadcast-results": _results,
    "message-preview": _preview,
    "wrong-send": _wrong_send,
}
