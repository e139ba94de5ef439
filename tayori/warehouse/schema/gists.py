"""Which gists were written and approved for reports, and which letters each sums up.

The text of a gist is in the file of who wrote it and in the editions that print it; here is its digest. What it sums up
ends with each letter, and a gist that lost one is printed in no further edition.
"""

from sqlalchemy import ForeignKey, Integer, LargeBinary, PrimaryKeyConstraint, String, Table

from tayori.domain.columns import Erasure, Nearness
from tayori.warehouse.schema.columns import Moment, classed, plain, warehouse

CASE = (Nearness.PSEUDONYMOUS, Erasure.CASE_ROW)

gist = Table(
    "gist",
    warehouse,
    plain("digest", String(64), primary_key=True),
    plain("letters", Integer, nullable=False),
    plain("written_by", String(40), nullable=False),
    plain("written_at", Moment, nullable=False),
    plain("approved_by", String(40), nullable=True),
    plain("approved_at", Moment, nullable=True),
    plain("statement", LargeBinary, nullable=True),  # letters by keyed digests under their own keys
    plain("signature", LargeBinary, nullable=True),
)

gist_letter = Table(
    "gist_letter",
    warehouse,
    classed(
        "digest",
        String(64),
        *CASE,
        ForeignKey("gist.digest", ondelete="CASCADE"),
        nullable=False,
        item="case_management",
    ),
    classed(
        "case_no",
        Integer,
        *CASE,
        ForeignKey("opinion_case.case_no", ondelete="CASCADE"),
        nullable=False,
        index=True,
        item="case_no",
    ),
    PrimaryKeyConstraint("digest", "case_no"),
)
