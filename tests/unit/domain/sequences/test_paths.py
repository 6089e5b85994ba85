"""Paths are what following each person says, and their edges add up."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.domain.sequences.path_edges import PathEdges
from touchline.domain.sequences.paths import Paths
from touchline.domain.sequences.walks import END, OPEN, OVER, Walks, join_walks, walk

from tests.unit.domain.sequences.asking import CAMPAIGN, SCOPE, Told, doing, rows_of, told
from tests.unit.domain.sequences.naive_paths import naive_walks

OPTIONS = {
    "anchor": st.sampled_from([None, doing("anchor")]),
    "direction": st.sampled_from(["next", "previous"]),
    "depth": st.integers(1, 4),
    "window": st.integers(1, 12),
    "gap": st.sampled_from([None, 2, 5]),
    "occurrences": st.sampled_from(["first", "last", "every"]),
    "collapse": st.booleans(),
}
asked = st.fixed_dictionaries(OPTIONS).map(lambda options: paths(**options))


def paths(**more: Any) -> Paths:
    return Paths(SCOPE, CAMPAIGN, **more)


def labels_of(walks: Walks) -> list[tuple[int, list[Any]]]:
    ends = {END: "end", OPEN: "open"}
    return [
        (person, [ends[label] if label < 0 else walks.table[label] for label in labels if label != OVER])
        for person, labels in zip(walks.people.tolist(), walks.labels.tolist(), strict=True)
    ]


@settings(max_examples=500)
@given(events=told(1, people=3), asked=asked, as_of=st.integers(0, 40))
def test_every_option_is_as_defined(events: list[Told], asked: Paths, as_of: int) -> None:
    rows = rows_of(events)
    assert labels_of(walk(asked, rows, as_of)) == naive_walks(asked, rows, as_of)


@given(events=told(1, people=4), asked=asked, parts=st.integers(1, 4))
def test_parts_of_the_people_join_to_the_whole(events: list[Told], asked: Paths, parts: int) -> None:
    joined = join_walks([walk(asked, rows_of([e for e in events if e[0] % parts == p]), 99) for p in range(parts)])
    whole = join_walks([walk(asked, rows_of(events), 99)])
    assert sorted(labels_of(whole), key=str) == sorted(labels_of(joined), key=str)
    assert Counter(map(str, PathEdges(whole, 2).edges())) == Counter(map(str, PathEdges(joined, 2).edges()))


@given(events=told(1, people=4), asked=asked, width=st.integers(1, 3))
def test_what_comes_to_a_node_leaves_it_and_all_begin_somewhere(events: list[Told], asked: Paths, width: int) -> None:
    walks = join_walks([walk(asked, rows_of(events), 10)])
    found = PathEdges(walks, width)
    nodes, edges = list(found.nodes()), list(found.edges())
    assert sum(node["paths"] for node in nodes if node["step"] == 0) == len(walks)
    for node in nodes:
        name = {part: node[part] for part in ("kind", "key") if part in node}
        comes = sum(e["paths"] for e in edges if e["step"] == node["step"] - 1 and e["to"] == name)
        leaves = sum(e["paths"] for e in edges if e["step"] == node["step"] and e["from"] == name)
        assert comes == node["paths"] or node["step"] == 0
        assert leaves == node["paths"] or node["step"] == asked.depth or node["kind"] in {"end", "open"}
        assert node["people"] <= node["paths"]
        assert asked.occurrences == "every" or node["people"] == node["paths"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [("a",), ("b",), ("b",), "end"]),
        ({"collapse": True}, [("a",), ("b",), "end"]),
        ({"gap": 1}, [("a",), ("b",), "end"]),
        ({"window": 3}, [("a",), ("b",), "end"]),
        ({"direction": "previous"}, [("b",), ("b",), ("a",), "end"]),
    ],
)
def test_a_path_ends_where_it_is_asked_to(options: dict[str, Any], expected: list[Any]) -> None:
    events = [(1, 0, 0, 1), (1, 1, 0, 2), (1, 4, 0, 2)]
    assert labels_of(walk(paths(**({"window": 10} | options)), rows_of(events), 99)) == [(1, expected)]


def test_rare_values_are_other_and_the_width_is_kept() -> None:
    events = [(1, 0, 0, 1), (1, 1, 0, 1), (2, 0, 0, 1), (2, 1, 0, 2), (3, 0, 0, 1), (3, 1, 0, 1)]
    edges = list(PathEdges(join_walks([walk(paths(depth=1), rows_of(events), 99)]), 1).edges())
    assert [(edge["to"], edge["paths"]) for edge in edges] == [
        ({"kind": "value", "key": "a"}, 2),
        ({"kind": "other"}, 1),
    ]
