"""The Prefect form: what staff type into it is checked by the server before a run exists."""

from collections.abc import Mapping
from typing import Any

from tests.support.prefect_server import PrefectServer, asked

CONFLICT = 409


def refuses(server: PrefectServer, name: str, schema: Mapping[str, Any], parameters: Mapping[str, Any]) -> bool:
    """Whether the server refuses to start a deployment of this schema with these parameters."""
    flow_id = _made(server, "flows", {"name": name})
    wanted = {
        "name": "canary",
        "flow_id": flow_id,
        "parameter_openapi_schema": dict(schema),
        "enforce_parameter_schema": True,
    }
    deployment = f"{server.api_url}/deployments/{_made(server, 'deployments', wanted)}"
    answer = asked("POST", f"{deployment}/create_flow_run", {"parameters": dict(parameters)})
    asked("DELETE", deployment).raise_for_status()
    return answer.status_code == CONFLICT


def _made(server: PrefectServer, kind: str, wanted: Mapping[str, Any]) -> str:
    answer = asked("POST", f"{server.api_url}/{kind}/", wanted)
    answer.raise_for_status()
    return str(answer.json()["id"])
