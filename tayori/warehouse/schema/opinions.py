"""Letters and their cases: the items of O4 sealed under the case's key, the 管理項目 beside them."""

from sqlalchemy import (
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
)

from tayori.domain.columns import Erasure, Nearness
from tayori.warehouse.schema.columns import Moment, classed, plain, warehouse

SEALED_ITEMS = ("name", "postal_code", "address", "telephone", "email", "fax", "opinion", "answer")
CASE = (Nearness.PSEUDONYMOUS, Erasure.CASE_ROW)


def _sealed(item: str) -> object:
    return classed(item, LargeBinary, Nearness.PERSONAL, Erasure.CASE_KEY, nullable=True, item=item)


opinion_case = Table(
    "opinion_case",
    warehouse,
    classed("case_no", Integer, *CASE, primary_key=True, autoincrement=False, item="case_no"),
    classed("receipt_no", String(20), *CASE, nullable=False, unique=True, item="case_no"),
    classed("source", String(80), *CASE, nullable=False, item="case_management"),
    classed("source_key", LargeBinary, *CASE, nullable=False, unique=True, item="case_management"),
    classed("channel", String(24), *CASE, nullable=False, item="case_management"),
    classed("addressee", String(16), *CASE, nullable=False, item="case_management"),
    classed("answer_wanted", String(8), *CASE, nullable=False, item="case_management"),
    classed("received_on", Date, *CASE, nullable=False, index=True, item="case_management"),
    classed("target_on", Date, *CASE, nullable=True, item="case_management"),
    classed("calendar_version", String(120), *CASE, nullable=True, item="case_management"),
    classed("department", String(40), *CASE, nullable=True, item="case_management"),
    classed("kind", String(16), *CASE, nullable=True, item="case_management"),
    classed("theme", String(40), *CASE, nullable=True, item="case_management"),
    classed("state", String(24), *CASE, nullable=False, index=True, item="case_management"),
    classed("done_on", Date, *CASE, nullable=True, item="case_management"),
    *(_sealed(item) for item in SEALED_ITEMS),  # type: ignore[arg-type]
    classed("content_mark", LargeBinary, *CASE, nullable=True, item="case_management"),  # keyed digest, leads nowhere
)

masked_opinion = Table(
    "masked_opinion",
    warehouse,
    classed("mart_key", String(32), *CASE, primary_key=True, item="case_no"),
    classed(
        "case_no",
        Integer,
        *CASE,
        ForeignKey("opinion_case.case_no", ondelete="CASCADE"),
        nullable=False,
        unique=True,
        item="case_no",
    ),
    classed("month", String(7), *CASE, nullable=False, item="case_management"),
    classed("channel", String(24), *CASE, nullable=False, item="case_management"),
    classed("department", String(40), *CASE, nullable=True, item="case_management"),
    classed("kind", String(16), *CASE, nullable=True, item="case_management"),
    classed("theme", String(40), *CASE, nullable=True, item="case_management"),
    classed("state", String(24), *CASE, nullable=False, item="case_management"),
    classed("masked_spans", Integer, *CASE, nullable=False, item="case_management"),
    classed("level", SmallInteger, *CASE, nullable=False, server_default="0", item="case_management"),
    classed("masked_text", LargeBinary, Nearness.PERSONAL, Erasure.CASE_KEY, nullable=False, item="opinion"),
    Index("ix_masked_opinion_month_case", "month", "case_no"),  # analysis walks it block by block
)

opinion_tally = Table(
    "opinion_tally",
    warehouse,
    plain("source", String(80), nullable=False),
    plain("month", String(7), nullable=False),
    plain("channel", String(24), nullable=False),
    plain("reason", String(40), nullable=False),
    plain("letters", Integer, nullable=False),
    PrimaryKeyConstraint("source", "month", "channel", "reason"),
)

# Keyed digests of the source's own row keys, so that a letter is counted once; they lead to nobody.
counted_letter = Table(
    "counted_letter",
    warehouse,
    plain("source_key", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

source_watermark = Table(
    "source_watermark",
    warehouse,
    plain("source", String(80), primary_key=True),
    plain("watermark", String(200), nullable=False),
    plain("read_at", Moment, nullable=False),
)
