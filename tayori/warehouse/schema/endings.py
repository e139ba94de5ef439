"""How records end: lists for disposal with their approvals, the disposal register, holds, and the end of a contract."""

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

LISTED = (Nearness.PSEUDONYMOUS, Erasure.EXPIRY)

disposal_list = Table(
    "disposal_list",
    warehouse,
    plain("list_id", String(40), primary_key=True),
    plain("as_of", Date, nullable=False),
    plain("cases", Integer, nullable=False),
    plain("digest", String(64), nullable=False),
    plain("state", String(16), nullable=False, index=True),
    plain("proposed_by", String(40), nullable=False),
    plain("proposed_at", Moment, nullable=False),
    plain("run_id", String(40), nullable=True, unique=True),
)

# Which cases a list names, until the backups that could bring them back are gone: a restore disposes of them anew.
disposal_item = Table(
    "disposal_item",
    warehouse,
    plain("list_id", String(40), ForeignKey("disposal_list.list_id"), nullable=False),
    classed("case_no", Integer, *LISTED, nullable=False, index=True, item="case_no"),
    classed("receipt_no", String(20), *LISTED, nullable=False, item="case_no"),
    plain("series", String(24), nullable=False),
    plain("due_from", Date, nullable=False),
    classed("commitment", LargeBinary, *LISTED, nullable=True, item="case_no"),
    plain("disposed_at", Moment, nullable=True, index=True),
    PrimaryKeyConstraint("list_id", "case_no"),
)

disposal_signature = Table(
    "disposal_signature",
    warehouse,
    plain("list_id", String(40), ForeignKey("disposal_list.list_id"), nullable=False),
    plain("role", String(16), nullable=False),
    plain("handler_id", String(40), nullable=False),
    plain("key_id", String(64), nullable=False),
    plain("statement", LargeBinary, nullable=False),
    plain("signature", LargeBinary, nullable=False),
    plain("signed_at", Moment, nullable=False),
    PrimaryKeyConstraint("list_id", "role"),
    UniqueConstraint("list_id", "key_id"),
    UniqueConstraint("list_id", "handler_id"),
)

disposal_register = Table(
    "disposal_register",
    warehouse,
    plain("list_id", String(40), ForeignKey("disposal_list.list_id"), nullable=False),
    plain("series", String(24), nullable=False),
    plain("term", String(80), nullable=False),
    plain("fiscal_years", SmallInteger, nullable=False),
    plain("authority", String(120), nullable=False),
    plain("disposed", Integer, nullable=False),
    plain("withheld", Integer, nullable=False),
    plain("approved_by", String(120), nullable=False),
    plain("disposed_on", Date, nullable=False),
    plain("certificate_no", String(40), nullable=True),
    PrimaryKeyConstraint("list_id", "series"),
)

disposal_hold = Table(
    "disposal_hold",
    warehouse,
    plain("hold_id", String(40), primary_key=True),
    plain("reason", String(24), nullable=False),
    plain("document_no", String(80), nullable=False),
    plain("series", String(24), nullable=True),
    plain("receipt_no", String(20), nullable=True),
    plain("placed_by", String(40), nullable=False),
    plain("placed_at", Moment, nullable=False),
    plain("statement", LargeBinary, nullable=False),
    plain("signature", LargeBinary, nullable=False),
    plain("lifted_by", String(40), nullable=True),
    plain("lifted_at", Moment, nullable=True),
    plain("lift_document_no", String(80), nullable=True),
    plain("lift_statement", LargeBinary, nullable=True),
    plain("lift_signature", LargeBinary, nullable=True),
)

# Keyed digests of the source's own row keys, so that a letter that was disposed of does not come in again.
disposed_letter = Table(
    "disposed_letter",
    warehouse,
    plain("source_key", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

contract_closing = Table(
    "contract_closing",
    warehouse,
    plain("closing_id", String(40), primary_key=True),
    plain("contract", String(1), nullable=False, index=True),
    plain("state", String(16), nullable=False),
    plain("document_no", String(80), nullable=True),
    plain("instruction", Text, nullable=True),  # 甲's signed instruction, where there is another one than to return
    plain("archive_file", String(200), nullable=True),
    plain("archive_sha256", String(64), nullable=True),
    plain("receipt", Text, nullable=True),
    plain("proposed_by", String(40), nullable=False),
    plain("proposed_at", Moment, nullable=False),
    plain("ended_at", Moment, nullable=True),
    plain("certificate_no", String(40), nullable=True),
)

closing_signature = Table(
    "closing_signature",
    warehouse,
    plain("closing_id", String(40), ForeignKey("contract_closing.closing_id"), nullable=False),
    plain("role", String(16), nullable=False),
    plain("handler_id", String(40), nullable=False),
    plain("key_id", String(64), nullable=False),
    plain("statement", LargeBinary, nullable=False),
    plain("signature", LargeBinary, nullable=False),
    plain("signed_at", Moment, nullable=False),
    PrimaryKeyConstraint("closing_id", "role"),
)
