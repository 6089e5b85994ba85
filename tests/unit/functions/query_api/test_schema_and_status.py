"""GET /v1/schema and /v1/status over memory twins."""

import pytest
from touchline.ports import PackedBatch

from tests.unit.functions.query_api.conftest import NOW, Api


def test_the_schema_names_actions_properties_and_look_alikes(api: Api) -> None:
    status, answer = api.ask("GET", "/v1/schema", query="days=7")
    assert status == 200
    fields = {one["name"]: one for one in answer["fields"]}
    assert {one["value"] for one in fields["action"]["values"]} == {"email_sent", "email_opened", "payment"}
    assert fields["context.channel"]["look_alikes"] == [["Email", "email"]]
    kinds = {(one["name"], one["type"]) for one in answer["properties"]}
    assert {("properties.plan", "text"), ("properties.score", "number"), ("properties.vip", "boolean")} <= kinds
    assert "values" not in fields["actor.id"], "examples of people would be personal data"


def test_the_status_says_how_far_behind_the_answers_are(api: Api) -> None:
    api.progress.put("indexed#acme", "latest", {"received_at": NOW - 9_000, "indexed_at": NOW - 8_000, "lag_ms": 1_000})
    found = {"tenant": "acme", "day": "2026-10-25", "action": "payment", "archived": 3, "indexed": 2}
    at = "2026-10-26T03:00:00Z"
    api.progress.put("reconciliation", at, {"differences": 2, "first_day": "2026-10-20"})
    api.progress.put("reconciliation#acme", at, {"found": 1, "kept": [found]})
    api.progress.put("reconciliation#other", at, {"found": 1, "kept": [found | {"tenant": "other"}]})
    api.progress.put("compaction", "2026-10-26T11:00:00Z", {"tenants": ["acme", "other"]})
    status, answer = api.ask("GET", "/v1/status")
    assert status == 200
    assert answer["index"]["lag_ms"] == 1_000
    assert answer["index"]["caught_up"]
    assert answer["reconciliation"]["balanced"] is False
    assert answer["reconciliation"]["differences"] == [{k: v for k, v in found.items() if k != "tenant"}]
    assert answer["compaction"] == {"at": "2026-10-26T11:00:00Z"}
    assert answer["events_today"] > 0
    assert "other" not in str(answer)


@pytest.mark.parametrize(
    ("received", "indexed", "caught_up"),
    [(10_000, 9_000, True), (60_000, 2_000, False), (3_600_000, 3_599_000, None), (None, None, None)],
    ids=["as it is sent", "late", "nothing sent lately", "never sent"],
)
def test_what_others_send_does_not_show(
    api: Api, received: int | None, indexed: int | None, *, caught_up: bool | None
) -> None:
    api.queue.send([PackedBatch("other", 1, 0, NOW, b"frame") for _ in range(7)])
    if received is not None and indexed is not None:
        facts = {"received_at": NOW - received, "indexed_at": NOW - indexed, "lag_ms": received - indexed}
        api.progress.put("indexed#acme", "latest", facts)
    index = api.ask("GET", "/v1/status")[1]["index"]
    assert index["caught_up"] is caught_up
    assert index.keys() == {"caught_up", "refresh_seconds", "lag_ms", "received_at", "indexed_at"}


def test_the_status_of_a_new_tenant_is_empty(api: Api) -> None:
    api.reports.documents = []
    status, answer = api.ask("GET", "/v1/status")
    assert status == 200
    assert (answer["newest_event"], answer["events_today"], answer["reconciliation"]) == (None, 0, None)
