"""Residents who added the account: the least that sending to them needs."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
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

NEAR = Nearness.PSEUDONYMOUS
ROW = Erasure.PERSON_ROW
NUMBER = BigInteger().with_variant(Integer, "sqlite")

person = Table(
    "person",
    warehouse,
    classed("person_no", NUMBER, NEAR, ROW, primary_key=True, autoincrement=False, item="person_no"),
    classed("line_user_id", LargeBinary, Nearness.PERSONAL, Erasure.PERSON_KEY, nullable=False, item="line_user_id"),
    classed("line_index", LargeBinary, NEAR, ROW, nullable=False, unique=True, item="line_user_id"),
    classed("last_event_ms", BigInteger, NEAR, ROW, nullable=False, item="follow_state"),
    classed("left_at", Moment, NEAR, ROW, nullable=True, item="follow_state"),
    classed("left_cause", String(16), NEAR, ROW, nullable=True, item="follow_state"),
    classed("seen_in_scan", String(40), NEAR, ROW, nullable=True, item="follow_state"),
    classed("missed_scans", SmallInteger, NEAR, ROW, nullable=False, server_default="0", item="follow_state"),
)

# Leavers by number, and nobody else: the eraser finds a thousand among ten million without reading past the others.
LEFT = person.c.left_at.is_not(None)
Index("ix_person_left", person.c.person_no, sqlite_where=LEFT, postgresql_where=LEFT)

reception_settings = Table(
    "reception_settings",
    warehouse,
    classed(
        "person_no",
        NUMBER,
        NEAR,
        ROW,
        ForeignKey("person.person_no", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        item="person_no",
    ),
    classed("birth_year", SmallInteger, Nearness.PERSONAL, ROW, nullable=True, item="birth_year"),
    classed("sex", SmallInteger, Nearness.PERSONAL, ROW, nullable=True, item="sex"),
    classed("area", SmallInteger, Nearness.PERSONAL, ROW, nullable=True, item="area"),
    classed("purpose_version", String(16), NEAR, ROW, nullable=False, item="purpose_confirmation"),
    classed("confirmed_at", Moment, NEAR, ROW, nullable=False, item="purpose_confirmation"),
    CheckConstraint("birth_year BETWEEN 1900 AND 2100", name="year_not_month"),
)

# One row per person and genre, the attributes beside it, in the order in which audiences are read: the audience of
# a broadcast is one range scan, a subset of those who chose the genre by the very shape of the table (ADR 0003).
genre_choice = Table(
    "genre_choice",
    warehouse,
    classed("genre", SmallInteger, Nearness.PERSONAL, ROW, nullable=False, item="genres"),
    classed("person_no", NUMBER, NEAR, ROW, nullable=False, item="person_no"),
    classed("birth_year", SmallInteger, Nearness.PERSONAL, ROW, nullable=True, item="birth_year"),
    classed("sex", SmallInteger, Nearness.PERSONAL, ROW, nullable=True, item="sex"),
    classed("area", SmallInteger, Nearness.PERSONAL, ROW, nullable=True, item="area"),
    PrimaryKeyConstraint("genre", "person_no"),
    sqlite_with_rowid=False,
)

person_counter = Table(
    "person_counter",
    warehouse,
    plain("kind", String(8), primary_key=True),
    plain("last_no", BigInteger, nullable=False),
)

event_seen = Table(
    "event_seen",
    warehouse,
    classed("event_id", String(64), NEAR, Erasure.EXPIRY, primary_key=True, item="event_id"),
    classed("at_ms", BigInteger, NEAR, Erasure.EXPIRY, nullable=False, item="event_id"),
    sqlite_with_rowid=False,
)

event_tally = Table(
    "event_tally",
    warehouse,
    plain("run_id", String(40), primary_key=True),
    plain("outcome", String(16), primary_key=True),
    plain("reason", String(80), primary_key=True),
    plain("events", BigInteger, nullable=False),
    plain("counted_at", Moment, nullable=False),
)

# In the order in which a run erases: what one night writes stands together, however long the journal has become.
erasure_journal = Table(
    "erasure_journal",
    warehouse,
    plain("run_id", String(40), nullable=False),
    classed("person_no", NUMBER, NEAR, Erasure.EXPIRY, nullable=False, item="erasure_journal"),
    plain("cause", String(16), nullable=False),
    classed("left_at", Moment, NEAR, Erasure.EXPIRY, nullable=False, item="erasure_journal"),
    classed("commitment", LargeBinary, NEAR, Erasure.EXPIRY, nullable=False, item="erasure_journal"),
    plain("erased_at", Moment, nullable=False),
    PrimaryKeyConstraint("run_id", "person_no"),
    sqlite_with_rowid=False,
)
