"""The ward's figures are read whole or refused, by their place."""

from importlib.resources import files
from typing import Any

import pytest
import yaml

from tayori.domain.sending_policy import Late, read_policy, sending_policy
from tayori.domain.ward import ward
from tayori.errors import BadInput


def as_written() -> dict[str, Any]:
    """Give the policy as it is written."""
    read: dict[str, Any] = yaml.safe_load(files("tayori.domain").joinpath("sending_policy.yaml").read_text("utf-8"))
    return read


def test_every_genre_has_its_figures() -> None:
    """A genre has its own where it names them, everybody's otherwise; 緊急 wakes people and has no cap."""
    policy, emergency = sending_policy(), ward().genre_code("緊急")
    assert emergency is not None
    own = policy.of(emergency)
    assert (own.quiet_hours, own.frequency, own.max_age_hours, own.drift) == (None, None, 0.5, policy.every_genre.drift)
    for genre in set(ward().genres) - {emergency}:
        assert policy.of(genre).quiet_hours == policy.every_genre.quiet_hours
    assert policy.every_genre.late.then is Late.HOLD


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("every_genre.quiet_hours.from", 1260, r"quiet_hours\.from: .*in quotes"),
        ("every_genre.quiet_hours.from", "25:00", r"quiet_hours\.from"),
        ("every_genre.quiet_hours.to", "21:00", r"quiet_hours: .*same time"),
        ("every_genre.late.then", "perhaps", r"late\.then"),
        ("every_genre.late.after_hours", 0, r"late\.after_hours"),
        ("every_genre.drift", 5, r"every_genre\.drift"),
        ("every_genre.frequency.share", "0.2", r"frequency\.share"),
        ("every_genre.max_age_hours", None, r"max_age_hours"),
        ("every_genre.max_ago_hours", 3, r"max_ago_hours"),
        ("genres.釣り", {}, r"choose from 子育て"),
        ("genres.緊急", {"frequncy": None}, r"frequncy"),
        ("every_genre", None, r"every_genre"),
        ("burst.broadcasts", 0, r"burst\.broadcasts"),
        ("burst", None, r"burst"),
    ],
)
def test_what_is_not_understood_is_told_by_its_place(place: str, value: object, sentence: str) -> None:
    """A figure that is missing, misspelt or out of bounds switches nothing off in silence."""
    written = as_written()
    *path, last = place.split(".")
    part = written
    for name in path:
        part = part[name]
    part[last] = value
    with pytest.raises(BadInput, match=sentence):
        read_policy(written)
