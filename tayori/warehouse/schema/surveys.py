"""Surveys: what is asked; answers by person, sealed; and for anonymous ones counts alone, with spent tokens apart.

A token is an HMAC of who answered under the survey's own key, which is destroyed when the survey closes. Nothing of
an anonymous answer is kept but that a count went up, so that there is no row that anybody could be tied to.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from tayori.domain.columns import Erasure, Nearness
from tayori.warehouse.schema.columns import Moment, classed, plain, warehouse

NUMBER = BigInteger().with_variant(Integer, "sqlite")
PERSON = (Nearness.PSEUDONYMOUS, Erasure.PERSON_ROW)
TOKEN = (Nearness.PSEUDONYMOUS, Erasure.EXPIRY)

survey = Table(
    "survey",
    warehouse,
    plain("name", String(31), primary_key=True),
    plain("anonymous", Boolean, nullable=False),
    plain("definition", Text, nullable=False),
    plain("state", String(12), nullable=False),
    plain("published_at", Moment, nullable=False),
    plain("closes_on", Date, nullable=False),
    plain("closed_at", Moment, nullable=True),
    plain("ballot_key", LargeBinary, nullable=True),  # what anonymous answers are sealed to, public
)

survey_answer = Table(
    "survey_answer",
    warehouse,
    classed("survey", String(31), *PERSON, ForeignKey("survey.name"), nullable=False, item="survey_answer"),
    classed(
        "person_no",
        NUMBER,
        *PERSON,
        ForeignKey("person.person_no", ondelete="CASCADE"),
        nullable=False,
        item="person_no",
    ),
    classed("answers", LargeBinary, Nearness.PERSONAL, Erasure.PERSON_KEY, nullable=False, item="survey_answer"),
    PrimaryKeyConstraint("survey", "person_no"),
)

survey_spent = Table(
    "survey_spent",
    warehouse,
    classed("survey", String(31), *TOKEN, nullable=False, item="survey_token"),
    classed("token", LargeBinary, *TOKEN, nullable=False, item="survey_token"),
    classed("ends_at", Moment, *TOKEN, nullable=False, item="survey_token"),
    PrimaryKeyConstraint("survey", "token"),
    sqlite_with_rowid=False,
)

survey_tally = Table(
    "survey_tally",
    warehouse,
    plain("survey", String(31), nullable=False),
    plain("question", String(31), nullable=False),
    plain("code", String(31), nullable=False),
    plain("answers", Integer, nullable=False),
    PrimaryKeyConstraint("survey", "question", "code"),
)
