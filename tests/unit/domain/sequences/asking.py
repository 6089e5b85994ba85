"""Rows and funnels to ask about, small enough to try everything."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from touchline.domain.queries.clock import zone_named
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.scope import Scope
from touchline.domain.sequences.funnels import Effect, Exclusion, Funnel, Step
from touchline.domain.sequences.rows import Coded, EventRows

SPAN = TimeRange(0, 20)
SCOPE = Scope(SPAN, zone_named("UTC"), "monday")
CAMPAIGN = Field("context.campaign", "text")
ACTION = Field("action", "text")
VALUES = ((), ("a",), ("b",), ("a", "b"))

type Told = tuple[int, int, int, int]  # person, time, marks, place among VALUES


def rows_of(told: list[Told]) -> EventRows:
    """In the order in which they were told, of each person by time."""
    ordered = sorted(told, key=lambda one: one[:2])
    people, at, marks, values = (list(column) for column in zip(*ordered, strict=True)) if ordered else ([], [], [], [])
    return EventRows(
        np.array(people, np.uint64),
        np.array(at, np.int64),
        np.array(marks, np.uint32),
        {CAMPAIGN.name: Coded(np.array(values, np.int32), VALUES)},
    )


def doing(action: str) -> tuple[Filter, ...]:
    return (Filter(ACTION, "eq", (action,)),)


def step(name: str, *, optional: bool = False) -> Step:
    return Step(name, doing(name), (f"action is '{name}'",), optional)


def exclusion(effect: Effect) -> Exclusion:
    return Exclusion(effect, doing(effect), (), effect)


def funnel_of(steps: int = 3, **more: Any) -> Funnel:
    return Funnel(SCOPE, tuple(step(f"s{n}") for n in range(steps)), **({"window": 8} | more))


def told(marks: int, people: int = 2) -> st.SearchStrategy[list[Told]]:
    one = st.tuples(st.integers(0, people - 1), st.integers(0, 28), st.integers(0, 2**marks - 1), st.integers(0, 3))
    return st.lists(one, max_size=9)
