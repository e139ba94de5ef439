"""What counts as too many leavers at once: the thresholds, as data."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScanLimits(_Part):
    """Limits of a scan of LINE's followers."""

    share: float = Field(gt=0, lt=1)
    least: int = Field(ge=0)
    hours_between: float = Field(gt=0)
    controls: int = Field(ge=1)


class FloodLimits(_Part):
    """Limits of leaving by events between two nights."""

    share: float = Field(gt=0, lt=1)
    least: int = Field(ge=0)
    longest_hours: float = Field(gt=0, le=72)


class Decision(_Part):
    """What it takes to allow more: so many signatures, for so many hours."""

    signatures: int = Field(ge=2)
    valid_hours: float = Field(gt=0)


class LeavingLimits(_Part):
    """All of them."""

    scan: ScanLimits
    flood: FloodLimits
    decision: Decision


@cache
def leaving_limits() -> LeavingLimits:
    """Give the thresholds of `leaving.yaml`."""
    return LeavingLimits.model_validate(yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8")))


def bound(share: float, least: int, people: int) -> int:
    """Give how many of so many people may leave at once without anybody being asked."""
    return max(least, int(people * share))
