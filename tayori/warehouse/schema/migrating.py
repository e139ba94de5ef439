"""Where the migration from an old system stands: how far it was read, the signed verification, the cut-over."""

from sqlalchemy import String, Table, Text

from tayori.warehouse.schema.columns import Moment, plain, warehouse

migration = Table(
    "migration",
    warehouse,
    plain("source", String(80), primary_key=True),
    plain("phase", String(16), nullable=False),
    plain("watermark", String(200), nullable=True),
    plain("loaded_at", Moment, nullable=False),
    plain("report", Text, nullable=True),  # the last verification, a signed document about nobody
    plain("cut_over_at", Moment, nullable=True),
    plain("cut_over_by", String(40), nullable=True),
)
