"""What every step under Prefect stands on: it fails with one sentence, and reports to a real server."""

import traceback
import uuid

import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client

from tasks.support import Unforeseen, sentence_only
from tayori.errors import Refused
from tests.support.prefect_server import PrefectServer, settle

SECRET = "大久保の山田さん"


@sentence_only
def _stumbles_over_a_value() -> None:
    try:
        int(SECRET)
    except ValueError as error:
        raise KeyError(SECRET) from error


@sentence_only
def _refuses() -> None:
    try:
        int(SECRET)
    except ValueError as error:
        raise Refused("Row 3 breaks the rule on years.") from error


def test_a_foreign_error_is_told_by_kind_and_place_only() -> None:
    """I3: an error that nobody foresaw says what kind it is and where, and chains nothing."""
    with pytest.raises(Unforeseen) as told:
        _stumbles_over_a_value()
    assert "KeyError at tests/prefect/test_support.py:" in told.value.sentence
    assert told.value.__cause__ is told.value.__context__ is None
    assert SECRET not in "".join(traceback.format_exception(told.value))


def test_our_own_refusal_keeps_kind_and_sentence_and_loses_its_causes() -> None:
    """I3: a refusal of ours travels as it is, without what led to it."""
    with pytest.raises(Refused, match=r"^Row 3 breaks the rule on years\.$") as told:
        _refuses()
    assert told.value.__cause__ is told.value.__context__ is None


@pytest.mark.prefect
def test_a_failing_flow_leaves_no_value_on_the_server(prefect_here: PrefectServer) -> None:
    """I3: neither the run's state nor its logs hold a value that an error carried; the failure itself is there."""
    name = f"stumble-{uuid.uuid4().hex[:6]}"

    @flow(name=name)
    @sentence_only
    def stumble() -> None:
        task(_stumbles_over_a_value)()

    with pytest.raises(Unforeseen):
        stumble()
    settle()
    with get_client(sync_client=True) as client:
        (run,) = [run for run in client.read_flow_runs() if client.read_flow(run.flow_id).name == name]
        told = str(client.read_logs()) + str(run.state)
    assert "KeyError" in told
    assert SECRET not in told
    assert not prefect_here.holds(SECRET.encode())
    assert prefect_here.holds(name.encode())
