"""The process of a flow run is killed: by the platform's ledger nobody is missed and nobody is doubled."""

import pytest

from sandbox.line.serve import running_platform
from tests.support.kills.outcome import Mode
from tests.support.kills.trial import Case, Stage, Trial
from tests.support.kills.wards import Store, Wards
from tests.support.prefect_server import PrefectServer

PEOPLE = 5_300


@pytest.mark.prefect
@pytest.mark.slow
def test_the_flow_is_killed_and_run_again(
    prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The process of a flow run is killed; the next run of the flow completes the broadcast exactly."""
    case = Case(1, Store.SQLITE, Mode.PREFECT, PEOPLE, "in the middle of a call")
    with running_platform() as platform:
        outcome = Trial(Stage(Wards(tmp_path_factory.mktemp("wards")), platform, prefect_server), case).run()
    assert outcome.is_clean, outcome
