"""The opinion desk: what was done about a letter, who decided the answer, and how a letter is found again.

Rows of a case end with it. A table with several rows of one case numbers them in `seq`, and a sealed value is bound to
its case and its `seq`.
"""

from typing import Any

from sqlalchemy import Boolean, Column, Date, ForeignKey, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from tayori.domain.columns import Erasure, Nearness
from tayori.warehouse.schema.columns import Moment, classed, plain, warehouse

CASE = (Nearness.PSEUDONYMOUS, Erasure.CASE_ROW)
STAFF = (Nearness.PSEUDONYMOUS, Erasure.ROSTER)
MANAGED = "case_management"


def _case_no() -> Column[Any]:
    belongs = ForeignKey("opinion_case.case_no", ondelete="CASCADE")
    return classed("case_no", Integer, *CASE, belongs, primary_key=True, autoincrement=False, item="case_no")


def _seq() -> Column[Any]:
    return classed("seq", Integer, *CASE, primary_key=True, autoincrement=False, item=MANAGED)


def _managed(name: str, kind: Any, **options: Any) -> Column[Any]:  # noqa: ANN401 - what a column takes
    return classed(name, kind, *CASE, item=MANAGED, **{"nullable": False} | options)


def _sealed(name: str, item: str, *, nullable: bool = True) -> Column[Any]:
    return classed(name, LargeBinary, Nearness.PERSONAL, Erasure.CASE_KEY, nullable=nullable, item=item)


desk_case = Table(
    "desk_case",
    warehouse,
    _case_no(),
    _managed("fiscal_year", Integer),
    _managed("file_no", Integer),
    _managed("arrived_on", Date),
    _managed("clock", String(16), nullable=True),
    _managed("in_charge", String(40), nullable=True),
    _managed("response", String(16), nullable=True),
    _managed("answered_as", String(16), nullable=True),  # what the answer said when it left; `response` may go on
    _managed("late_because", String(16), nullable=True),
    _managed("follow_up_on", Date, nullable=True, index=True),
    _managed("not_ours", String(16), nullable=True),
    UniqueConstraint("fiscal_year", "file_no"),
)

case_department = Table(
    "case_department",
    warehouse,
    _case_no(),
    classed("department", String(40), *CASE, primary_key=True, item=MANAGED),
    _managed("part", String(16), index=True),
)

case_matter = Table(
    "case_matter",
    warehouse,
    _case_no(),
    _seq(),
    _managed("department", String(40), nullable=True),
    _managed("kind", String(16), nullable=True),
    _managed("response", String(16), nullable=True),
)

case_trail = Table(
    "case_trail",
    warehouse,
    _case_no(),
    _seq(),
    _managed("at", Moment),
    _managed("by", String(40)),
    _managed("what", String(24)),
    _managed("target", String(60), nullable=True),
    _sealed("words", MANAGED),
)

case_wait = Table(
    "case_wait",
    warehouse,
    _case_no(),
    _seq(),
    _managed("since", Date),
    _managed("until", Date, nullable=True),
)

case_flag = Table(
    "case_flag",
    warehouse,
    _case_no(),
    _seq(),
    _managed("flag", String(16)),
    _managed("procedure", String(24), nullable=True),
    _managed("barred", String(40), nullable=True),
    _managed("raised_by", String(40)),
    _managed("raised_at", Moment),
    _managed("told_at", Moment, nullable=True),
)

case_look_up = Table(
    "case_look_up",
    warehouse,
    _case_no(),
    classed("found_by", String(16), *CASE, primary_key=True, item=MANAGED),
    _managed("look_up", LargeBinary, index=True),
)

case_reply = Table(
    "case_reply",
    warehouse,
    _case_no(),
    _seq(),
    _managed("route", String(24)),
    _managed("form", String(8)),
    _managed("way", String(8)),
    _managed("template", String(24)),
    _managed("shared", String(40), nullable=True),
    _managed("shared_version", Integer, nullable=True),
    _managed("changed", Boolean),
    _managed("drafted_by", String(40)),
    _managed("drafted_at", Moment),
    _managed("mark", LargeBinary),  # keyed digest of the text, under the case's own key
    _sealed("words", "answer", nullable=False),
)

reply_stamp = Table(
    "reply_stamp",
    warehouse,
    _case_no(),
    _seq(),
    classed("step", Integer, *CASE, primary_key=True, autoincrement=False, item=MANAGED),
    _managed("post", String(24)),
    _managed("department", String(40)),
    _managed("stamp", String(16)),
    _managed("by", String(40)),
    _managed("at", Moment),
    _managed("statement", LargeBinary),
    _managed("signature", LargeBinary),
    UniqueConstraint("case_no", "seq", "by"),
)

reply_dispatch = Table(
    "reply_dispatch",
    warehouse,
    _case_no(),
    _managed("document_no", String(40), unique=True),
    _managed("reply", Integer),
    _managed("dated_on", Date),
    _managed("decided_on", Date),
    _managed("issued_by", String(40)),
    _managed("first_check", String(40), nullable=True),
    _managed("second_check", String(40), nullable=True),
    _managed("sent_on", Date, nullable=True),
    _managed("sent_by", String(40), nullable=True),
)

# The ward's own words for letters of the same kind (同趣旨); about nobody.
shared_text = Table(
    "shared_text",
    warehouse,
    plain("shared", String(40), primary_key=True),
    plain("version", Integer, primary_key=True, autoincrement=False),
    plain("words", Text, nullable=False),
    plain("written_by", String(40), nullable=False),
    plain("written_at", Moment, nullable=False),
)

# Who holds which post (係長, 課長, 部長, 区長) in which office; `department` is 区 where the post is the ward's.
post_holder = Table(
    "post_holder",
    warehouse,
    classed("handler_id", String(40), *STAFF, primary_key=True, item="handler"),
    classed("post", String(24), *STAFF, primary_key=True, item="handler"),
    classed("department", String(40), *STAFF, primary_key=True, item="handler"),
    classed("starts_on", Date, *STAFF, nullable=False, item="handler"),
    classed("ends_on", Date, *STAFF, nullable=True, item="handler"),
)

disclosure = Table(
    "disclosure",
    warehouse,
    plain("disclosure_id", String(24), primary_key=True),
    plain("document_no", String(60), nullable=False),
    plain("asked_on", Date, nullable=False),
    plain("prepared_by", String(40), nullable=False),
    plain("state", String(16), nullable=False),
    plain("approved_by", String(40), nullable=True),
    plain("statement", LargeBinary, nullable=True),
    plain("signature", LargeBinary, nullable=True),
    plain("copy_id", String(40), nullable=True),
)

disclosure_case = Table(
    "disclosure_case",
    warehouse,
    _case_no(),
    classed(
        "disclosure_id",
        String(24),
        *CASE,
        ForeignKey("disclosure.disclosure_id", ondelete="CASCADE"),
        primary_key=True,
        item=MANAGED,
    ),
    _sealed("black_outs", MANAGED),
)
