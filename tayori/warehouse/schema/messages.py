"""Every version of a broadcast's text, and the pictures that belong to them, named by the hash of their bytes."""

from sqlalchemy import ForeignKey, Integer, LargeBinary, PrimaryKeyConstraint, SmallInteger, String, Table

from tayori.warehouse.schema.columns import Moment, plain, warehouse

broadcast_version = Table(
    "broadcast_version",
    warehouse,
    plain("broadcast_id", String(40), ForeignKey("broadcast.broadcast_id"), nullable=False),
    plain("version", SmallInteger, nullable=False),
    plain("genre", SmallInteger, nullable=False),
    plain("content_hash", String(64), nullable=False),
    plain("written_by", String(40), nullable=False),
    plain("written_at", Moment, nullable=False),
    plain("source", LargeBinary, nullable=False),  # as the writer wrote it: placeholders open, to be used again
    plain("messages", LargeBinary, nullable=False),  # as LINE gets it
    PrimaryKeyConstraint("broadcast_id", "version"),
)

picture = Table(
    "picture",
    warehouse,
    plain("sha256", String(64), primary_key=True),
    plain("kind", String(4), nullable=False),
    plain("width", Integer, nullable=False),
    plain("height", Integer, nullable=False),
    plain("stored_at", Moment, nullable=False),
    plain("content", LargeBinary, nullable=False),
    plain("preview", LargeBinary, nullable=False),
    plain("preview_sha256", String(64), nullable=False, index=True),
)
