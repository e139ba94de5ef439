"""Approvals of single decisions: who approved what with their own key, so that another may do it (I10)."""

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, Table

from tayori.warehouse.schema.columns import Moment, plain, warehouse

quarantine_approval = Table(
    "quarantine_approval",
    warehouse,
    plain("approval_no", String(40), primary_key=True),
    plain("quarantine_no", Integer, ForeignKey("quarantine.quarantine_no"), nullable=False),
    plain("handler_id", String(40), nullable=False),
    plain("signature", LargeBinary, nullable=False),
    plain("approved_at", Moment, nullable=False),
)
