"""Overrides of guards: which guard of which broadcast a second handler let pass, under their signature."""

from sqlalchemy import ForeignKey, LargeBinary, PrimaryKeyConstraint, String, Table

from tayori.warehouse.schema.columns import Moment, plain, warehouse

guard_override = Table(
    "guard_override",
    warehouse,
    plain("broadcast_id", String(40), ForeignKey("broadcast.broadcast_id"), nullable=False),
    plain("guard", String(40), nullable=False),
    plain("reason", String(200), nullable=False),
    plain("handler_id", String(40), nullable=False),
    plain("key_id", String(64), nullable=False),
    plain("statement", LargeBinary, nullable=False),
    plain("signature", LargeBinary, nullable=False),
    plain("signed_at", Moment, nullable=False),
    PrimaryKeyConstraint("broadcast_id", "guard"),
)
