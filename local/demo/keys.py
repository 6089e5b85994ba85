"""The demo's tenant and its keys: made once, the secrets kept where only this user can read them."""

import json

from local import state
from local.folders import Folders
from local.system import Running
from local.tenants import create_key, create_tenant, known_tenants

TENANT = "demo"
SCOPES = ("ingest", "read", "analyst", "admin")
EVENTS_PER_SECOND = 50_000  # thirty days come in within a minute

type Keys = dict[str, str]  # scope → key


def demo_keys(folders: Folders, running: Running) -> Keys:
    """Where the tenant is there but its keys are lost, it gets new ones."""
    keys = _kept(folders, running)
    if keys is None:
        keys = _make(running)
        content = {"api": running.outputs["HttpApiId"], "tenant": TENANT, "keys": keys}
        state.write_whole(folders.demo, json.dumps(content, indent=1), mode=0o600)
    return keys


def _kept(folders: Folders, running: Running) -> Keys | None:
    """Keys of an API that was removed in between open nothing."""
    if not folders.demo.exists():
        return None
    content = json.loads(folders.demo.read_text())
    return dict(content["keys"]) if content["api"] == running.outputs["HttpApiId"] else None


def _make(running: Running) -> Keys:
    if TENANT in known_tenants(running):
        return {scope: create_key(running, TENANT, scope, f"demo {scope}") for scope in SCOPES}
    return create_tenant(running, TENANT, events_per_second=EVENTS_PER_SECOND, time_zone="Europe/Berlin")
