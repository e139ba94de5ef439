"""Which masked letters a second reader read, and where it saw a name that nobody had masked: places, never words."""

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Table

from tayori.domain.columns import Erasure, Nearness
from tayori.warehouse.schema.columns import classed, warehouse

CASE = (Nearness.PSEUDONYMOUS, Erasure.CASE_ROW)

second_reading = Table(
    "second_reading",
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
    classed("reader", String(80), *CASE, nullable=False, item="case_management"),
    classed("read_on", Date, *CASE, nullable=False, item="case_management"),
)

name_doubt = Table(
    "name_doubt",
    warehouse,
    classed("doubt_no", Integer, *CASE, primary_key=True, autoincrement=False, item="case_management"),
    classed(
        "case_no",
        Integer,
        *CASE,
        ForeignKey("opinion_case.case_no", ondelete="CASCADE"),
        nullable=False,
        item="case_no",
    ),
    # characters of the masked copy as it stands today: whoever masks one moves those behind it
    classed("begins", Integer, *CASE, nullable=False, item="case_management"),
    classed("ends", Integer, *CASE, nullable=False, item="case_management"),
    classed("decision", String(8), *CASE, nullable=True, item="case_management"),  # none: it waits
    classed("decided_on", Date, *CASE, nullable=True, item="case_management"),
    classed("decided_by", String(40), *CASE, nullable=True, item="case_management"),
    Index("ix_name_doubt_case", "case_no"),
)
