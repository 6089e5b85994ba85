"""The conversions of a goal's past, computed by a state machine part by part.

Parts are parts of all people. Who has a conversion or an entry in the range is asked of the archive. Who has one of the
goal's events is then computed just as those who change; of the others the archive knows all that it takes. Both ways
give the same documents.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import batched
from typing import Any, Final

from touchline.domain.backfills import Backfill, PartProgress
from touchline.domain.goals import Goal
from touchline.domain.sequences.rows import Part
from touchline.ports import EventColumns, Goals, Progress
from touchline.services.attribute_people import (
    MOST_OF_A_PERSON,
    Attributed,
    AttributionParts,
    Person,
    Task,
    attribute_people,
    enter_people,
)
from touchline.services.goal_progress import keep_backfill, keep_part, latest_backfill, parts_of
from touchline.services.people_to_backfill import PeopleToBackfill, people_to_backfill, reach_of

# Of a part all people are known at once: as many events as are read in some seconds, and a few hundred thousand people.
EVENTS_A_PART: Final = 250_000
MOST_PARTS: Final = 400
PEOPLE_AT_ONCE: Final = 500
ENTERED_AT_ONCE: Final = 500  # some six documents each, of which one search gives 5,000


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
        now = backfilling.clock()
        extent = backfilling.columns.extent(tenant, reach_of(backfill, backfilling.kept_from, now).read)
        parts = min(MOST_PARTS, max(1, -(-extent.events // EVENTS_A_PART)))
        backfill = replace(backfill, parts=parts, changed_at=now)
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
    for work in _batches(backfilling, tenant, goal, backfill, number):
        if _current(backfilling, told) is None:
            return {"part": number, "done": False}
        found, now = work(), backfilling.clock()
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


def fail_backfill(backfilling: Backfilling, told: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """One of its steps broke off; another attempt does what is left. `reason` is shown: no personal data."""
    tenant, backfill = told["tenant"], _current(backfilling, told)
    if backfill is None:
        return {"goal": told["goal"], "state": "cancelled"}
    failed = replace(backfill, state="failed", changed_at=backfilling.clock(), reason=reason)
    keep_backfill(backfilling.progress, tenant, failed)
    return {"goal": backfill.goal, "state": "failed", "reason": reason}


def _current(backfilling: Backfilling, told: Mapping[str, Any]) -> Backfill | None:
    """None where it was called off, or another run or version of the goal has taken its place."""
    backfill = latest_backfill(backfilling.progress, told["tenant"], told["goal"])
    if backfill is None or backfill.state != "running":
        return None
    if (backfill.run, backfill.attempt) != (told["run"], told["attempt"]):
        return None
    goal = backfilling.goals.get(told["tenant"], told["goal"])
    return backfill if goal is not None and goal.version == backfill.version else None


def _batches(
    backfilling: Backfilling, tenant: str, goal: Goal, backfill: Backfill, number: int
) -> Iterator[Callable[[], Attributed]]:
    """The work on a part, some hundred people at a time."""
    assert backfill.parts is not None
    now = backfilling.clock()
    reach = reach_of(backfill, backfilling.kept_from, now)
    people = people_to_backfill(backfilling.columns, tenant, goal, reach, Part(number, backfill.parts), now)
    for some in batched(people.others, PEOPLE_AT_ONCE, strict=False):
        yield partial(_attribute, backfilling, tenant, goal, some)
    for some in batched(people.entered, ENTERED_AT_ONCE, strict=False):
        yield partial(_enter, backfilling, tenant, goal, people, some)


def _attribute(backfilling: Backfilling, tenant: str, goal: Goal, keys: Sequence[int]) -> Attributed:
    task = Task(tenant, [goal], backfilling.clock(), backfilling.kept_from)
    actors = backfilling.columns.actors(tenant, keys)
    return attribute_people(backfilling.attribution, task, {ids[0]: 0 for ids in actors.values()})


def _enter(
    backfilling: Backfilling, tenant: str, goal: Goal, people: PeopleToBackfill, keys: Sequence[int]
) -> Attributed:
    # Who is who is asked anew: of what is written here, whoever hears of a change since must find everything.
    task = Task(tenant, [goal], people.known_at, backfilling.kept_from)
    actors = backfilling.columns.actors(tenant, keys)
    entries = {ids[0]: (ids, people.entries(key, ids)) for key, ids in actors.items()}
    persons = [
        Person(person, ids, events=theirs[:MOST_OF_A_PERSON], cut=len(theirs) > MOST_OF_A_PERSON)
        for person, (ids, theirs) in entries.items()
    ]
    return enter_people(backfilling.attribution, task, persons)
