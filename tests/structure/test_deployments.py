"""Every deployment loads, speaks to staff in Japanese, runs by Tokyo's clock, and takes ids and dates only (I3)."""

import datetime as dt
import enum
import importlib
import inspect
import re
import types
import typing
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
import yaml
from prefect import Flow
from prefect.utilities.callables import parameter_schema
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tayori.broadcast import control

ROOT = Path(__file__).resolve().parents[2]
PLAN: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))
HANDED_OVER = {"ingest": 2, "dispatch": control.MOST_AT_ONCE + 1}
"""Where a run stands beside the one before; a lease lets only one work on the same thing."""
DEPLOYMENTS: list[dict[str, Any]] = PLAN["deployments"]
FLOWS = [
    flow
    for path in sorted((ROOT / "flows").glob("[a-z]*.py"))
    for flow in vars(importlib.import_module(f"flows.{path.stem}")).values()
    if isinstance(flow, Flow)
]
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
PLAIN_TYPES = (bool, int, dt.date, dt.datetime)


def _name(thing: Any) -> str:  # noqa: ANN401 - a deployment or a flow
    return str(thing["name"] if isinstance(thing, dict) else thing.name)


def _flow(deployment: dict[str, Any]) -> Flow[..., Any]:
    module, _, name = deployment["entrypoint"].rpartition(".")
    found: Flow[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _models(flow: Flow[..., Any]) -> list[type[BaseModel]]:
    hints = typing.get_type_hints(inspect.unwrap(flow.fn))
    return [hints[name] for name in inspect.signature(flow.fn).parameters]


def _parts(annotation: Any) -> list[Any]:  # noqa: ANN401 - any annotation
    if get_origin(annotation) in {types.UnionType, typing.Union}:
        return [part for one in get_args(annotation) for part in _parts(one)]
    if get_origin(annotation) is typing.Annotated:
        return _parts(get_args(annotation)[0])
    return [annotation]


def _is_opaque(field: FieldInfo) -> bool:
    """Whether a field can hold an id or a date and nothing else: free text needs no form."""
    patterned = any(getattr(rule, "pattern", None) for rule in field.metadata)
    return all(
        part is type(None)
        or part in PLAIN_TYPES
        or (isinstance(part, type) and issubclass(part, enum.Enum))
        or get_origin(part) is typing.Literal
        or (part is str and patterned)
        for part in _parts(field.annotation)
    )


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=_name)
def test_every_deployment_loads_by_a_dotted_entrypoint(deployment: dict[str, Any]) -> None:
    """The entrypoint is a module path, so that the worker's module names are ours."""
    assert re.fullmatch(r"flows\.\w+\.\w+", deployment["entrypoint"])
    assert isinstance(_flow(deployment), Flow)


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=_name)
def test_every_deployment_is_described_for_staff(deployment: dict[str, Any]) -> None:
    """The description that staff read is Japanese and says what to do; the page of deployments tells it too."""
    assert len(JAPANESE.findall(deployment["description"])) > 20
    assert f"| `{deployment['name']}` |" in (ROOT / "docs" / "deployments.md").read_text("utf-8")


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=_name)
def test_every_schedule_is_tokyos_and_one_run_at_a_time(deployment: dict[str, Any]) -> None:
    """A schedule names Asia/Tokyo, is active, and never starts a second run beside the first (late runs pile up)."""
    for schedule in deployment.get("schedules", []):
        assert (schedule["timezone"], schedule["active"]) == ("Asia/Tokyo", True)
        assert deployment["concurrency_limit"]["limit"] == HANDED_OVER.get(deployment["name"], 1)


def test_workers_run_in_the_folder_that_their_environment_names() -> None:
    """No path of one machine stands in the plan."""
    assert PLAN["pull"] == [{"prefect.deployments.steps.set_working_directory": {"directory": "{{ $TAYORI_ROOT }}"}}]


def test_every_flow_has_a_deployment_and_every_name_stands_once() -> None:
    """A story that nobody can start is none."""
    deployed = {deployment["entrypoint"].split(".", 1)[1] for deployment in DEPLOYMENTS}
    named = [deployment["name"] for deployment in DEPLOYMENTS]
    assert {
        f"{inspect.unwrap(flow.fn).__module__.removeprefix('flows.')}.{inspect.unwrap(flow.fn).__name__}"
        for flow in FLOWS
    } == deployed
    assert len(named) == len(set(named))


@pytest.mark.parametrize("flow", FLOWS, ids=_name)
def test_a_flow_takes_nothing_or_one_model_with_japanese_titles(flow: Flow[..., Any]) -> None:
    """A form keeps titles, limits and enumerations only inside one model; an unknown field is refused, not run."""
    models = _models(flow)
    assert len(models) <= 1
    for model in models:
        assert issubclass(model, BaseModel)
        assert model.model_config.get("extra") == "forbid"
        assert JAPANESE.search(model.model_config.get("title") or "")
        assert all(JAPANESE.search(field.title or "") for field in model.model_fields.values())
        shown = str(parameter_schema(flow).model_dump())
        assert all(str(field.title) in shown for field in model.model_fields.values())


@pytest.mark.parametrize("flow", FLOWS, ids=_name)
def test_a_flow_parameter_can_hold_ids_and_dates_only(flow: Flow[..., Any]) -> None:
    """I3: no parameter has room for a person: dates, numbers, choices, and text only by a pattern of opaque ids."""
    for model in _models(flow):
        assert [name for name, field in model.model_fields.items() if not _is_opaque(field)] == []


@pytest.mark.parametrize("flow", FLOWS, ids=_name)
def test_no_flow_keeps_results_or_prints(flow: Flow[..., Any]) -> None:
    """I3: results are not persisted, prints are not logged."""
    assert not flow.persist_result
    assert not flow.log_prints
