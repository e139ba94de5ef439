"""The Prefect form: what staff type into it is checked by the server before a run exists."""

from collections.abc import Mapping
from typing import Any

import httpx

from tests.support.prefect_server import PrefectServer

CONFLICT = 409


def refuses(server: PrefectServer, name: str, schema: Mapping[str, Any], parameters: Mapping[str, Any]) -> bool:
    """Whether the server refuses to start a deployment of this schema with these parameters."""
    with httpx.Client(base_url=server.api_url, timeout=30) as api:
        flow_id = _made(api, "/flows/", {"name": name})
        wanted = {
            "name": "canary",
            "flow_id": flow_id,
            "parameter_openapi_schema": dict(schema),
            "enforce_parameter_schema": True,
        }
        deployment_id = _made(api, "/deployments/", wanted)
        answer = api.post(f"/deployments/{deployment_id}/create_flow_run", json={"parameters": dict(parameters)})
        api.delete(f"/deployments/{deployment_id}").raise_for_status()
    return answer.status_code == CONFLICT


def _made(api: httpx.Client, path: str, wanted: Mapping[str, Any]) -> str:
    answer = api.post(path, json=wanted)
    answer.raise_for_status()
    return str(answer.json()["id"])
