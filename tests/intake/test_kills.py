"""Every channel, killed at random moments, brings in what an undisturbed reading brings in, each letter once."""

from pathlib import Path

import pytest

from tests.support.kills.intakes import CHANNELS, Channel, IntakeStage


@pytest.mark.slow
@pytest.mark.parametrize("channel", CHANNELS.values(), ids=list(CHANNELS))
def test_nothing_is_lost_when_a_reading_is_killed(tmp_path: Path, channel: Channel) -> None:
    """A few moments here; fifty a channel in `bench/desk/kills.py`."""
    stage = IntakeStage(tmp_path, channel)
    assert stage.expected
    for seed in (1, 2):
        outcome = stage.trial(seed)
        assert (outcome.lost, outcome.doubled, outcome.left) == (0, 0, 0)
