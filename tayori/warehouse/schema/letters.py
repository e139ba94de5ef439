"""What stands beside a case that came over the opinion screen: what its writer may ask for, the mail that is due.

The residents' page reads look-up value and state of the first table, and nothing else of a letter.
"""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, SmallInteger, String, Table

from tayori.domain.columns import Erasure, Nearness
from tayori.warehouse.schema.columns import Moment, classed, warehouse

CASE = (Nearness.PSEUDONYMOUS, Erasure.CASE_ROW)


def _case_no() -> Column[int]:
    return classed(
        "case_no",
        Integer,
        *CASE,
        ForeignKey("opinion_case.case_no", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        item="case_no",
    )


letter_receipt = Table(
    "letter_receipt",
    warehouse,
    _case_no(),
    classed("receipt_index", LargeBinary, *CASE, nullable=False, unique=True, item="case_no"),
    classed("reference", String(9), *CASE, nullable=False, index=True, item="case_no"),
    classed("state", String(16), *CASE, nullable=False, item="case_management"),
    classed("answer_by", String(12), *CASE, nullable=True, item="case_management"),
    classed("summary", String(4), *CASE, nullable=False, item="case_management"),
    classed("notice", String(20), *CASE, nullable=False, item="case_management"),
)

letter_confirmation = Table(
    "letter_confirmation",
    warehouse,
    _case_no(),
    classed("receipt", LargeBinary, Nearness.PERSONAL, Erasure.CASE_KEY, nullable=False, item="case_no"),
    classed("email", LargeBinary, Nearness.PERSONAL, Erasure.CASE_KEY, nullable=False, item="email"),
    classed("tries", SmallInteger, *CASE, nullable=False, item="case_management"),
    classed("due_at", Moment, CASE[0], Erasure.EXPIRY, nullable=False, index=True, item="case_management"),
)
