"""Asks the function that manages tenants, as an operator does on AWS."""

import json
from collections.abc import Mapping
from typing import Any

from local.errors import LocalError
from local.system import Running


def create_tenant(running: Running, tenant: str, **more: Any) -> dict[str, str]:
    """With a key for each scope; the keys by scope. Their secrets are told this once."""
    made = manage_tenants(running, {"operation": "create", "tenant": tenant, "name": tenant} | more)
    return dict(made["keys"])


def create_key(running: Running, tenant: str, scope: str, name: str) -> str:
    wanted = {"operation": "create_key", "tenant": tenant, "name": name, "scopes": [scope]}
    return str(manage_tenants(running, wanted)["key"])


def known_tenants(running: Running) -> set[str]:
    return {tenant["id"] for tenant in manage_tenants(running, {"operation": "list"})["tenants"]}


def manage_tenants(running: Running, wanted: Mapping[str, Any]) -> Any:
    function = running.outputs["ManageTenantsFunction"]
    answer = running.client("lambda").invoke(FunctionName=function, Payload=json.dumps(wanted).encode())
    told = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise LocalError(f"{told.get('errorType', 'Error')}: {told.get('errorMessage', told)}")
    return told
