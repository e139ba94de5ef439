"""Rules over single values that Great Expectations has no expectation for, as one table of named predicates."""

import re
from collections.abc import Callable, Container, Mapping
from datetime import date
from typing import Any, ClassVar, Final

import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)

from tayori.domain.identifiers import LINE_USER_ID
from tayori.domain.ward import ward

OLDEST_BIRTH: Final = 1900
OLDEST_LETTER: Final = 19470503  # 地方自治法: no ward before it
SUBMISSION_ID: Final = re.compile(r"[0-9a-f]{32}")


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _code(codes: Container[int], value: object) -> bool:
    return type(value) is int and value in codes


def _genres(value: object) -> bool:
    if not isinstance(value, list) or not all(_code(ward().genres, code) for code in value):
        return False
    return len(set(value)) == len(value)


def _day(value: object) -> int | None:
    try:
        read = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return int(f"{read:%Y%m%d}") if read is not None and read.isoformat() == value else None


def _day_until(value: object, limit: int) -> bool:
    day = _day(value)
    return day is None or OLDEST_LETTER <= day <= limit  # what is no day breaks another rule


PREDICATES: Final[Mapping[str, Callable[[Any, int], bool]]] = {
    "is_zero": lambda value, _: type(value) is int and value == 0,
    "is_submission_id": lambda value, _: _matches(SUBMISSION_ID, value),
    "is_line_id": lambda value, _: _matches(LINE_USER_ID, value),
    "is_known_purpose": lambda value, _: isinstance(value, str) and value in ward().purposes,
    "is_moment_until": lambda value, limit: type(value) is int and 0 <= value <= limit,
    "is_moment": lambda value, _: type(value) is int and value >= 0,
    "is_birth_year_until": lambda value, limit: type(value) is int and OLDEST_BIRTH <= value <= limit,
    "is_sex_code": lambda value, _: _code(ward().sexes, value),
    "is_area_code": lambda value, _: _code(ward().areas, value),
    "are_genre_codes": lambda value, _: _genres(value),
    "is_day": lambda value, _: _day(value) is not None,
    "is_day_until": _day_until,
    "is_not_blank": lambda value, _: isinstance(value, str) and bool(value.strip()),
}
"""Whether a value keeps a rule; the second argument is a limit that the moment of judgement sets, if there is one."""


class ColumnValuesKeep(ColumnMapMetricProvider):
    """Whether each value keeps a named predicate."""

    condition_metric_name = "column_values.tayori_keep"
    condition_value_keys = ("predicate", "limit")

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, predicate: str, limit: int, **_: Any) -> pd.Series:  # noqa: ANN401, N805 - the library's form
        keeps = PREDICATES[predicate]
        return pd.Series([keeps(value, limit) for value in column.to_numpy(object)], index=column.index, dtype=bool)


class ExpectColumnValuesToKeep(ColumnMapExpectation):
    """Expect each value that is there to keep one of `PREDICATES`; absent values are another rule's business."""

    predicate: str
    limit: int = 0
    map_metric: ClassVar[str] = "column_values.tayori_keep"
    success_keys: ClassVar[tuple[str, ...]] = ("mostly", "predicate", "limit")
