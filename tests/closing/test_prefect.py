"""At a contract's end Prefect forgets the runs of that contract's stories, and no others."""

import pytest
from prefect import flow

from tasks.closing import STORIES, forget_runs
from tayori.domain.identifiers import Contract
from tests.structure.test_deployments import FLOWS
from tests.support.prefect_server import PrefectServer

pytestmark = pytest.mark.prefect


def _run(name: str) -> None:
    @flow(name=name, persist_result=False)
    def story() -> None:
        """Do nothing."""

    story()


def test_prefect_forgets_the_runs_of_one_contract(prefect_here: PrefectServer) -> None:
    """Every run of L's stories goes, with its states and logs; O's and the shared ones stay."""
    forget_runs(Contract.LINE)  # other tests have run such stories at this server
    for name in ("broadcast", "broadcast", "reconcile", "opinion-analysis", "retention"):
        _run(name)
    assert forget_runs(Contract.LINE) == {"reached": 1, "runs": 3}
    ids = {one["id"]: one["name"] for one in prefect_here.found("flows")}
    left = {ids[one["flow_id"]] for one in prefect_here.found("flow_runs")}
    assert left >= {"opinion-analysis", "retention"}
    assert not left & set(STORIES[Contract.LINE])


def test_every_story_is_of_a_contract_or_of_both() -> None:
    """A new flow needs its place: with L's stories, with O's, or with those that serve both."""
    named = {one.name for one in FLOWS}
    both = {"retention", "watch", "backup"}
    assert named == both | {name for stories in STORIES.values() for name in stories}


def test_without_a_server_it_says_so() -> None:
    """Where no Prefect server is named, nothing is claimed."""
    assert forget_runs(Contract.OPINIONS) == {"reached": 0, "runs": 0}
