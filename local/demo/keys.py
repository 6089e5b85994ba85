"""The demo's tenant and its keys: made once, the secrets kept where only this user can read them."""

import json
import secrets
from typing import Any

from local import state
from local.folders import Folders
from local.system import Running
from local.tenants import manage_tenants

TENANT = "demo"
EVENTS_PER_SECOND = 50_000  # thirty days come in within a minute

type Keys = dict[str, str]  # scope → key


def demo_keys(folders: Folders, running: Running) -> Keys:
    """Where the tenant is there but its keys are lost, it gets new ones."""
    kept = _read(folders, running)
    if kept:
        return kept
    if TENANT in {tenant["tenant"] for tenant in manage_tenants(running, {"operation": "list"})["tenants"]}:
        made = [_one_more_key(running, scope) for scope in ("ingest", "read", "admin")]
    else:
        made = _create(running)["keys"]
    keys = {key["scopes"][0]: key["key"] for key in made}
    content = {"endpoint": running.outputs["HttpApiId"], "tenant": TENANT, "keys": keys}
    state.write_whole(folders.demo, json.dumps(content, indent=1), mode=0o600)
    return keys


def _read(folders: Folders, running: Running) -> Keys | None:
    if not folders.demo.exists():
        return None
    content = json.loads(folders.demo.read_text())
    return dict(content["keys"]) if content["endpoint"] == running.outputs["HttpApiId"] else None


def _create(running: Running) -> Any:
    wanted = {
        "operation": "create",
        "tenant": TENANT,
        "name": "Demo",
        "time_zone": "Europe/Berlin",
        "events_per_second": EVENTS_PER_SECOND,
    }
    return manage_tenants(running, wanted)


def _one_more_key(running: Running, scope: str) -> Any:
    name = f"demo {scope} {secrets.token_hex(2)}"
    return manage_tenants(running, {"operation": "create_key", "tenant": TENANT, "name": name, "scopes": [scope]})
