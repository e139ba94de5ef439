"""Errors that nobody foresaw, as the libraries raise them: each carries a value in its text, its cause or its notes."""

from collections.abc import Callable

import pandas as pd
from pydantic import BaseModel, TypeAdapter
from sqlalchemy.exc import IntegrityError, StatementError

from tayori.errors import Refused


class _Answer(BaseModel):
    line_user_id: int


def sqlalchemy_parameters(value: str) -> None:
    """Fail as a statement does whose parameters are shown."""
    raise StatementError("failed", "INSERT INTO person VALUES (:id)", {"id": value}, ValueError(value))


def sqlalchemy_cause(value: str) -> None:
    """Fail as a driver does that repeats the value, with SQLAlchemy's error around it."""
    cause = ValueError(f"UNIQUE constraint failed: {value}")
    raise IntegrityError("INSERT INTO person VALUES (?)", (value,), cause) from cause


def pydantic_input(value: str) -> None:
    """Fail as a model does that shows its input."""
    TypeAdapter(list[_Answer]).validate_python([{"line_user_id": value}])


def pandas_key(value: str) -> None:
    """Fail as a frame does that lacks a column."""
    pd.DataFrame({"birth_year": [1980]})[value]


def pandas_date(value: str) -> None:
    """Fail as pandas does on a date that is none."""
    pd.to_datetime([value], format="%Y-%m-%d")


def great_expectations(value: str) -> None:
    """Fail as the gate's library does, naming what it met."""
    from great_expectations.exceptions.exceptions import (  # noqa: PLC0415 - start-up time: seconds
        MetricResolutionError,
    )

    raise MetricResolutionError(f"column values: {value}", failed_metrics=())


def notes_and_groups(value: str) -> None:
    """Fail with several errors at once, one of them with a note."""
    noted = KeyError(value)
    noted.add_note(f"while reading {value}")
    raise ExceptionGroup(f"two rows of {value}", [noted, UnicodeDecodeError("utf-8", value.encode(), 0, 1, value)])


def our_own_with_a_cause(value: str) -> None:
    """Fail as our own code must not: a refusal that drags its cause along."""
    try:
        int(value)
    except ValueError as cause:
        raise Refused("A row breaks a rule.") from cause


STUMBLES: tuple[Callable[[str], None], ...] = (
    sqlalchemy_parameters,
    sqlalchemy_cause,
    pydantic_input,
    pandas_key,
    pandas_date,
    great_expectations,
    notes_and_groups,
    our_own_with_a_cause,
)
