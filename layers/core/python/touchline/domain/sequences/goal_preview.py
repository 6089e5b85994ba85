"""What a goal would have counted: its conversions among rows, and which of them a touch came before."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchline.domain.goals import Goal
from touchline.domain.queries.criteria import Criterion
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.sequences.rows import EventRows

ACTION: Final = Field("action", "text")


def marked_by(goal: Goal) -> tuple[Criterion, ...]:
    """The goal's criteria, and the last for its touches."""
    if not goal.touch_actions:
        return goal.criteria
    return (*goal.criteria, (Filter(ACTION, "in", goal.touch_actions),))


def goal_rows(rows: EventRows, goal: Goal) -> NDArray[np.bool_]:
    """Which rows meet one of the criteria; `rows` were marked by them first."""
    wanted = np.uint32((1 << len(goal.criteria)) - 1)
    return np.asarray((rows.marks & wanted) != 0, np.bool_)


def firsts(rows: EventRows, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of each person's chosen rows the first."""
    places = np.flatnonzero(chosen)
    people = rows.people[places]
    first = np.ones(len(places), np.bool_)
    first[1:] = people[1:] != people[:-1]
    found = np.zeros(len(rows), np.bool_)
    found[places[first]] = True
    return found


def touched(rows: EventRows, goal: Goal) -> NDArray[np.bool_]:
    """Which rows have a touch of the same person before them in order, at most the lookback ago."""
    if not goal.touch_actions or not len(rows):
        return np.zeros(len(rows), np.bool_)
    places = np.arange(len(rows))
    latest = np.maximum.accumulate(np.where(rows.marked(len(goal.criteria)), places, -1))
    before = np.concatenate(([-1], latest[:-1]))  # a row is no touch of its own
    known = np.maximum(before, 0)
    same = (before >= 0) & (rows.people[known] == rows.people)
    return np.asarray(same & (rows.at - rows.at[known] <= goal.lookback_ms), np.bool_)
