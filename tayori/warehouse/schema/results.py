"""What comes before a broadcast and after it: where drafts came from, daily totals, LINE's figures, wrong sends.

Nothing here is about a person: totals of days and of broadcasts, digests of public news, records of what the ward did.
"""

from sqlalchemy import Boolean, Date, ForeignKey, Integer, LargeBinary, String, Table, Text

from tayori.warehouse.schema.columns import Moment, plain, warehouse

draft_origin = Table(
    "draft_origin",
    warehouse,
    plain("broadcast_id", String(40), ForeignKey("broadcast.broadcast_id"), primary_key=True),
    plain("origin", String(60), nullable=False, index=True),
    plain("note", String(400), nullable=False),
    plain("content_at", Moment, nullable=True),
    plain("made_at", Moment, nullable=False),
)

feed_entry = Table(
    "feed_entry",
    warehouse,
    plain("content", LargeBinary, primary_key=True),
    plain("entry", LargeBinary, nullable=False, index=True),
    plain("broadcast_id", String(40), ForeignKey("broadcast.broadcast_id"), nullable=False),
    plain("published_at", Moment, nullable=False),
    plain("seen_at", Moment, nullable=False),
)

block_day = Table(
    "block_day",
    warehouse,
    plain("day", Date, primary_key=True),
    plain("blocks", Integer, nullable=False),
)

account_day = Table(
    "account_day",
    warehouse,
    plain("day", Date, primary_key=True),
    plain("followers", Integer, nullable=False),
    plain("reached", Integer, nullable=False),
    plain("blocks", Integer, nullable=False),
    plain("delivered", Integer, nullable=True),
    plain("fetched_at", Moment, nullable=False),
)

broadcast_figures = Table(
    "broadcast_figures",
    warehouse,
    plain("broadcast_id", String(40), ForeignKey("broadcast.broadcast_id"), primary_key=True),
    plain("opened", Integer, nullable=True),
    plain("clicked", Integer, nullable=True),
    plain("fetched_at", Moment, nullable=False),
    plain("final", Boolean, nullable=False),
)

wrong_send = Table(
    "wrong_send",
    warehouse,
    plain("incident_id", String(40), primary_key=True),
    plain("broadcast_id", String(40), ForeignKey("broadcast.broadcast_id"), nullable=False, index=True),
    plain("record", Text, nullable=False),
    plain("correction_id", String(40), ForeignKey("broadcast.broadcast_id"), nullable=True),
    plain("reported_at", Moment, nullable=False),
)
