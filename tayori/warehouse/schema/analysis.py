"""What analysis decided once about each masked letter, the topics that it found, and what an edition was made of."""

from sqlalchemy import ForeignKey, Integer, String, Table, Text

from tayori.domain.columns import Erasure, Nearness
from tayori.warehouse.schema.columns import Moment, classed, plain, warehouse

CASE = (Nearness.PSEUDONYMOUS, Erasure.CASE_ROW)

settled_opinion = Table(
    "settled_opinion",
    warehouse,
    classed(
        "case_no",
        Integer,
        *CASE,
        ForeignKey("opinion_case.case_no", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        item="case_no",
    ),
    classed("text_key", String(32), *CASE, nullable=False, item="case_management"),  # the mart key of its first letter
    classed(
        "alike_key", String(32), *CASE, nullable=True, item="case_management"
    ),  # the closest text that is only alike
    classed("topic_no", Integer, *CASE, nullable=True, item="case_management"),  # 0: judged, and none
)

# Words of at least k letters each, and the label that staff gave: about nobody.
topic = Table(
    "topic",
    warehouse,
    plain("topic_no", Integer, primary_key=True, autoincrement=False),
    plain("label", String(60), nullable=False),
    plain("labelled_by", String(40), nullable=True),  # none: the label is made of the words
    plain("words", Text, nullable=False),
    plain("first_month", String(7), nullable=False),
    plain("found_at", Moment, nullable=False),
)

# All that the files of an edition are made of, past disclosure control: the same document, the same bytes.
edition_document = Table(
    "edition_document",
    warehouse,
    plain("edition_no", Integer, ForeignKey("report_edition.edition_no"), primary_key=True, autoincrement=False),
    plain("document", Text, nullable=False),
)
