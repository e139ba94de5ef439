"""Broadcasts: what was written, who signed it, and the frozen batches that make sending exact (I6)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
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

segment = Table(
    "segment",
    warehouse,
    plain("name", String(80), primary_key=True),
    plain("expression", Text, nullable=False),
    plain("created_by", String(40), nullable=False),
    plain("created_at", Moment, nullable=False),
)

broadcast = Table(
    "broadcast",
    warehouse,
    plain("broadcast_id", String(40), primary_key=True),
    plain("genre", SmallInteger, nullable=False),
    plain("segment", Text, nullable=False),
    plain("messages", LargeBinary, nullable=False),
    plain("content_hash", String(64), nullable=False),
    plain("not_before", Moment, nullable=False),
    plain("not_after", Moment, nullable=False),
    plain("state", String(16), nullable=False),
    plain("state_reason", String(200), nullable=True),
    plain("small_audience_reason", String(200), nullable=True),
    plain("approved_count", Integer, nullable=True),
    plain("frozen_count", Integer, nullable=True),
    plain("all_frozen", Boolean, nullable=False, server_default="0"),
    plain("unit", String(30), nullable=False),
    plain("drafted_by", String(40), nullable=False),
    plain("created_at", Moment, nullable=False),
    plain("started_at", Moment, nullable=True),
    plain("ended_at", Moment, nullable=True),
    plain("worker", String(64), nullable=True),
    plain("heartbeat_at", Moment, nullable=True),
    plain("resume_at", Moment, nullable=True),
)

broadcast_signature = Table(
    "broadcast_signature",
    warehouse,
    plain("broadcast_id", String(40), ForeignKey("broadcast.broadcast_id"), nullable=False),
    plain("role", String(16), nullable=False),
    plain("handler_id", String(40), nullable=False),
    plain("key_id", String(64), nullable=False),
    plain("statement", LargeBinary, nullable=False),
    plain("signature", LargeBinary, nullable=False),
    plain("signed_at", Moment, nullable=False),
    PrimaryKeyConstraint("broadcast_id", "role"),
    UniqueConstraint("broadcast_id", "key_id"),
)

MEMBER = (Nearness.PSEUDONYMOUS, Erasure.MEMBER_LIST)

batch = Table(
    "batch",
    warehouse,
    plain("broadcast_id", String(40), ForeignKey("broadcast.broadcast_id"), nullable=False),
    plain("ordinal", Integer, nullable=False),
    plain("retry_key", String(36), nullable=False, unique=True),
    classed("first_no", BigInteger, *MEMBER, nullable=True, item="batch_membership"),
    classed("last_no", BigInteger, *MEMBER, nullable=True, item="batch_membership"),
    plain("size", SmallInteger, nullable=False),
    plain("state", String(16), nullable=False),
    plain("attempts", SmallInteger, nullable=False, server_default="0"),
    plain("first_attempt_at", Moment, nullable=True),
    plain("settled_at", Moment, nullable=True),
    plain("http_status", SmallInteger, nullable=True),
    plain("request_id", String(80), nullable=True),
    classed("members", LargeBinary, *MEMBER, nullable=True, item="batch_membership"),  # sealed; last: it is long
    PrimaryKeyConstraint("broadcast_id", "ordinal"),
    Index("ix_batch_span", "first_no", "last_no"),
    Index("ix_batch_open", "broadcast_id", "state", "ordinal"),  # the next to claim, without sorting
)

outbound_call = Table(
    "outbound_call",
    warehouse,
    plain("call_no", Integer, primary_key=True),
    plain("at", Moment, nullable=False),
    plain("endpoint", String(80), nullable=False),
    plain("status", SmallInteger, nullable=False),
    plain("request_id", String(80), nullable=True),
)
