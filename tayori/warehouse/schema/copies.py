"""The ledger of copies (P9), the ward's approvals for those that leave (P6), restore drills, and the restoring mark."""

from sqlalchemy import Boolean, Date, Integer, LargeBinary, String, Table, Text

from tayori.warehouse.schema.columns import Moment, plain, warehouse

copy_entry = Table(
    "copy_entry",
    warehouse,
    plain("copy_id", String(40), primary_key=True),
    plain("kind", String(24), nullable=False, index=True),
    plain("purpose", String(200), nullable=False),
    plain("recipient", String(200), nullable=True),
    plain("made_by", String(64), nullable=False),
    plain("made_at", Moment, nullable=False),
    plain("expires_at", Moment, nullable=False),
    plain("approval", String(80), nullable=True),
    plain("sha256", String(64), nullable=False),
    plain("holds", Text, nullable=False),
    plain("ended_at", Moment, nullable=True),
    plain("ended_by", String(64), nullable=True),
    plain("proof_kind", String(24), nullable=True),
    plain("proof", Text, nullable=True),
    plain("certificate", Text, nullable=True),
)

copy_approval = Table(
    "copy_approval",
    warehouse,
    plain("document_no", String(80), primary_key=True),
    plain("kind", String(24), nullable=False),
    plain("ends_on", Date, nullable=False),
    plain("handler_id", String(40), nullable=False),
    plain("statement", LargeBinary, nullable=False),
    plain("signature", LargeBinary, nullable=False),
    plain("filed_at", Moment, nullable=False),
)

restore_drill = Table(
    "restore_drill",
    warehouse,
    plain("drill_id", String(40), primary_key=True),
    plain("copy_id", String(40), nullable=False),
    plain("rehearsal", Boolean, nullable=False),
    plain("handler_id", String(40), nullable=False),
    plain("began_at", Moment, nullable=False),
    plain("ended_at", Moment, nullable=False),
    plain("found", Text, nullable=False),
)

# Left out of every dump and marked before anything is loaded: while it holds a row, nothing serves.
restoring = Table(
    "restoring",
    warehouse,
    plain("mark", Integer, primary_key=True, autoincrement=False),
    plain("copy_id", String(40), nullable=False),
    plain("since", Moment, nullable=False),
)
