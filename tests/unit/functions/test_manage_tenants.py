from typing import Any

import pytest
from manage_tenants import handler
from touchline.errors import Conflict, InvalidRequest, NotFound

ACME = {"operation": "create", "tenant": "acme", "name": "Acme", "time_zone": "Europe/Berlin"}


@pytest.fixture(autouse=True)
def fresh(aws: None) -> None:
    for built in (handler.settings, handler.tenants, handler.api_keys):
        built.cache_clear()


def test_a_tenant_comes_with_one_key_for_each_scope(context: Any) -> None:
    made = handler.lambda_handler(ACME, context)
    assert set(made["keys"]) == {"ingest", "read", "analyst", "admin"}
    assert all(key.startswith("tl_") for key in made["keys"].values())


def test_tenants_are_listed_without_their_secrets(context: Any) -> None:
    handler.lambda_handler(ACME, context)
    [tenant] = handler.lambda_handler({"operation": "list"}, context)["tenants"]
    assert (tenant["id"], tenant["time_zone"]) == ("acme", "Europe/Berlin")
    assert not [name for name in tenant if "key" in name]


def test_an_id_is_taken_once(context: Any) -> None:
    handler.lambda_handler(ACME, context)
    with pytest.raises(Conflict):
        handler.lambda_handler(ACME, context)


def test_a_further_key_needs_its_tenant(context: Any) -> None:
    wanted = {"operation": "create_key", "tenant": "acme", "name": "site", "scopes": ["ingest"]}
    with pytest.raises(NotFound):
        handler.lambda_handler(wanted, context)
    handler.lambda_handler(ACME, context)
    assert handler.lambda_handler(wanted, context)["key"].startswith("tl_")


@pytest.mark.parametrize(
    "change",
    [{"tenant": "../x"}, {"tenant": "A"}, {"time_zone": "Mars/Base"}, {"events_per_second": 0}, {"nope": 1}],
    ids=lambda change: "-".join(change),
)
def test_what_is_wrong_is_said(context: Any, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        handler.lambda_handler(ACME | change, context)
