"""Whatever the order in which events come, are sent again, merged and computed, the same documents are stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.adapters.memory.conversions import MemoryConversionStore, MemoryPersonEvents
from touchline.domain.attribution import MICRO
from touchline.domain.conversions import MOST_TOUCHES
from touchline.domain.goals import FixedValue, Goal
from touchline.domain.queries.filters import make_filter
from touchline.services import attribute_people as attribute_people_module
from touchline.services import read_touches
from touchline.services.attribute_people import AttributionParts, Task, attribute_people

NOW = 1_795_000_000_000
HOUR = 3_600_000
BOUGHT = (make_filter("action", "eq", "bought", "x"),)
BIG = (*BOUGHT, make_filter("value.amount", "gte", 100, "x"))
GOAL = Goal("g1", 1, "Bought", (BOUGHT,), value="event", touch_actions=("opened", "clicked"), lookback_ms=10 * HOUR)
FIRST = replace(GOAL, id="g2", name="First", counted="once", value=FixedValue(50_000, "EUR"))
LARGE = replace(GOAL, id="g3", name="Large", criteria=(BIG,), value=None, conversion_window_ms=5 * HOUR)
GOALS = [GOAL, FIRST, LARGE]


class Persons:
    """Which actors are the same person; those not named are their own."""

    def __init__(self, people: Mapping[str, str]) -> None:
        self.of = dict(people)

    def people(self, tenant: str, actors: Iterable[str]) -> dict[str, str]:
        return {actor: self.of.get(actor, actor) for actor in actors}

    def members(self, tenant: str, people: Iterable[str]) -> dict[str, list[str]]:
        return {person: [person, *(actor for actor, of in self.of.items() if of == person)] for person in people}


@dataclass
class Bench:
    events: MemoryPersonEvents
    store: MemoryConversionStore
    persons: Persons
    now: int = NOW

    def compute(self, changed: Mapping[str, int], goals: Sequence[Goal] = GOALS, kept_from: int = 0) -> None:
        self.now += 1
        parts = AttributionParts(self.persons, self.events, self.store)  # type: ignore[arg-type]
        attribute_people(parts, Task("acme", goals, self.now, kept_from), changed)

    def stored(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Without when it was computed."""
        return {
            place: {name: value for name, value in document.items() if name != "computed_at"}
            for place, document in self.store.documents.items()
        }


def bench(documents: Iterable[dict[str, Any]] = (), people: Mapping[str, str] | None = None) -> Bench:
    return Bench(MemoryPersonEvents(documents), MemoryConversionStore(), Persons(people or {}))


def event(number: int, actor: str, action: str, hour: float, **more: Any) -> dict[str, Any]:
    return {
        "_id": f"e{number}",
        "@timestamp": NOW - 1_000 * HOUR + int(hour * HOUR),
        "sequence": NOW * 1_000_000 + number,
        "tenant": "acme",
        "id": f"client-{number}",
        "action": action,
        "actor": {"id": actor},
        **more,
    }


def conversions(b: Bench, goal: str = "g1") -> list[dict[str, Any]]:
    found = [one for one in b.store.documents.values() if "kind" not in one and one["goal"] == goal]
    return sorted(found, key=lambda one: one["@timestamp"])


def kinds(b: Bench, kind: str) -> list[dict[str, Any]]:
    return [one for one in b.store.documents.values() if one.get("kind") == kind]


ACTIONS = ("bought", "opened", "clicked", "email_sent", "other")
CONTEXTS = (
    {},
    {"campaign": "spring"},
    {"campaign": "spring", "journey": "hello", "channel": "direct"},
    {"segment": "s"},
)


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Few people and few moments, so that times meet and windows end where events are."""
    count = draw(st.integers(1, 14))
    documents = []
    for number in range(count):
        more: dict[str, Any] = {"context": context} if (context := draw(st.sampled_from(CONTEXTS))) else {}
        if draw(st.booleans()):
            more["value"] = {"amount_e4": draw(st.sampled_from([1, 999_999, 1_000_000])), "currency": "EUR"}
        actor, action = draw(st.sampled_from("abc")), draw(st.sampled_from(ACTIONS))
        documents.append(event(number, actor, action, draw(st.integers(0, 14)), **more))
    return documents


def expected(documents: Sequence[dict[str, Any]], people: Mapping[str, str]) -> dict[tuple[str, str], dict[str, Any]]:
    """Computed once, from everything."""
    b = bench(documents, people)
    b.compute(dict.fromkeys("abc", 0))
    return b.stored()


def expected_of(b: Bench, goals: Sequence[Goal]) -> dict[tuple[str, str], dict[str, Any]]:
    """What the bench's events come to, computed elsewhere."""
    other = bench(b.events.documents, b.persons.of)
    other.compute(dict.fromkeys("abc", 0), goals)
    return other.stored()


@settings(max_examples=150, deadline=None)
@given(history=histories(), data=st.data())
def test_order_duplicates_and_splitting_change_nothing(history: list[dict[str, Any]], data: st.DataObject) -> None:
    arrivals = data.draw(st.permutations(history))
    b = bench()
    while arrivals:
        size = data.draw(st.integers(1, len(arrivals)))
        some, arrivals = arrivals[:size], arrivals[size:]
        b.events.documents += some
        changed: dict[str, int] = {}
        for one in some:
            actor, at = one["actor"]["id"], one["@timestamp"]
            changed[actor] = min(at, changed.get(actor, at))
        again = data.draw(st.sampled_from(history))
        if again in b.events.documents:
            changed.setdefault(again["actor"]["id"], again["@timestamp"])
        # One message for all of them, or one each.
        for part in [changed] if data.draw(st.booleans()) else [{actor: at} for actor, at in changed.items()]:
            b.compute(part)
    assert b.stored() == expected(history, {})


@settings(max_examples=150, deadline=None)
@given(history=histories(), data=st.data())
def test_merged_people_are_one_and_undone_merges_leave_no_trace(
    history: list[dict[str, Any]], data: st.DataObject
) -> None:
    maps = st.dictionaries(st.sampled_from("bc"), st.just("a"))
    b = bench(history)
    b.compute(dict.fromkeys("abc", 0))
    for people in data.draw(st.lists(maps, min_size=1, max_size=3)):
        b.persons.of = people
        b.compute(dict.fromkeys("abc", 0))
        assert b.stored() == expected(history, people)
        renamed = [one | {"actor": {"id": people.get(one["actor"]["id"], one["actor"]["id"])}} for one in history]
        assert b.stored() == expected(renamed, {})


@given(history=histories())
def test_shares_of_a_conversion_add_up_and_touches_lie_in_its_window(history: list[dict[str, Any]]) -> None:
    b = bench(history)
    b.compute(dict.fromkeys("abc", 0))
    by_id = {one["_id"]: one for one in history}
    for goal in GOALS:
        for one in conversions(b, goal.id):
            touches = one["touches"]
            assert sum(touch.get("linear", 0) for touch in touches) == (MICRO if touches else 0)
            assert sum(touch.get("decay", 0) for touch in touches) == (MICRO if touches else 0)
            if "value" in one and touches:
                assert sum(touch.get("linear_e4", 0) for touch in touches) == one["value"]["amount_e4"]
            brute = [
                (other["@timestamp"], other["sequence"], other["_id"])
                for other in history
                if other["actor"] == by_id[one["event"]]["actor"]
                and other["action"] in goal.touch_actions
                and 0 <= one["@timestamp"] - other["@timestamp"] <= goal.lookback_ms
                and (other["@timestamp"], other["sequence"]) < (one["@timestamp"], one["sequence"])
            ]
            assert [touch["event"] for touch in touches] == [place[2] for place in sorted(brute)]


def test_the_lookback_includes_its_end_and_not_a_millisecond_more() -> None:
    edge = event(1, "a", "opened", 0)
    beyond = event(2, "a", "opened", 0) | {"@timestamp": edge["@timestamp"] - 1}
    b = bench([edge, beyond, event(3, "a", "bought", 10)])
    b.compute({"a": 0})
    assert [touch["event"] for touch in conversions(b)[0]["touches"]] == ["e1"]


def test_of_equal_times_the_sequence_decides() -> None:
    b = bench([event(1, "a", "opened", 1), event(2, "a", "bought", 1), event(3, "a", "clicked", 1)])
    b.compute({"a": 0})
    assert [touch["event"] for touch in conversions(b)[0]["touches"]] == ["e1"]


def test_once_is_the_first_ever_also_where_it_comes_late() -> None:
    b = bench([event(2, "a", "bought", 5)])
    b.compute({"a": 0})
    assert [one["event"] for one in conversions(b, "g2")] == ["e2"]
    late = event(1, "a", "bought", 3)
    b.events.documents.append(late)
    b.compute({"a": late["@timestamp"]})
    assert [one["event"] for one in conversions(b, "g2")] == ["e1"]
    assert [one["event"] for one in conversions(b)] == ["e1", "e2"]
    assert conversions(b, "g2")[0]["value"] == {"amount_e4": 50_000, "currency": "EUR"}


def test_an_id_on_two_days_is_one_event_the_first_accepted() -> None:
    first, again = event(1, "a", "bought", 30), event(1, "a", "bought", 5) | {"sequence": NOW * 1_000_000 + 9}
    b = bench([again, first])
    b.compute({"a": 0})
    assert [one["@timestamp"] for one in conversions(b)] == [first["@timestamp"]]


def test_a_copy_beyond_a_conversions_window_changes_nothing_of_it_whoever_is_read_with_it() -> None:
    """Of a touch that came on two days, the one accepted first is after the conversion."""
    early = event(2, "a", "opened", 4) | {"sequence": NOW * 1_000_000 + 99}
    late, bought = event(2, "a", "opened", 30), event(5, "a", "bought", 5)
    alone, together = (bench([early, late, bought, event(6, "b", "bought", 40)]) for _ in range(2))
    alone.compute({"a": 0})
    together.compute({"a": 0, "b": 0})
    assert [one["touch_count"] for one in conversions(alone)] == [1]
    assert [one["touch_count"] for one in conversions(together)] == [1, 0]


def test_a_copy_of_a_conversions_event_is_no_touch_of_it() -> None:
    both = replace(GOAL, touch_actions=("bought",))
    b = bench([event(1, "a", "bought", 5), event(1, "a", "bought", 4) | {"sequence": NOW * 1_000_000 + 9}])
    b.compute({"a": 0}, [both])
    assert [one["touch_count"] for one in conversions(b)] == [0]


def test_entries_are_the_first_and_converted_at_or_after() -> None:
    spring = {"context": {"campaign": "spring"}}
    b = bench(
        [
            event(1, "a", "bought", 1, value={"amount_e4": 2_000_000, "currency": "EUR"}),
            event(2, "a", "email_sent", 2, **spring),
            event(3, "a", "email_sent", 3, **spring),
            event(4, "a", "bought", 4),
            event(5, "a", "bought", 9, value={"amount_e4": 2_000_000, "currency": "EUR"}),
        ]
    )
    b.compute({"a": 0})
    (member,) = kinds(b, "member")
    assert (member["dimension"], member["value"], member["event"]) == ("campaign", "spring", "e2")
    ages = {one["goal"]: one["age_ms"] for one in kinds(b, "converted")}
    # The first ever purchase came before the entry; the large one after more than its window of five hours.
    assert ages == {"g1": 2 * HOUR}


def test_a_conversion_in_time_of_the_window_is_counted() -> None:
    b = bench(
        [
            event(1, "a", "email_sent", 2, context={"journey": "j"}),
            event(2, "a", "bought", 7, value={"amount_e4": 1_000_000, "currency": "EUR"}),
        ]
    )
    b.compute({"a": 0})
    assert {one["goal"]: one["age_ms"] for one in kinds(b, "converted")}["g3"] == 5 * HOUR


def test_touches_over_the_limit_are_the_first_and_the_latest() -> None:
    touches = [event(n, "a", "opened", n / 1_000) for n in range(MOST_TOUCHES + 5)]
    b = bench([*touches, event(9_999, "a", "bought", 2)])
    b.compute({"a": 0})
    (one,) = conversions(b)
    assert (one["touch_count"], one["touches_left_out"]) == (MOST_TOUCHES, 5)
    assert [one["touches"][0]["event"], one["touches"][1]["event"], one["touches"][-1]["event"]] == [
        "e0",
        "e6",
        "e1004",
    ]
    assert one["first_touch_age_ms"] == one["touches"][0]["age_ms"] == 2 * HOUR


def test_what_was_computed_later_stays() -> None:
    b = bench([event(1, "a", "bought", 1)])
    b.compute({"a": 0})
    b.events.documents.append(event(2, "a", "opened", 0.5))
    b.compute({"a": 0})
    later = b.stored()
    b.now -= 2
    b.events.documents.pop()
    b.compute({"a": 0})
    assert b.stored() == later


def test_versions_keep_their_own() -> None:
    b = bench([event(1, "a", "bought", 1)])
    b.compute({"a": 0}, [GOAL])
    b.compute({"a": 0}, [replace(GOAL, version=2, criteria=(BIG,))])
    assert [one["goal_version"] for one in conversions(b)] == [1]


def test_what_has_left_the_search_store_stays_as_it_is() -> None:
    old, entry = event(1, "a", "bought", 1), event(2, "a", "email_sent", 0, context={"campaign": "spring"})
    b = bench([old, entry])
    b.compute({"a": 0})
    b.events.documents = [
        event(3, "a", "bought", 20),
        event(4, "a", "email_sent", 19, context={"campaign": "spring"}),
    ]
    b.compute({"a": 0}, kept_from=NOW - 990 * HOUR)
    assert [one["event"] for one in conversions(b)] == ["e1", "e3"]
    assert [one["event"] for one in conversions(b, "g2")] == ["e1"]
    assert [one["event"] for one in kinds(b, "member")] == ["e2"]
    assert {one["goal"]: one["age_ms"] for one in kinds(b, "converted")} == {"g1": HOUR, "g2": HOUR}


def test_touches_that_have_left_the_search_store_stay_with_their_conversion() -> None:
    before, late = (
        event(1, "a", "opened", 2, context={"channel": "email"}, object={"id": "m1"}),
        event(3, "b", "opened", 9),
    )
    b = bench(
        [before, event(2, "a", "opened", 6), event(4, "a", "bought", 10, value={"amount_e4": 9, "currency": "EUR"})]
    )
    b.compute({"a": 0}, [GOAL])
    b.events.documents.append(late)
    b.persons.of = {"b": "a"}
    whole = expected_of(b, [GOAL])
    b.events.documents.remove(before)
    for _ in range(2):
        b.compute({"a": 0, "b": 0}, [GOAL], kept_from=NOW - 996 * HOUR)
        assert b.stored() == whole
    (one,) = conversions(b)
    assert [touch["event"] for touch in one["touches"]] == ["e1", "e2", "e3"]
    # Without a lower edge there is nothing to keep: what is no longer there is taken away.
    b.compute({"a": 0, "b": 0}, [GOAL])
    assert [touch["event"] for touch in conversions(b)[0]["touches"]] == ["e2", "e3"]


def test_touches_left_out_before_the_edge_are_still_told_of() -> None:
    touches = [event(n, "a", "opened", n / 1_000) for n in range(MOST_TOUCHES + 5)]
    b = bench([*touches, event(9_999, "a", "bought", 2)])
    b.compute({"a": 0}, [GOAL])
    del b.events.documents[:10]
    b.compute({"a": 0}, [GOAL], kept_from=touches[10]["@timestamp"])
    (one,) = conversions(b)
    assert (one["touch_count"], one["touches_left_out"]) == (MOST_TOUCHES, 5)
    assert one["touches"][0]["event"] == "e0"


@pytest.mark.parametrize("most", [1, 3, 10_000])
@given(history=histories())
def test_whoever_has_too_much_is_read_alone_with_the_same_outcome(most: int, history: list[dict[str, Any]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read_touches, "MOST_READ", most)
        patch.setattr(attribute_people_module, "MOST_EVENTS", most)
        patch.setattr(attribute_people_module, "WRITTEN_AT_ONCE", most)
        patch.setattr(attribute_people_module, "CONVERSIONS_AT_ONCE", min(most, 2))
        b = bench(history)
        b.compute(dict.fromkeys("abc", 0))
    assert b.stored() == expected(history, {})


def test_touches_over_the_limit_are_counted_also_where_they_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_touches, "MOST_READ", 100)
    touches = [event(n, "a", "opened", n / 1_000) for n in range(MOST_TOUCHES + 5)]
    b = bench([*touches, event(9_998, "a", "bought", 2), event(9_999, "a", "opened", 2)])
    b.compute({"a": 0}, [replace(GOAL, touch_actions=("bought", "opened"))])
    (one,) = conversions(b)
    assert (one["touch_count"], one["touches_left_out"]) == (MOST_TOUCHES, 5)
    assert [one["touches"][n]["event"] for n in (0, 1, -1)] == ["e0", "e6", "e1004"]


@pytest.mark.parametrize("most_read", [4, 100])
def test_of_a_robot_the_first_events_count_and_it_is_told(monkeypatch: pytest.MonkeyPatch, most_read: int) -> None:
    monkeypatch.setattr(attribute_people_module, "MOST_EVENTS", most_read)
    monkeypatch.setattr(attribute_people_module, "MOST_OF_A_PERSON", 3)
    b = bench([*(event(n, "robot", "bought", n) for n in range(9)), event(10, "a", "bought", 1)])
    parts = AttributionParts(b.persons, b.events, b.store)  # type: ignore[arg-type]
    told = attribute_people(parts, Task("acme", [GOAL], NOW, 0), {"robot": 0, "a": 0})
    assert [one["event"] for one in conversions(b) if one["person"] == "robot"] == ["e0", "e1", "e2"]
    assert [one["event"] for one in conversions(b) if one["person"] == "a"] == ["e10"]
    assert (told.cut, told.people) == (1, 2)


@pytest.mark.parametrize("since", [0, NOW])
def test_only_what_the_change_reaches_is_written_again(since: int) -> None:
    b = bench([event(1, "a", "bought", 1), event(2, "a", "bought", 2)])
    b.compute({"a": 0}, [GOAL])
    first = b.now
    b.compute({"a": since}, [GOAL])
    assert {one["computed_at"] for one in conversions(b)} == ({first} if since else {b.now})
