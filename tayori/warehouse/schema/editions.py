"""What reports gave out: suppressed tables by edition, and what was withdrawn. About nobody: no hidden count."""

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from tayori.warehouse.schema.columns import Moment, plain, warehouse

report_edition = Table(
    "report_edition",
    warehouse,
    plain("edition_no", Integer, primary_key=True, autoincrement=False),
    plain("made_at", Moment, nullable=False),
    plain("is_public", Boolean, nullable=False),
    plain("threshold", Integer, nullable=False),
    plain("first_month", String(7), nullable=False),
    plain("last_month", String(7), nullable=False),
    plain("earliest_month", String(7), nullable=False),  # with the months that it is compared with
    plain("replaces", Integer, ForeignKey("report_edition.edition_no"), nullable=True),  # the withdrawn one it corrects
    plain("digest", String(64), nullable=False, unique=True),
    plain("printed", Text, nullable=False),
    plain("counted_here", Boolean, nullable=False),  # false: taken over from an escrow, its letters are not known here
)

# Who signed that an edition is to be withdrawn, for which reason; nothing is changed or deleted here.
withdrawal_signature = Table(
    "withdrawal_signature",
    warehouse,
    plain("edition_no", Integer, ForeignKey("report_edition.edition_no"), nullable=False),
    plain("reason", String(16), nullable=False),
    plain("role", String(16), nullable=False),
    plain("handler_id", String(40), nullable=False),
    plain("key_id", String(64), nullable=False),
    plain("statement", LargeBinary, nullable=False),
    plain("signature", LargeBinary, nullable=False),
    plain("signed_at", Moment, nullable=False),
    PrimaryKeyConstraint("edition_no", "reason", "role"),
    UniqueConstraint("edition_no", "reason", "handler_id"),
    UniqueConstraint("edition_no", "reason", "key_id"),
)

edition_withdrawal = Table(
    "edition_withdrawal",
    warehouse,
    plain("edition_no", Integer, ForeignKey("report_edition.edition_no"), primary_key=True, autoincrement=False),
    plain("reason", String(16), nullable=False),
    plain("withdrawn_at", Moment, nullable=False),
)
