import gzip
import json
import random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from touchline.domain.event_documents import original_of
from touchline.errors import InvalidRequest, TooLarge, TouchlineError

from tests.unit.services.accepting import EVENT, NOW, Accepting

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
NEARLY_EVENTS = st.fixed_dictionaries(
    {"id": st.text(min_size=1, max_size=5), "action": st.text(max_size=5), "actor": st.just({"id": "c1"})},
    optional={"timestamp": st.text() | st.integers(), "properties": JSON, "value": JSON, "context": JSON},
)


@given(body=st.binary(), content_type=st.sampled_from(["", "application/json", "application/x-ndjson"]))
@example(body=b'[{"id":"\xff"}]', content_type="")
@example(body=b'{"events":[NaN,{"id":1e999}]}', content_type="")
@example(body=b'{"id":"\\ud800","action":"x","actor":{"id":"\\udc80\xff"}}\n{}', content_type="")
@example(body=b'{"a":1}\n{"b":' + b"9" * 5000 + b"}\n" + b"[" * 200_000, content_type="application/x-ndjson")
def test_any_bytes_get_an_answer_or_a_refusal(body: bytes, content_type: str) -> None:
    accepting = Accepting()
    try:
        receipts = accepting.send(body, content_type)
    except (InvalidRequest, TooLarge):
        return
    assert len(accepting.documents()) == receipts.accepted + receipts.rejected.total()
    json.dumps(receipts.answer()).encode()


@given(events=st.lists(NEARLY_EVENTS | JSON, max_size=8))
def test_each_event_has_its_receipt_and_the_books_balance(events: list[Any]) -> None:
    accepting = Accepting()
    receipts = accepting.send_json({"events": events})
    assert [receipt["index"] for receipt in receipts.receipts] == list(range(len(events)))
    assert receipts.accepted + receipts.duplicates + receipts.rejected.total() == len(events)
    kept = accepting.documents()
    assert sum("state" not in document for document in kept) == receipts.accepted
    assert all(receipt["reason"] for receipt in receipts.receipts if receipt["status"] == "rejected")


@given(events=st.lists(JSON.filter(lambda value: not isinstance(value, dict)), min_size=1, max_size=5), data=st.data())
def test_the_original_of_a_rejected_event_is_kept_byte_for_byte(events: list[Any], data: st.DataObject) -> None:
    indent = data.draw(st.sampled_from([None, 1]))
    originals = [json.dumps(event, indent=indent, ensure_ascii=data.draw(st.booleans())) for event in events]
    body = ('{ "sent_at" : null, "events" : [ ' + " , ".join(originals) + " ] }").encode("utf-8", "surrogatepass")
    accepting = Accepting()
    accepting.send(body)
    kept = [original_of(document) for document in accepting.documents()]
    assert kept == [original.encode("utf-8", "surrogatepass") for original in originals]


def test_one_bad_line_does_not_hold_up_the_others() -> None:
    accepting = Accepting()
    lines = [json.dumps(EVENT).encode(), b'{"id": "e2", oops', b"", json.dumps(EVENT | {"id": "e3"}).encode() + b"\r"]
    receipts = accepting.send(b"\n".join(lines), "application/x-ndjson; charset=utf-8")
    assert [receipt["status"] for receipt in receipts.receipts] == ["accepted", "rejected", "accepted"]
    assert receipts.receipts[1]["code"] == "malformed_json"
    assert [document["original"] for document in accepting.documents() if "state" in document] == ['{"id": "e2", oops']


def test_lines_are_seen_under_any_content_type() -> None:
    assert Accepting().send(b"\n".join([json.dumps(EVENT).encode()] * 2)).duplicates == 1


def test_bytes_that_are_not_utf8_refuse_their_event_alone() -> None:
    accepting = Accepting()
    bad = b'{"id":"e2","action":"x","actor":{"id":"a\xff"}}'
    receipts = accepting.send(b"[" + json.dumps(EVENT).encode() + b"," + bad + b"]")
    assert [receipt.get("code") for receipt in receipts.receipts] == [None, "invalid_text"]
    [rejected] = [document for document in accepting.documents() if "state" in document]
    assert original_of(rejected) == bad


def test_equal_keys_count_as_their_last() -> None:
    accepting = Accepting()
    accepting.send(b'{"id":"first","id":"last","action":"x","actor":{"id":"c1"}}')
    assert accepting.documents()[0]["id"] == "last"


def test_the_same_events_make_the_same_documents_in_any_order_and_grouping() -> None:
    events = [EVENT | {"id": f"e{number % 7}", "timestamp": NOW - number % 7} for number in range(20)]
    names = set()
    for seed in range(5):
        random.Random(seed).shuffle(events)
        accepting = Accepting()
        half = seed * 4
        accepting.send_json(events[:half])
        accepting.send_json(events[half:])
        names.add(frozenset(document["id"] for document in accepting.documents()))
    assert names == {frozenset(f"e{number}" for number in range(7))}


def test_a_document_over_the_limit_is_set_aside_with_its_beginning() -> None:
    accepting = Accepting()
    large = EVENT | {"properties": {f"k{number}": "x" * 1_000 for number in range(90)}}
    receipts = accepting.send_json([large, EVENT])
    assert [receipt.get("code") for receipt in receipts.receipts] == ["event_too_large", None]
    [rejected] = [document for document in accepting.documents() if "state" in document]
    assert rejected["original_size"] > 65_536 == len(original_of(rejected))


def test_a_wrong_clock_is_corrected_for_the_whole_request() -> None:
    accepting = Accepting()
    accepting.send_json({"sent_at": NOW + 7_200_000, "events": [EVENT | {"timestamp": NOW + 7_140_000}]})
    [document] = accepting.documents()
    assert (document["@timestamp"], document["original_timestamp"]) == (NOW - 60_000, NOW + 7_140_000)


@pytest.mark.parametrize(
    ("body", "field"),
    [({"events": [], "sent_at": "yesterday"}, "sent_at"), ({"events": {}}, "events"), ({"events": [], "x": 1}, "x")],
    ids=["time", "no array", "unknown member"],
)
def test_a_faulty_envelope_names_its_field(body: Any, field: str) -> None:
    with pytest.raises(TouchlineError) as refusal:
        Accepting().send_json(body)
    assert refusal.value.field == field


@pytest.mark.parametrize("cut", [1, 10, -1], ids=["start", "early", "end"])
def test_a_cut_gzip_body_is_refused(cut: int) -> None:
    with pytest.raises(TouchlineError):
        Accepting().send(gzip.compress(json.dumps(EVENT).encode())[:cut], encoding="gzip")


def test_a_flood_of_tiny_values_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(TouchlineError) as refusal:
        Accepting().send(gzip.compress(b'{"id":[' + b"{}," * 1_000_001 + b"1]}"), encoding="gzip")
    assert refusal.value.status == 413
