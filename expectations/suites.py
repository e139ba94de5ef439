"""The suites: for each kind of frame the exact columns, and the rules in the order in which a refusal is told.

LINE's side is a closed world: every value is of a listed set or of a checked shape, so that no attribute that may not
be asked for (P5) has a place, in columns or in values. Letters are an open world: what residents write is never judged.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from great_expectations.expectations.core.expect_column_value_lengths_to_be_between import (
    ExpectColumnValueLengthsToBeBetween,
)
from great_expectations.expectations.core.expect_column_values_to_be_between import (
    ExpectColumnValuesToBeBetween,
)
from great_expectations.expectations.core.expect_column_values_to_be_in_set import (
    ExpectColumnValuesToBeInSet,
)
from great_expectations.expectations.core.expect_column_values_to_match_regex import (
    ExpectColumnValuesToMatchRegex,
)
from great_expectations.expectations.core.expect_column_values_to_not_be_in_set import (
    ExpectColumnValuesToNotBeInSet,
)
from great_expectations.expectations.core.expect_column_values_to_not_be_null import (
    ExpectColumnValuesToNotBeNull,
)
from great_expectations.expectations.core.expect_column_values_to_not_match_regex import (
    ExpectColumnValuesToNotMatchRegex,
)

from expectations.custom import ExpectColumnValuesToKeep
from expectations.rules import Rule, Suite
from tayori.domain.identifiers import CANARY_PREFIX, DUMMY_PREFIX
from tayori.domain.states import CaseState
from tayori.domain.ward import ward
from tayori.ingest import event_frame, receptions
from tayori.ingest.sources import frame as opinion_frame
from tayori.migration import cases as old_cases

TOKYO: Final = ZoneInfo("Asia/Tokyo")
LINE_BEGAN: Final = datetime(2011, 6, 1, tzinfo=UTC)
CLOCKS_DIFFER: Final = timedelta(days=1)  # how far ahead of ours the platform's clock may be
PAGES_DIFFER: Final = timedelta(minutes=5)  # how far apart the clocks of our own programs may be

ULID: Final = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}\Z"
LINE_ID: Final = r"^U[0-9a-f]{32}\Z"
DUMMY_ID: Final = f"^(?:{DUMMY_PREFIX}|{CANARY_PREFIX})"

Limit = Callable[[datetime], int]


def _moment(ahead: timedelta) -> Limit:
    return lambda now: int((now + ahead).timestamp() * 1000)


def _today(now: datetime) -> int:
    return int(f"{now.astimezone(TOKYO):%Y%m%d}")


def _this_year(now: datetime) -> int:
    return now.astimezone(TOKYO).year


def one_of(name: str, column: str, allowed: Iterable[Any]) -> Rule:
    """Make a rule: a value that is there is one of these."""
    values = list(allowed)
    return Rule(name, lambda _: ExpectColumnValuesToBeInSet(column=column, value_set=values))


def given(name: str, column: str) -> Rule:
    """Make a rule: the value is there."""
    return Rule(name, lambda _: ExpectColumnValuesToNotBeNull(column=column))


def not_empty(name: str, column: str) -> Rule:
    """Make a rule: the text is not the empty one, by which events say that they lack it."""
    return Rule(name, lambda _: ExpectColumnValuesToNotBeInSet(column=column, value_set=[""]))


def shaped(name: str, column: str, pattern: str) -> Rule:
    """Make a rule: a text that is there has this shape."""
    return Rule(name, lambda _: ExpectColumnValuesToMatchRegex(column=column, regex=pattern))


def never_shaped(name: str, column: str, pattern: str) -> Rule:
    """Make a rule: no text has this shape."""
    return Rule(name, lambda _: ExpectColumnValuesToNotMatchRegex(column=column, regex=pattern))


def keeps(name: str, column: str, predicate: str, limit: Limit = lambda _: 0) -> Rule:
    """Make a rule: a value that is there keeps a predicate of `custom.PREDICATES`, up to a limit set by the moment."""
    return Rule(name, lambda now: ExpectColumnValuesToKeep(column=column, predicate=predicate, limit=limit(now)))


def at_most(name: str, column: str, characters: int) -> Rule:
    """Make a rule: a text that is there has at most so many characters."""
    return Rule(name, lambda _: ExpectColumnValueLengthsToBeBetween(column=column, max_value=characters))


def between(name: str, column: str, first: int, last: Limit) -> Rule:
    """Make a rule: a number lies between two, both included."""
    return Rule(name, lambda now: ExpectColumnValuesToBeBetween(column=column, min_value=first, max_value=last(now)))


EVENT_RULES: Final = (
    not_empty("event_has_no_type", "event_type"),
    not_empty("old_format_without_event_id", "event_id"),
    not_empty("old_format_without_mode", "mode"),
    shaped("event_id_is_no_ulid", "event_id", ULID),
    one_of("mode_is_unknown", "mode", ("active", "standby")),
    between("event_time_is_impossible", "at_ms", int(LINE_BEGAN.timestamp() * 1000), _moment(CLOCKS_DIFFER)),
    one_of("source_is_unknown", "source_type", ("user", "group", "room", "")),
    one_of("redelivery_is_unknown", "redelivered", (True, False)),
    shaped("line_user_id_has_wrong_form", "line_user_id", LINE_ID),
)
LIVE_RULES: Final = (never_shaped("dummy_person_in_live", "line_user_id", DUMMY_ID),)

RECEPTION_RULES: Final = (
    keeps("field_is_not_in_the_register", "unknown_fields", "is_zero"),
    given("submission_id_is_missing", "submission_id"),
    keeps("submission_id_has_wrong_form", "submission_id", "is_submission_id"),
    given("line_user_id_is_missing", "line_user_id"),
    keeps("line_user_id_has_wrong_form", "line_user_id", "is_line_id"),
    given("purpose_was_not_confirmed", "purpose_version"),
    keeps("purpose_version_is_unknown", "purpose_version", "is_known_purpose"),
    keeps("confirmed_at_is_no_moment", "confirmed_at", "is_moment"),
    keeps("confirmed_at_is_in_the_future", "confirmed_at", "is_moment_until", _moment(PAGES_DIFFER)),
    keeps("birth_year_is_no_year", "birth_year", "is_birth_year_until", _this_year),
    keeps("sex_is_unknown", "sex", "is_sex_code"),
    keeps("area_is_unknown", "area", "is_area_code"),
    keeps("genre_is_unknown", "genres", "are_genre_codes"),
)

LENGTHS: Final[Mapping[str, int]] = {
    "source_key": 200,
    "department": 40,
    "name": 200,
    "postal_code": 16,
    "address": 400,
    "telephone": 64,
    "email": 254,
    "fax": 64,
    "opinion": 100_000,
}
OPINION_RULES: Final = (
    given("source_key_is_missing", "source_key"),
    given("received_on_is_missing", "received_on"),
    keeps("received_on_is_no_date", "received_on", "is_day"),
    keeps("received_on_is_impossible_or_in_the_future", "received_on", "is_day_until", _today),
    given("channel_is_missing", "channel"),
    one_of("channel_is_unknown", "channel", ward().channels),
    given("addressee_is_missing", "addressee"),
    one_of("addressee_is_unknown", "addressee", ward().addressees),
    given("answer_wanted_is_missing", "answer_wanted"),
    one_of("answer_wanted_is_unknown", "answer_wanted", ward().answer_wanted),
    one_of("kind_is_unknown", "kind", ward().kinds),
    given("opinion_is_missing", "opinion"),
    keeps("opinion_is_blank", "opinion", "is_not_blank"),
    *(at_most(f"{item}_is_too_long", item, characters) for item, characters in LENGTHS.items()),
)

OLD_CASE_RULES: Final = (
    *OPINION_RULES,
    given("state_is_missing", "state"),
    one_of("state_is_unknown", "state", tuple(CaseState)),
    keeps("done_on_is_no_date", "done_on", "is_day"),
    keeps("done_on_is_impossible_or_in_the_future", "done_on", "is_day_until", _today),
    at_most("answer_is_too_long", "answer", 100_000),
    at_most("key_is_too_long", "source_key", old_cases.LONGEST_KEY),
)

SUITES: Final[Mapping[str, Suite]] = {
    event_frame.SUITE: Suite(event_frame.FRAME_COLUMNS, EVENT_RULES),
    event_frame.LIVE_SUITE: Suite(event_frame.FRAME_COLUMNS, (*EVENT_RULES, *LIVE_RULES)),
    receptions.SUITE: Suite(receptions.FRAME_COLUMNS, RECEPTION_RULES),
    old_cases.SUITE: Suite(old_cases.FRAME_COLUMNS, OLD_CASE_RULES),
    "opinions": Suite(opinion_frame.FRAME_COLUMNS, OPINION_RULES),
}
