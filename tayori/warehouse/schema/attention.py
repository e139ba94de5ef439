"""Which letters on prohibited or sensitive matters a handler of the desk has looked at; the rest of them wait."""

from sqlalchemy import Date, ForeignKey, Integer, String, Table

from tayori.domain.columns import Erasure, Nearness
from tayori.warehouse.schema.columns import classed, warehouse

case_attended = Table(
    "case_attended",
    warehouse,
    classed(
        "case_no",
        Integer,
        Nearness.PSEUDONYMOUS,
        Erasure.CASE_ROW,
        ForeignKey("opinion_case.case_no", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        item="case_no",
    ),
    classed("attended_on", Date, Nearness.PSEUDONYMOUS, Erasure.CASE_ROW, nullable=False, item="case_management"),
    classed("attended_by", String(40), Nearness.PSEUDONYMOUS, Erasure.CASE_ROW, nullable=False, item="case_management"),
)
