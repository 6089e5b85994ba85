"""GET /v1/events over memory twins."""

import pytest

from tests.unit.functions.query_api.conftest import Api


def test_gives_events_back_as_they_were_sent(api: Api) -> None:
    paid = next(e for e in api.events if e["tenant"] == "acme" and "value" in e and e["@timestamp"] < 1_793_000_000_000)
    query = f"where=value.currency={paid['value']['currency']}&actor={paid['actor']['id']}&action=payment&limit=500"
    status, page = api.ask("GET", "/v1/events", query=query)
    assert status == 200
    event = next(e for e in page["events"] if e["id"] == paid["id"])
    assert event["value"]["currency"] == paid["value"]["currency"]
    assert float(event["value"]["amount"]) == paid["value"]["amount_e4"] / 10_000
    assert event["properties"]["plan"] in {"pro", "free"}
    assert event["timestamp"].startswith("2026-10-2")
    assert event["received_at"] >= event["timestamp"]
    assert not {"tenant", "sequence", "@timestamp"} & event.keys()


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_hold_each_event_once(api: Api, order: str) -> None:
    seen, cursor = [], ""
    while True:
        status, page = api.ask(
            "GET", "/v1/events", query=f"from=2026-10-20&to=2026-10-30&limit=37&order={order}{cursor}"
        )
        assert status == 200
        seen += [event["id"] for event in page["events"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert sorted(seen) == sorted(e["id"] for e in api.events if e["tenant"] == "acme")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=501", "limit"),
        ("limit=0", "limit"),
        ("order=sideways", "order"),
        ("cursor=!!!", "cursor"),
        ("cursor=WzEsMiwzXQ&order=oldest", "cursor"),
        ("cursor=WzEsMl0", "cursor"),
        ("campain=x", "campain"),
        ("where=plan", "where"),
        ("where=plan=pro", "where.field"),
        ("from=soon", "from"),
    ],
)
def test_a_wrong_parameter_is_named(api: Api, query: str, field: str) -> None:
    status, problem = api.ask("GET", "/v1/events", query=query)
    assert (status, problem.get("field")) == (422, field), problem


def test_finds_a_person_by_the_address_that_was_hashed(api: Api) -> None:
    from touchline.domain.emails import HASHED_ID, hash_email

    api.events[0]["actor"] = {"id": HASHED_ID + hash_email("ann@example.com", b"acme" * 8)}
    status, page = api.ask("GET", "/v1/events", query="actor=Ann@Example.com&from=2026-10-20&to=2026-10-30")
    assert status == 200
    assert [event["id"] for event in page["events"]] == ["e0"]


def test_a_comma_is_part_of_a_name_and_a_repeated_parameter_means_any(api: Api) -> None:
    for number, name in enumerate(["Black, Friday", "Black", "White"]):
        api.events[number]["context"]["campaign"] = name
    for query, ids in (
        ("campaign=Black%2C%20Friday", ["e0"]),
        ("campaign=Black", ["e1"]),
        ("campaign=Black&campaign=White", ["e1", "e2"]),
    ):
        status, page = api.ask("GET", "/v1/events", query=f"{query}&from=2026-10-20&to=2026-10-30")
        assert status == 200
        assert sorted(event["id"] for event in page["events"]) == ids
