from dataclasses import replace

import pytest
from touchline.adapters.memory.conversions import MemoryAttributionQueue
from touchline.adapters.memory.identities import MemoryIdentities
from touchline.domain.identity import Claim, edge_id
from touchline.errors import Conflict, InvalidRequest, NotFound
from touchline.services.manage_identities import Managing, find_person, merge, redo, stored_id, undo

from tests.unit.services.accepting import ACME, NOW


@pytest.fixture
def managing() -> Managing:
    return Managing(MemoryIdentities(), MemoryAttributionQueue(), ACME, NOW)


def said(actor: str, known: str, at: int) -> Claim:
    return Claim(actor, known, "identify", at, 0, f"e{at}")


def told(managing: Managing) -> list[list[str]]:
    queue = managing.queue
    assert isinstance(queue, MemoryAttributionQueue)
    return [list(changed.actors) for changed, *_ in queue.sent]


def person(managing: Managing, actor: str) -> str:
    return managing.identities.people(ACME.id, [actor])[actor]


def test_two_are_merged_by_hand_and_told(managing: Managing) -> None:
    edge = merge(managing, "browser", "ann", merge_known=False)
    assert (edge.id, edge.state, edge.claim.kind) == (edge_id("browser", "ann"), "active", "manual")
    assert person(managing, "browser") == "ann"
    assert told(managing) == [["ann", "browser"]]


def test_two_known_people_need_a_word_more(managing: Managing) -> None:
    managing.identities.claim(ACME.id, [said("x", "ann", 1), said("y", "anna", 2)])
    with pytest.raises(Conflict) as refused:
        merge(managing, "anna", "ann", merge_known=False)
    assert refused.value.field == "merge_known"
    assert managing.identities.edge(ACME.id, edge_id("anna", "ann")) is None
    assert merge(managing, "anna", "ann", merge_known=True).state == "active"
    assert person(managing, "y") == "ann"
    assert told(managing) == [["ann", "anna", "x", "y"]]


def test_by_hand_an_actor_goes_where_no_event_said(managing: Managing) -> None:
    managing.identities.claim(ACME.id, [said("browser", "ann", 1)])
    merge(managing, "browser", "bob", merge_known=False)
    assert person(managing, "browser") == "bob"
    with pytest.raises(Conflict):
        merge(managing, "browser", "eve", merge_known=False)


def test_one_person_is_not_merged_with_itself(managing: Managing) -> None:
    with pytest.raises(InvalidRequest):
        merge(managing, "ann", "ann", merge_known=True)
    merge(managing, "browser", "ann", merge_known=False)
    with pytest.raises(Conflict):
        merge(managing, "ann", "browser", merge_known=True)
    assert merge(managing, "browser", "ann", merge_known=False).state == "active"


@pytest.mark.parametrize("placeholder", ["null", "Anonymous", "", "0", "-1", "[object Object]"])
def test_nobody_in_particular_is_not_merged(managing: Managing, placeholder: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        merge(managing, placeholder, "ann", merge_known=False)
    assert refused.value.field == "actor"
    with pytest.raises(InvalidRequest) as refused:
        merge(managing, "ann", placeholder, merge_known=False)
    assert refused.value.field == "known"
    assert "known" in str(refused.value)


def test_undone_and_done_again_is_told_each_time(managing: Managing) -> None:
    edge = merge(managing, "browser", "ann", merge_known=False)
    assert undo(managing, edge.id).state == "undone"
    assert person(managing, "browser") == "browser"
    assert undo(managing, edge.id).state == "undone"
    assert redo(managing, edge.id) == replace(edge, changed_at=NOW)
    assert person(managing, "browser") == "ann"
    assert told(managing) == [["ann", "browser"]] * 4


def test_merging_again_what_was_undone_does_it_again(managing: Managing) -> None:
    edge = merge(managing, "browser", "ann", merge_known=False)
    undo(managing, edge.id)
    assert merge(managing, "browser", "ann", merge_known=False).state == "active"


def test_an_edge_that_is_not_there(managing: Managing) -> None:
    with pytest.raises(NotFound):
        undo(managing, edge_id("a", "b"))


def test_a_person_is_found_by_any_of_its_ids(managing: Managing) -> None:
    managing.identities.claim(ACME.id, [said("x", "ann", 1), said("x", "bob", 2), said("y", "ann", 3)])
    found = find_person(managing.identities, ACME, "y")
    assert (found.id, found.actors) == ("ann", ["ann", "x", "y"])
    assert {(*edge.claim.pair, edge.state) for edge in found.edges} == {
        ("x", "ann", "active"),
        ("x", "bob", "refused"),
        ("y", "ann", "active"),
    }
    assert find_person(managing.identities, ACME, "nobody-yet").actors == ["nobody-yet"]


def test_an_address_is_looked_for_as_it_is_stored() -> None:
    hashed = replace(ACME, email_policy="hash")
    assert stored_id("Ann@Example.com", hashed, "actor") == stored_id(" ann@example.com".strip(), hashed, "actor")
    assert "@" not in stored_id("Ann@Example.com", hashed, "actor")
