"""What is kept about leaving: marks that end after three days, and what was held back for a handler to decide."""

from sqlalchemy import BigInteger, Integer, LargeBinary, PrimaryKeyConstraint, String, Table

from tayori.domain.columns import Erasure, Nearness
from tayori.warehouse.schema.columns import Moment, classed, plain, warehouse

MARK = (Nearness.PSEUDONYMOUS, Erasure.EXPIRY)

tombstone = Table(
    "tombstone",
    warehouse,
    classed("epoch", Integer, *MARK, nullable=False, item="tombstone"),
    classed("mark", LargeBinary, *MARK, nullable=False, item="tombstone"),
    classed("left_ms", BigInteger, *MARK, nullable=False, item="tombstone"),
    plain("ends_at", Moment, nullable=False),
    PrimaryKeyConstraint("mark", "epoch"),  # asked for by mark
    sqlite_with_rowid=False,
)

hold = Table(
    "hold",
    warehouse,
    plain("hold_id", String(40), primary_key=True),
    plain("kind", String(24), nullable=False),
    plain("people", Integer, nullable=False),
    plain("of_people", Integer, nullable=False),
    plain("bound", Integer, nullable=False),
    plain("state", String(16), nullable=False),
    plain("opened_at", Moment, nullable=False, index=True),
    plain("seen_at", Moment, nullable=False),
    plain("decided_at", Moment, nullable=True),
)

hold_signature = Table(
    "hold_signature",
    warehouse,
    plain("hold_id", String(40), nullable=False),
    plain("handler_id", String(40), nullable=False),
    plain("people", Integer, nullable=False),
    plain("signature", LargeBinary, nullable=False),
    plain("signed_at", Moment, nullable=False),
    PrimaryKeyConstraint("hold_id", "handler_id"),
)
