"""Every channel, killed at random moments, brings in what an undisturbed reading brings in, each letter once."""

from pathlib import Path

import pytest

from tests.support.dovecot import program, running_dovecot
from tests.support.kills.channels import CHANNELS, Channel, imap_channel
from tests.support.kills.intakes import IntakeStage


@pytest.mark.slow
@pytest.mark.parametrize("channel", CHANNELS.values(), ids=list(CHANNELS))
def test_nothing_is_lost_when_a_reading_is_killed(tmp_path: Path, channel: Channel) -> None:
    """A few moments here; fifty a channel in `bench/desk/kills.py`."""
    nothing_is_lost(tmp_path, channel)


@pytest.mark.slow
@pytest.mark.dovecot
def test_nothing_is_lost_when_a_reading_of_a_mailbox_is_killed(tmp_path: Path) -> None:
    """The same where the mails lie on a real IMAP server, which goes on when the reading is killed."""
    if program() is None:
        pytest.skip("dovecot is not installed")
    with running_dovecot() as server:
        nothing_is_lost(tmp_path, imap_channel(server))


def nothing_is_lost(folder: Path, channel: Channel) -> None:
    """Kill readings of a channel and hold what came in against an undisturbed one."""
    stage = IntakeStage(folder, channel)
    assert {one.partition(" ")[0] for one in stage.expected} & {"opinion_case", "tally"}
    for seed in (1, 2):
        outcome = stage.trial(seed)
        assert (outcome.lost, outcome.doubled, outcome.left) == (0, 0, 0)
