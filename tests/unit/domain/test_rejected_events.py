"""How a rejected event is corrected."""

import json

from touchline.domain.rejected_events import corrected


def test_fields_are_set_and_removed_by_path_in_a_copy() -> None:
    event = {"id": "e", "actor": {"id": "x", "type": "lead"}, "acton": "open"}
    changed = corrected(event, {"actor.id": "c1", "acton": None, "context.campaign": "spring"})
    assert changed == {"id": "e", "actor": {"id": "c1", "type": "lead"}, "context": {"campaign": "spring"}}
    assert event == {"id": "e", "actor": {"id": "x", "type": "lead"}, "acton": "open"}


def test_an_event_that_is_nested_too_deeply_to_be_taken_can_be_corrected() -> None:
    event = {"id": "e", "properties": json.loads('{"a":' * 900 + "1" + "}" * 900)}
    assert corrected(event, {"properties": None, "actor.id": "c1"}) == {"id": "e", "actor": {"id": "c1"}}
