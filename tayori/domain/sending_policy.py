"""What the ward decides about holding broadcasts: ages, windows, repetition, quiet hours, as data for each genre."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from tayori.domain.ward import ward
from tayori.errors import BadInput

WARD_TIME: Final = ZoneInfo("Asia/Tokyo")
CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _clock_time(written: object) -> time:
    """Read "21:00"; YAML makes a number of it where the quotes are missing, and a number is no time of day."""
    if not isinstance(written, str) or not CLOCK.fullmatch(written):
        message = 'a time of day is written in quotes, as in "21:00"'
        raise ValueError(message)
    return time.fromisoformat(written)


ClockTime = Annotated[time, BeforeValidator(_clock_time)]
Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=1, le=366)]


class Late(StrEnum):
    """What becomes of a broadcast that is late by more than its window."""

    SEND = "send"
    HOLD = "hold"
    DROP = "drop"  # cancelled, with the reason


class _Rule(BaseModel):
    """One figure or a few that belong together; nothing is guessed, nothing is left over."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class Lateness(_Rule):
    """How late a broadcast may start behind its planned moment, and what becomes of a later one."""

    after_hours: float = Field(gt=0)
    then: Annotated[Late, Field(strict=False)]

    @property
    def after(self) -> timedelta:
        """The longest delay that passes."""
        return timedelta(hours=self.after_hours)


class Repetition(_Rule):
    """The same words are held for so many days, where more than the share of the audience would meet them again."""

    days: Days
    share: Share


class Frequency(_Rule):
    """How many sends of one genre in so many days are enough, where more than the share would get one more."""

    sends: int = Field(ge=1)
    days: Days
    share: Share


class QuietHours(_Rule):
    """From when to when nobody is disturbed; it may go over midnight. The end is no longer quiet."""

    begins: ClockTime = Field(alias="from")
    ends: ClockTime = Field(alias="to")

    @model_validator(mode="after")
    def _some_hours(self) -> Self:
        if self.begins == self.ends:
            message = "quiet hours begin and end at the same time; write null where there are none"
            raise ValueError(message)
        return self


class GenrePolicy(_Rule):
    """The figures of one genre."""

    max_age_hours: float = Field(gt=0)
    late: Lateness
    repeated_text: Repetition
    frequency: Frequency | None
    quiet_hours: QuietHours | None
    drift: Share
    smallest_audience: int = Field(ge=1)

    @property
    def max_age(self) -> timedelta:
        """How old the content may be at the start."""
        return timedelta(hours=self.max_age_hours)


class Burst(_Rule):
    """How many broadcasts may start within so many minutes, in all genres together."""

    broadcasts: int = Field(ge=1)
    minutes: int = Field(ge=1)


class SendingPolicy(_Rule):
    """All that the ward decides about holding broadcasts."""

    every_genre: GenrePolicy
    genres: Mapping[int, GenrePolicy]
    burst: Burst
    never_overridden: Annotated[frozenset[str], Field(strict=False)]

    def of(self, genre: int) -> GenrePolicy:
        """The figures of a genre: its own, else everybody's."""
        return self.genres.get(genre, self.every_genre)


def quiet_until(policy: SendingPolicy, genre: int, moment: datetime) -> datetime | None:
    """Until when nothing of this genre starts, in the ward's time; None where the moment is not a quiet one."""
    quiet = policy.of(genre).quiet_hours
    if quiet is None:
        return None
    here = moment.astimezone(WARD_TIME)
    today, now = here.date(), here.time()
    if quiet.begins < quiet.ends:
        return _at(today, quiet.ends) if quiet.begins <= now < quiet.ends else None
    if now >= quiet.begins:
        return _at(today + timedelta(days=1), quiet.ends)
    return _at(today, quiet.ends) if now < quiet.ends else None


def read_policy(written: Any) -> SendingPolicy:  # noqa: ANN401 - any YAML value
    """Read the ward's decisions as written in YAML.

    Raises:
        BadInput: a figure is missing, unknown or out of its bounds, or a genre is not the ward's; the sentence names
            the place.

    """
    if not isinstance(written, dict) or not isinstance(written.get("every_genre"), dict):
        raise BadInput("sending policy: `every_genre` is missing; write the figures that hold for every genre.")
    own = written.get("genres") or {}
    unknown = [name for name in own if ward().genre_code(str(name)) is None]
    if unknown:
        raise BadInput(f"sending policy: genres: choose from {'、'.join(ward().genres.values())}.")
    each = {ward().genre_code(str(name)): {**written["every_genre"], **(rules or {})} for name, rules in own.items()}
    try:
        return SendingPolicy.model_validate({**written, "genres": each})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BadInput(f"sending policy: {place}: {first['msg']}.") from None


@cache
def sending_policy() -> SendingPolicy:
    """The decisions that come with the tree."""
    return read_policy(yaml.safe_load(files("tayori.domain").joinpath("sending_policy.yaml").read_text("utf-8")))


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, WARD_TIME)
