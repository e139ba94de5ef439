"""Closing a contract is a command and never a deployment: nothing that Prefect can start reaches it (I10)."""

from functools import cache

import grimp
import pytest
import yaml

from tests.structure.test_deployments import DEPLOYMENTS, ROOT

FORBIDDEN = [
    f"tayori.retention.{name}"
    for name in ("closing", "returning", "ending", "disposal", "disposing", "end_job", "end_verification")
]
FORBIDDEN += ["tasks.closing", "cli.closing"]


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("flows", "tasks", "expectations", "tayori", "cli", "web", include_external_packages=False)


@pytest.mark.parametrize("module", FORBIDDEN)
def test_no_deployment_reaches_the_end_of_a_contract_or_a_disposal(module: str) -> None:
    """No chain of imports leads from a deployment's flow, from any flow, or from a door, to what ends records."""
    starts = {str(one["entrypoint"]).rpartition(".")[0] for one in DEPLOYMENTS} | {"flows", "web"}
    for start in starts:
        as_package = start in {"flows", "web"}
        chain = _graph().find_shortest_chain(importer=start, imported=module, as_packages=as_package)
        assert chain is None, chain


@pytest.mark.parametrize("module", FORBIDDEN[:-2])
def test_the_command_does_reach_it(module: str) -> None:
    """The check above would see a chain if there were one: from the command there is."""
    assert _graph().find_shortest_chain(importer="cli", imported=module, as_packages=True)


def test_no_deployment_speaks_of_it() -> None:
    """prefect.yaml names no entrypoint of that kind."""
    plan = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))
    assert not [one for one in plan["deployments"] if "clos" in one["entrypoint"] or "dispos" in one["entrypoint"]]
