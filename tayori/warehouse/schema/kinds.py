"""Kinds of broadcasts: standing approvals, what was made of them, the emergency lane, test sends to named staff."""

from sqlalchemy import (
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from tayori.domain.columns import Erasure, Nearness
from tayori.warehouse.schema.columns import Moment, classed, plain, warehouse
from tayori.warehouse.schema.people import NUMBER

standing = Table(
    "standing",
    warehouse,
    plain("standing_id", String(40), primary_key=True),
    plain("kind", String(16), nullable=False, index=True),
    plain("genre", SmallInteger, nullable=False),
    plain("segment", Text, nullable=False),
    plain("messages", LargeBinary, nullable=False),
    plain("particulars", Text, nullable=False),
    plain("ends_on", Date, nullable=False),
    plain("state", String(16), nullable=False),
    plain("state_reason", String(200), nullable=True),
    plain("small_audience_reason", String(200), nullable=True),
    plain("approved_count", Integer, nullable=True),
    plain("approved_at", Moment, nullable=True),
    plain("drafted_by", String(40), nullable=False),
    plain("created_at", Moment, nullable=False),
)

standing_signature = Table(
    "standing_signature",
    warehouse,
    plain("standing_id", String(40), ForeignKey("standing.standing_id"), nullable=False),
    plain("role", String(16), nullable=False),
    plain("handler_id", String(40), nullable=False),
    plain("key_id", String(64), nullable=False),
    plain("statement", LargeBinary, nullable=False),
    plain("signature", LargeBinary, nullable=False),
    plain("signed_at", Moment, nullable=False),
    PrimaryKeyConstraint("standing_id", "role"),
    UniqueConstraint("standing_id", "key_id"),
)

# One row for each day of a plan that was dealt with: made into a broadcast, or missed. The key makes it one.
occurrence = Table(
    "occurrence",
    warehouse,
    plain("standing_id", String(40), ForeignKey("standing.standing_id"), nullable=False),
    plain("day", Date, nullable=False),
    plain("outcome", String(16), nullable=False),
    plain("broadcast_id", String(40), ForeignKey("broadcast.broadcast_id"), nullable=True, unique=True),
    plain("noted_at", Moment, nullable=False),
    PrimaryKeyConstraint("standing_id", "day"),
)

emergency = Table(
    "emergency",
    warehouse,
    plain("broadcast_id", String(40), ForeignKey("broadcast.broadcast_id"), primary_key=True),
    plain("standing_id", String(40), ForeignKey("standing.standing_id"), nullable=False),
    plain("filled_in", Text, nullable=False),
    plain("as_of", Moment, nullable=False),
    plain("review_by", Moment, nullable=False),
    plain("reviewed_at", Moment, nullable=True),
    plain("reviewer", String(40), nullable=True),
    plain("verdict", String(16), nullable=True),
    plain("statement", LargeBinary, nullable=True),
    plain("signature", LargeBinary, nullable=True),
)

STAFF = (Nearness.PSEUDONYMOUS, Erasure.PERSON_ROW)

staff_link = Table(
    "staff_link",
    warehouse,
    classed(
        "person_no",
        NUMBER,
        *STAFF,
        ForeignKey("person.person_no", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        item="staff_link",
    ),
    classed("handler_id", String(40), *STAFF, nullable=False, unique=True, item="staff_link"),
    classed("linked_at", Moment, *STAFF, nullable=False, item="staff_link"),
)

link_code = Table(
    "link_code",
    warehouse,
    plain("handler_id", String(40), primary_key=True),
    classed("code_digest", LargeBinary, Nearness.SECRET, Erasure.EXPIRY, nullable=False, unique=True),
    plain("expires_at", Moment, nullable=False),
)

test_send = Table(
    "test_send",
    warehouse,
    plain("retry_key", String(36), primary_key=True),
    plain("broadcast_id", String(40), ForeignKey("broadcast.broadcast_id"), nullable=False),
    plain("content_hash", String(64), nullable=False),
    plain("sent_by", String(40), nullable=False),
    plain("staff", SmallInteger, nullable=False),
    plain("sent_at", Moment, nullable=False),
    plain("outcome", String(16), nullable=True),
)
