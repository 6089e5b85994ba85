"""The numbers of a funnel, row by row."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from touchline.domain.queries.measures import divide
from touchline.domain.sequences.chains import Marked
from touchline.domain.sequences.funnel_people import FunnelPeople
from touchline.domain.sequences.lengths_of_time import histogram, time_facts


def funnel_row(people: FunnelPeople, chosen: Marked, edges: Sequence[int]) -> dict[str, Any]:
    """`chosen`: whose row it is; `edges` of the trend's buckets, none without a trend."""
    steps = [_step(people, chosen, step) for step in range(len(people.funnel.steps))]
    last = people.funnel.required[-1]
    entered, converted = _size(people.reached(0), chosen), _size(people.reached(last), chosen)
    row: dict[str, Any] = {
        "entered": entered,
        "converted": converted,
        "rate": divide(converted, entered),
        "in_progress": sum(step["in_progress"] for step in steps),
        "excluded": _size(people.who("excluded", 0), chosen),
        "closed_windows": _closed(people, chosen, last),
        "steps": steps,
        "time_to_convert": _time_to_convert(people, chosen, last),
    }
    if len(edges):
        row["trend"] = [_bucket(people, chosen & bucket) for bucket in people.buckets(edges)]
    return row


def _step(people: FunnelPeople, chosen: Marked, step: int) -> dict[str, Any]:
    reached = people.reached(step) & chosen
    number, entered = int(reached.sum()), _size(people.reached(0), chosen)
    facts: dict[str, Any] = {
        "step": step + 1,
        "people": number,
        "dropped": _size(people.who("dropped", step), chosen),
        "in_progress": _size(people.who("in_progress", step), chosen),
        "rate": divide(number, entered),
        "rate_of_previous": None,
    }
    if step:
        previous = max(one for one in people.funnel.required if one < step)
        facts["rate_of_previous"] = divide(number, _size(people.reached(previous), chosen))
        at = people.chains.at[reached]
        facts["time_from_first"] = time_facts(at[:, step] - at[:, 0])
        facts["time_from_previous"] = time_facts(at[:, step] - at[:, previous])
    return facts


def _time_to_convert(people: FunnelPeople, chosen: Marked, last: int) -> dict[str, Any]:
    at = people.chains.at[people.reached(last) & chosen]
    lengths = at[:, last] - at[:, 0]
    return time_facts(lengths) | {"histogram": histogram(lengths, people.funnel.window)}


def _closed(people: FunnelPeople, chosen: Marked, last: int) -> dict[str, Any]:
    """Of the people whose chain can take no further step: a rate that is not held down by those who began lately."""
    over = people.who("closed", 0) & chosen
    entered, converted = int(over.sum()), _size(people.reached(last), over)
    return {"entered": entered, "converted": converted, "rate": divide(converted, entered)}


def _bucket(people: FunnelPeople, chosen: Marked) -> dict[str, Any]:
    numbers = [_size(people.reached(step), chosen) for step in range(len(people.funnel.steps))]
    waiting = people.counted() & people.chains.open & chosen
    converted = numbers[people.funnel.required[-1]]
    return {
        "people": numbers,
        "rate": divide(converted, numbers[0]),
        "in_progress": int(waiting.sum()),
    }


def _size(one: Marked, chosen: Marked) -> int:
    return int(np.count_nonzero(one & chosen))
