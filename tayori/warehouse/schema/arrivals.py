"""How a letter came in: the files that are part of it, sealed under its case's key, and the mark of its text."""

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, Table

from tayori.domain.columns import Erasure, Nearness
from tayori.warehouse.schema.columns import classed, warehouse

CASE = (Nearness.PSEUDONYMOUS, Erasure.CASE_ROW)
SEALED = (Nearness.PERSONAL, Erasure.CASE_KEY)

letter_file = Table(
    "letter_file",
    warehouse,
    classed("file_no", Integer, *CASE, primary_key=True, autoincrement=False, item="case_no"),
    classed(
        "case_no",
        Integer,
        *CASE,
        ForeignKey("opinion_case.case_no", ondelete="CASCADE"),
        nullable=False,
        index=True,
        item="case_no",
    ),
    classed("role", String(16), *CASE, nullable=False, item="case_management"),
    classed("media_type", String(80), *CASE, nullable=False, item="case_management"),
    classed("title", LargeBinary, *SEALED, nullable=False, item="opinion"),  # the file's name, which may name somebody
    classed("content", LargeBinary, *SEALED, nullable=False, item="opinion"),  # base64 under the seal
)

case_arrival = Table(
    "case_arrival",
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
    classed(
        "text_mark", LargeBinary, *CASE, nullable=True, index=True, item="case_management"
    ),  # keyed, of the text alone
    classed("doubtful", Integer, *CASE, nullable=False, item="case_management"),
)
