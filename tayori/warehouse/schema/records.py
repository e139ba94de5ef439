"""The records that the contract asks for: quarantine, roster, audit log, runs, certificates and their log."""

from sqlalchemy import BigInteger, Date, Integer, LargeBinary, SmallInteger, String, Table, Text

from tayori.domain.columns import Erasure, Nearness
from tayori.warehouse.schema.columns import Moment, classed, plain, warehouse

SEALED = (Nearness.PERSONAL, Erasure.EXPIRY)

quarantine = Table(
    "quarantine",
    warehouse,
    plain("quarantine_no", Integer, primary_key=True),
    plain("source", String(80), nullable=False),
    plain("row_no", BigInteger, nullable=False),
    plain("rule", String(120), nullable=False),
    plain("state", String(16), nullable=False),
    plain("epoch", Integer, nullable=False),
    classed("sealed", LargeBinary, *SEALED, nullable=True, item="sealed_submission"),
    classed(
        "line_index",
        LargeBinary,
        Nearness.PSEUDONYMOUS,
        Erasure.PERSON_ROW,
        nullable=True,
        index=True,
        item="line_user_id",
    ),
    plain("received_at", Moment, nullable=False),
    plain("expires_at", Moment, nullable=False, index=True),
)

STAFF = (Nearness.PERSONAL, Erasure.ROSTER)

handler = Table(
    "handler",
    warehouse,
    plain("handler_id", String(40), primary_key=True),
    classed("name", String(80), *STAFF, nullable=False, item="handler"),
    plain("roles", String(120), nullable=False),
    plain("side", String(8), nullable=False),
    plain("public_key", LargeBinary, nullable=False, unique=True),
    plain("starts_on", Date, nullable=False),
    plain("ends_on", Date, nullable=True),
    plain("added_at", Moment, nullable=False),
)

audit_entry = Table(
    "audit_entry",
    warehouse,
    plain("seq", Integer, primary_key=True, autoincrement=False),
    plain("at", Moment, nullable=False),
    plain("actor", String(64), nullable=False),
    plain("action", String(40), nullable=False),
    plain("purpose", String(80), nullable=False),
    plain("object", String(120), nullable=False),
    plain("count", Integer, nullable=False),
    classed(
        "subject",
        LargeBinary,
        Nearness.PSEUDONYMOUS,
        Erasure.SHREDDED_PSEUDONYM,
        nullable=True,
        item="audit_pseudonym",
    ),
    plain("before", LargeBinary, nullable=False),
    plain("hash", LargeBinary, nullable=False),
)

audit_head = Table(
    "audit_head",
    warehouse,
    plain("day", Date, primary_key=True),
    plain("seq", Integer, nullable=False),
    plain("hash", LargeBinary, nullable=False),
    plain("signature", LargeBinary, nullable=False),
    plain("signed_at", Moment, nullable=False),
)

run = Table(
    "run",
    warehouse,
    plain("run_id", String(40), primary_key=True),
    plain("story", String(40), nullable=False, index=True),
    plain("started_at", Moment, nullable=False),
    plain("ended_at", Moment, nullable=True),
    plain("outcome", String(16), nullable=True),
    plain("counts", Text, nullable=True),
)

lease = Table(
    "lease",
    warehouse,
    plain("name", String(40), primary_key=True),
    plain("holder", String(64), nullable=True),
    plain("beat_at", Moment, nullable=True),
)

certificate = Table(
    "certificate",
    warehouse,
    plain("certificate_no", String(40), primary_key=True),
    plain("kind", String(24), nullable=False),
    plain("state", String(16), nullable=False),
    plain("run_id", String(40), nullable=False),
    plain("bundle", Text, nullable=False),
    plain("issued_at", Moment, nullable=False),
)

log_leaf = Table(
    "log_leaf",
    warehouse,
    plain("leaf_index", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    plain("leaf_hash", LargeBinary, nullable=False),
    plain("certificate_no", String(40), nullable=False),
    plain("kind", SmallInteger, nullable=False, server_default="0"),
)
