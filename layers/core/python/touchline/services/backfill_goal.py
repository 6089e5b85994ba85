"""The conversions of a goal's past, computed by a state machine part by part.

Parts are parts of all people. Who has a conversion or an entry in the range is asked of the archive; what follows from
their events is then computed just as for those who change, so that both ways give the same documents.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from typing import Any, Final

from touchline.domain.backfills import Backfill, PartProgress
from touchline.domain.goals import ENTRY_ACTIONS, Goal
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.rows import Part, RowsQuestion
from touchline.ports import EventColumns, Goals, Progress
from touchline.services.attribute_people import AttributionParts, Task, attribute_people
from touchline.services.goal_progress import keep_backfill, keep_part, latest_backfill, parts_of

# Of a part all people are known at once: as many events as are read in some seconds, and a few hundred thousand people.
EVENTS_A_PART: Final = 250_000
MOST_PARTS: Final = 400
PEOPLE_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Backfilling:
    goals: Goals
    columns: EventColumns
    progress: Progress
    attribution: AttributionParts
    clock: Callable[[], int]  # epoch ms
    kept_from: int  # epoch ms: events before it have left the search store


def plan_backfill(backfilling: Backfilling, told: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that are still to be done: those of an earlier attempt are left out."""
    tenant, backfill = told["tenant"], _current(backfilling, told)
    if backfill is None:
        return {**told, "parts": []}
    if backfill.parts is None:
        extent = backfilling.columns.extent(tenant, TimeRange(backfill.start, backfill.end))
        parts = min(MOST_PARTS, max(1, -(-extent.events // EVENTS_A_PART)))
        backfill = replace(backfill, parts=parts, changed_at=backfilling.clock())
        keep_backfill(backfilling.progress, tenant, backfill)
    done = {part.part for part in parts_of(backfilling.progress, tenant, backfill) if part.done}
    assert backfill.parts is not None
    parts_left = [{**told, "part": part} for part in range(backfill.parts) if part not in done]
    return {**told, "parts": parts_left}


def attribute_part(backfilling: Backfilling, told: Mapping[str, Any]) -> dict[str, Any]:
    """All people of a part with a conversion or an entry. Raises StoreUnavailable; doing it again is harmless."""
    tenant, number = told["tenant"], told["part"]
    backfill = _current(backfilling, told)
    goal = None if backfill is None else backfilling.goals.get(tenant, told["goal"])
    if backfill is None or goal is None:
        return {"part": number, "done": False}
    people = conversions = 0
    for some in _people(backfilling, tenant, goal, backfill, number):
        if _current(backfilling, told) is None:
            return {"part": number, "done": False}
        now = backfilling.clock()
        task = Task(tenant, [goal], now, backfilling.kept_from)
        found = attribute_people(backfilling.attribution, task, dict.fromkeys(some, 0))
        people, conversions = people + found.people, conversions + found.conversions
        keep_part(backfilling.progress, tenant, backfill, PartProgress(number, False, people, conversions, now))
    now = backfilling.clock()
    keep_part(backfilling.progress, tenant, backfill, PartProgress(number, True, people, conversions, now))
    return {"part": number, "done": True, "people": people, "conversions": conversions}


def finish_backfill(backfilling: Backfilling, told: Mapping[str, Any], failures: Sequence[str]) -> dict[str, Any]:
    """`failures`: the errors of parts that failed for good."""
    tenant, backfill = told["tenant"], _current(backfilling, told)
    if backfill is None:
        return {"goal": told["goal"], "state": "cancelled"}
    done = sum(part.done for part in parts_of(backfilling.progress, tenant, backfill))
    now = backfilling.clock()
    if done == backfill.parts:
        ended = replace(backfill, state="done", changed_at=now)
    else:
        reason = (
            f"{len(failures)} parts failed: {', '.join(sorted(set(failures)))}" if failures else "parts are missing"
        )
        ended = replace(backfill, state="failed", changed_at=now, reason=reason)
    keep_backfill(backfilling.progress, tenant, ended)
    return {"goal": backfill.goal, "state": ended.state, "parts": backfill.parts, "parts_done": done}


def _current(backfilling: Backfilling, told: Mapping[str, Any]) -> Backfill | None:
    """None where it was called off, or another run or version of the goal has taken its place."""
    backfill = latest_backfill(backfilling.progress, told["tenant"], told["goal"])
    if backfill is None or backfill.state != "running":
        return None
    if (backfill.run, backfill.attempt) != (told["run"], told["attempt"]):
        return None
    goal = backfilling.goals.get(told["tenant"], told["goal"])
    return backfill if goal is not None and goal.version == backfill.version else None


def _people(
    backfilling: Backfilling, tenant: str, goal: Goal, backfill: Backfill, number: int
) -> Iterator[Sequence[str]]:
    """By their own ids, a few hundred at a time."""
    assert backfill.parts is not None
    entry = (Filter(Field("action", "text"), "in", ENTRY_ACTIONS),)
    question = RowsQuestion(
        TimeRange(backfill.start, backfill.end),
        criteria=(*goal.criteria, entry),
        part=Part(number, backfill.parts),
    )
    rows = backfilling.columns.rows(tenant, question)
    keys = [int(rows.people[start]) for start in rows.starts()[:-1]]
    del rows
    for some in batched(keys, PEOPLE_AT_ONCE, strict=False):
        actors = backfilling.columns.actors(tenant, some)
        yield [ids[0] for ids in actors.values()]
