"""What becomes of certificates after their issue: when each is due to become 確定, and which keys signed before."""

from sqlalchemy import BigInteger, Date, LargeBinary, String, Table, Text

from tayori.warehouse.schema.columns import Moment, plain, warehouse

certificate_settling = Table(
    "certificate_settling",
    warehouse,
    plain("certificate_no", String(40), primary_key=True),
    plain("erased_at", Moment, nullable=False),
    plain("due_on", Date, nullable=False, index=True),
    plain("stood", Text, nullable=False),
    plain("looked_at", Moment, nullable=True),
    plain("waits_for", Text, nullable=True),
    plain("refused", Text, nullable=True),
    plain("settled_at", Moment, nullable=True),
)

retired_key = Table(
    "retired_key",
    warehouse,
    plain("kid", String(60), primary_key=True),
    plain("public_key", LargeBinary, nullable=False),
    plain("succession", Text, nullable=False),
    plain("leaf_index", BigInteger, nullable=False),
    plain("retired_at", Moment, nullable=False),
)
