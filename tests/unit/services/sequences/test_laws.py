"""What has to hold between answers, whatever was sent and however it came."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.services import parts_of_people

from tests.unit.services.sequences.asking import ACTIONS, ask, documents, does, listed, sources_of

STEPS = [{"name": action, "filters": does(action)} for action in ACTIONS]
FUNNEL: dict[str, Any] = {"steps": STEPS, "window": "2 days", "interval": "day"}
RETENTION: dict[str, Any] = {"interval": "day", "periods": 3, "start": does("sent")}
PATHS: dict[str, Any] = {"depth": 3, "width": 1, "window": "2 days"}
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("funnel", FUNNEL | {"breakdown": {"field": "context.campaign", "top": 1}}),
    ("funnel", FUNNEL | {"mode": "any_order", "entry": "first_ever"}),
    ("funnel", FUNNEL | {"mode": "strict", "hold_constant": ["context.campaign", "properties.tag"]}),
    ("funnel", FUNNEL | {"exclusions": [{"name": "none", "filters": does("payment")}], "steps": STEPS[:2]}),
    ("retention", RETENTION | {"breakdown": {"field": "properties.tag", "top": 1}}),
    ("retention", RETENTION | {"clock": "rolling", "counting": "on_or_after", "return": does("payment")}),
    ("paths", PATHS | {"anchor": does("sent"), "occurrences": "every"}),
    ("paths", PATHS | {"session_gap": "12 hours", "direction": "previous", "by": "properties.tag"}),
]
each_question = pytest.mark.parametrize(
    ("kind", "body"), QUESTIONS, ids=[f"{kind}-{number}" for number, (kind, _) in enumerate(QUESTIONS)]
)


@each_question
@settings(max_examples=40)
@given(made=documents(), seed=st.integers(0, 9))
def test_the_order_of_arrival_changes_nothing(
    kind: str, body: dict[str, Any], made: list[dict[str, Any]], seed: int
) -> None:
    shuffled = random.Random(seed).sample(made, len(made))
    assert ask(sources_of(made), kind, **body) == ask(sources_of(shuffled), kind, **body)


@each_question
@settings(max_examples=40)
@given(made=documents())
def test_merged_people_are_one_person(kind: str, body: dict[str, Any], made: list[dict[str, Any]]) -> None:
    renamed = [one | {"actor": {"id": one["actor"]["id"].replace("p1", "p2")}} for one in made]
    assert ask(sources_of(made, {"p1": "p2"}), kind, **body) == ask(sources_of(renamed), kind, **body)


@each_question
@settings(max_examples=40)
@given(made=documents(), each=st.sampled_from([1, 2, 5]))
def test_parts_make_the_same_answer_as_the_whole(
    kind: str, body: dict[str, Any], made: list[dict[str, Any]], each: int
) -> None:
    whole = ask(sources_of(made), kind, **body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts_of_people, "EVENTS_A_PART", each)
        in_parts = ask(sources_of(made), kind, **body)
    assert in_parts == whole


@settings(max_examples=60)
@given(made=documents(), mode=st.sampled_from(["in_order", "strict", "any_order"]))
def test_levels_never_rise_and_add_up(made: list[dict[str, Any]], mode: str) -> None:
    body = FUNNEL | {"mode": mode, "breakdown": {"field": "context.campaign", "top": 1}}
    answer = ask(sources_of(made), "funnel", **body)
    for row in answer["rows"]:
        people = [step["people"] for step in row["steps"]]
        assert people == sorted(people, reverse=True)
        for step, following in zip(row["steps"], row["steps"][1:], strict=False):
            assert step["people"] == following["people"] + step["dropped"] + step["in_progress"]
        assert [sum(b["people"][n] for b in row["trend"]) for n in range(len(people))] == people
        assert sum(bar["people"] for bar in row["time_to_convert"]["histogram"]) == row["converted"]
    whole, *others = answer["rows"]
    assert answer["breakdown"]["adds_up"]
    assert whole["entered"] == sum(row["entered"] for row in others)


@settings(max_examples=60)
@given(made=documents())
def test_trend_and_funnel_and_cohorts_of_the_same_question_agree(made: list[dict[str, Any]]) -> None:
    sources = sources_of(made)
    body = {"measure": {"type": "unique_actors"}, "filters": does("sent")}
    series = ask(sources, "timeseries", **body)["series"][0]
    whole = ask(sources, "funnel", **FUNNEL)["rows"][0]
    cohorts = {
        entry: [c["people"] for c in ask(sources, "retention", **RETENTION, entry=entry)["rows"][0]["cohorts"]]
        for entry in ("every", "first")
    }
    assert series["total"] == whole["entered"] == sum(cohorts["first"])
    assert sum(bucket["people"][0] for bucket in whole["trend"]) == series["total"]
    assert cohorts["every"] == series["values"]


@settings(max_examples=30)
@given(made=documents())
def test_a_number_of_a_funnel_is_as_long_as_its_list(made: list[dict[str, Any]]) -> None:
    sources = sources_of(made)
    body = FUNNEL | {
        "breakdown": {"field": "context.campaign", "top": 1},
        "exclusions": [{"filters": [{"field": "properties.tag", "value": "a"}]}],
    }
    answer = ask(sources, "funnel", **body)
    for row in answer["rows"]:
        of_row = {"row": {part: row[part] for part in ("kind", "key") if part in row}}
        for step in row["steps"]:
            for who, number in (("reached", "people"), ("dropped", "dropped"), ("in_progress", "in_progress")):
                cell = of_row | {"who": who, "step": step["step"]}
                assert len(listed(sources, "funnel", cell, **body)) == step[number]
        assert len(listed(sources, "funnel", of_row | {"who": "excluded"}, **body)) == row["excluded"]
        assert len(listed(sources, "funnel", of_row | {"who": "closed"}, **body)) == row["closed_windows"]["entered"]
        for bucket, numbers in zip(answer["buckets"], row["trend"], strict=True):
            cell = of_row | {"step": 2, "bucket": bucket["from"]}
            assert len(listed(sources, "funnel", cell, **body)) == numbers["people"][1]


@settings(max_examples=30)
@given(made=documents(), clock=st.sampled_from(["calendar", "rolling"]))
def test_a_number_of_retention_is_as_long_as_its_list(made: list[dict[str, Any]], clock: str) -> None:
    sources = sources_of(made)
    body = RETENTION | {"clock": clock, "breakdown": {"field": "context.campaign", "top": 1}, "periods": 1}
    answer = ask(sources, "retention", **body)
    for row in answer["rows"]:
        of_row = {"row": {part: row[part] for part in ("kind", "key") if part in row}}
        for cohort, numbers in zip(answer["cohorts"], row["cohorts"], strict=True):
            began = of_row | {"cohort": cohort["from"], "who": "began"}
            assert len(listed(sources, "retention", began, **body)) == numbers["people"]
            for column, cell in enumerate(numbers["cells"]):
                back = of_row | {"cohort": cohort["from"], "column": column}
                away = back | {"who": "stayed_away"}
                assert len(listed(sources, "retention", back, **body)) == (cell["people"] or 0)
                assert len(listed(sources, "retention", away, **body)) == numbers["people"] - (cell["people"] or 0)


@settings(max_examples=30)
@given(made=documents(), by=st.sampled_from(["action", "properties.tag"]))
def test_a_number_of_paths_is_as_long_as_its_list(made: list[dict[str, Any]], by: str) -> None:
    sources = sources_of(made)
    body = PATHS | {"by": by, "session_gap": "1 day", "occurrences": "every"}
    answer = ask(sources, "paths", **body)
    for node in answer["nodes"]:
        named = {part: node[part] for part in ("kind", "key") if part in node}
        assert len(listed(sources, "paths", {"step": node["step"], "node": named}, **body)) == node["people"]
    for edge in answer["edges"]:
        cell = {"step": edge["step"], "node": edge["from"], "to": edge["to"]}
        assert len(listed(sources, "paths", cell, **body)) == edge["people"]


@settings(max_examples=30)
@given(made=documents())
def test_a_number_of_a_series_is_as_long_as_its_list(made: list[dict[str, Any]]) -> None:
    sources = sources_of(made)
    body = {"measure": {"type": "unique_actors"}, "breakdown": {"field": "properties.tag", "top": 1}}
    answer = ask(sources, "timeseries", **body)
    for series in answer["series"]:
        of_row = {"row": {part: series[part] for part in ("kind", "key") if part in series}}
        assert len(listed(sources, "timeseries", of_row, **body)) == series["total"]
        for bucket, number in zip(answer["buckets"], series["values"], strict=True):
            cell = of_row | {"bucket": bucket["from"]}
            assert len(listed(sources, "timeseries", cell, **body)) == number
