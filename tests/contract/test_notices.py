"""Notices are handed over as they are told, in memory and to EventBridge."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import orjson
import pytest
from botocore.stub import ANY, Stubber
from touchline.adapters.event_bridge import EventBridgeNotices
from touchline.adapters.memory.notices import MemoryNotices
from touchline.errors import StoreUnavailable
from touchline.marketo_ports import Notices

type Told = Callable[[], list[tuple[str, str, dict[str, Any]]]]
ACCEPTED = {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}


@pytest.fixture(params=["memory", "eventbridge"])
def bus(request: pytest.FixtureRequest) -> Iterator[tuple[Notices, Told]]:
    if request.param == "memory":
        memory = MemoryNotices()
        yield memory, lambda: memory.told
        return
    client, entries = boto3.client("events", region_name="us-east-1"), list[dict[str, Any]]()
    asked = "provide-client-params.events.PutEvents"
    client.meta.events.register(asked, lambda params, **_: entries.extend(params["Entries"]))

    def told() -> list[tuple[str, str, dict[str, Any]]]:
        assert {(entry["Source"], entry["EventBusName"]) for entry in entries} == {("touchline.marketo", "notices")}
        heard = [(entry["DetailType"], orjson.loads(entry["Detail"])) for entry in entries]
        return [(detail.pop("tenant"), kind, detail) for kind, detail in heard]

    with Stubber(client) as stubber:  # checks what is sent against the API's own description
        stubber.add_response("put_events", ACCEPTED, {"Entries": ANY})
        yield EventBridgeNotices(client, "notices"), told


def test_what_is_told_is_heard(bus: tuple[Notices, Told]) -> None:
    notices, told = bus
    notices.tell("acme", "execution.completed", {"execution": "e-1", "results": {"written": 3}})
    assert told() == [("acme", "execution.completed", {"execution": "e-1", "results": {"written": 3}})]


@pytest.mark.parametrize("refused", ["entry", "request"])
def test_what_the_bus_refuses_is_not_lost_silently(refused: str) -> None:
    client = boto3.client("events", region_name="us-east-1")
    with Stubber(client) as stubber:
        if refused == "entry":
            answer = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
            stubber.add_response("put_events", answer, {"Entries": ANY})
        else:
            stubber.add_client_error("put_events", "InternalException", http_status_code=500)
        with pytest.raises(StoreUnavailable):
            EventBridgeNotices(client, "notices").tell("acme", "execution.failed", {})
