"""What reports gave out: suppressed tables by edition. About nobody: no hidden count, no letter, no case."""

from sqlalchemy import Boolean, Integer, String, Table, Text

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
    plain("digest", String(64), nullable=False, unique=True),
    plain("printed", Text, nullable=False),
)
