"""What is found by bytes is what parsing every line would find."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from touchline.adapters.actor_finder import BytesActorFinder
from touchline.adapters.event_json import bulk_lines, encode_document

NOW = 1_795_000_000_000
ACTIONS = ["bought", "opened", 'sa"id', "gekauft_für", "bought_more", "a.c"]
texts = st.sampled_from(["x", '"action":"bought"', '{"@timestamp":1,', "\\", '\\"action\\":\\"opened', "ünï"])


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    document: dict[str, Any] = {"@timestamp": NOW + draw(st.integers(-3, 3))}
    if draw(st.booleans()):
        document["original_timestamp"] = NOW - 99
    document |= {"sequence": 5, "tenant": "acme", "id": draw(texts), "action": draw(st.sampled_from(ACTIONS))}
    document["actor"] = {"id": draw(st.sampled_from(["ann", 'b"ob', "zoë"])), "type": draw(texts)}
    if draw(st.booleans()):
        document["properties"] = [draw(texts)]
    return document


rejected = st.builds(
    lambda text: {"@timestamp": NOW, "sequence": 1, "tenant": "acme", "code": "c", "original": text}, texts
)


@given(
    documents=st.lists(events() | rejected, max_size=8),
    always=st.sets(st.sampled_from(ACTIONS)),
    late=st.sets(st.sampled_from(ACTIONS)),
    before=st.integers(NOW - 4, NOW + 4),
)
def test_bytes_find_what_parsing_finds(
    documents: list[dict[str, Any]], always: set[str], late: set[str], before: int
) -> None:
    expected: dict[str, int] = {}
    for one in documents:
        action, at = one.get("action"), one["@timestamp"]
        if action in always or (action in late and at <= before):
            actor = one["actor"]["id"]
            expected[actor] = min(at, expected.get(actor, at))
    body = b"".join(bulk_lines("events-2026.11.18", f"id{n}", encode_document(d)) for n, d in enumerate(documents))
    assert BytesActorFinder().find(body, always, late, before) == expected
