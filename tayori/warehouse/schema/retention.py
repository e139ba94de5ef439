"""What a retention run has done so far, so that it may stop anywhere and be taken up again. Counts only."""

from sqlalchemy import BigInteger, PrimaryKeyConstraint, String, Table, Text

from tayori.warehouse.schema.columns import Moment, plain, warehouse

erasure_tally = Table(
    "erasure_tally",
    warehouse,
    plain("run_id", String(40), nullable=False),
    plain("table_name", String(40), nullable=False),
    plain("erased", BigInteger, nullable=False),
    PrimaryKeyConstraint("run_id", "table_name"),
)

retention_step = Table(
    "retention_step",
    warehouse,
    plain("run_id", String(40), nullable=False),
    plain("step", String(24), nullable=False),
    plain("done_at", Moment, nullable=False),
    plain("found", Text, nullable=False),
    PrimaryKeyConstraint("run_id", "step"),
)
