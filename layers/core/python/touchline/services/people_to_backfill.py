"""Whom a part of a backfill is about, and what the archive knows of those who only entered something.

Most people of most tenants do: their memberships follow from their entries, which the archive's columns give at once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from touchline.domain.backfills import Backfill
from touchline.domain.conversions import PersonEvent, in_order
from touchline.domain.goals import ENTRY_ACTIONS, Goal
from touchline.domain.limits import FUTURE_MS
from touchline.domain.memberships import DIMENSIONS
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.rows import EventRows, Part, RowsQuestion
from touchline.ports import EventColumns

ACTION: Final = Field("action", "text")
ACTOR: Final = Field("actor.id", "text")
ENTERED: Final = (Filter(ACTION, "in", ENTRY_ACTIONS),)
PLACES: Final = {dimension: Field(f"context.{dimension}", "text") for dimension in DIMENSIONS}
# The archive's columns see events and who is who as they were up to two seconds before.
BEHIND_MS: Final = 5_000
# Of an archive that is further behind, all people are read from the search store.
FRESH_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Reach:
    people: TimeRange  # who has an event in it is computed
    read: TimeRange  # of the archive
    whole: bool  # whether all is read that the search store keeps


def reach_of(backfill: Backfill, kept_from: int, now: int) -> Reach:
    """Times in epoch ms. All is read where that is at most twice the range: only then are first entries known."""
    latest = now + FUTURE_MS
    # A range up to its own beginning takes in what came until all knew the goal.
    people = TimeRange(backfill.start, backfill.end if backfill.end < backfill.started_at else latest)
    whole = 2 * (people.end - people.start) >= latest - kept_from
    return Reach(people, TimeRange(kept_from, latest) if whole else people, whole)


@dataclass(frozen=True)
class PeopleToBackfill:
    """By their keys."""

    others: list[int]  # with one of the goal's events, or of whom not all entries are known
    entered: list[int]  # with entries only
    known_at: int  # epoch ms: every event and merge that was archived by then is in
    rows: EventRows

    def entries(self, person: int, actors: Collection[str]) -> list[PersonEvent]:
        """Of one of `entered`, in order, without those of actors that are no longer the same person. Of each event
        there is what makes an entry."""
        first, last = self._bounds[person]
        events = map(self._event, range(first, last))
        return in_order(event for event in events if event.actor in actors)

    def _event(self, row: int) -> PersonEvent:
        rows = self.rows
        assert rows.ids is not None
        assert rows.sequences is not None
        (action,) = rows.fields["action"].of(row)
        context = {dimension: value for dimension, field in PLACES.items() for value in rows.fields[field.name].of(row)}
        (actor,) = rows.fields["actor.id"].of(row)
        document = {"actor": {"id": actor}, "context": context}
        return PersonEvent(rows.ids[row], int(rows.at[row]), int(rows.sequences[row]), str(action), document)

    @cached_property
    def _bounds(self) -> dict[int, tuple[int, int]]:
        starts = self.rows.starts().tolist()
        keys = self.rows.people[starts[:-1]].tolist()
        return dict(zip(keys, pairwise(starts), strict=True))


def people_to_backfill(
    columns: EventColumns, tenant: str, goal: Goal, reach: Reach, part: Part, now: int
) -> PeopleToBackfill:
    """Raises StoreUnavailable."""
    # Asked before the rows, which are then no older.
    as_of = min(now, columns.extent(tenant, reach.read).as_of) if reach.whole else 0
    with_entries = now - as_of <= FRESH_MS
    question = RowsQuestion(
        reach.read,
        criteria=(*goal.criteria, ENTERED),
        fields=(ACTION, ACTOR, *PLACES.values()) if with_entries else (),
        ids=with_entries,
        sequences=with_entries,
        part=part,
    )
    rows = columns.rows(tenant, question)
    starts = rows.starts()[:-1]
    concerned = _any(starts, (rows.at >= reach.people.start) & (rows.at < reach.people.end))
    goals = _any(starts, (rows.marks & np.uint32((1 << len(goal.criteria)) - 1)) != 0) | (not with_entries)
    keys = rows.people[starts]
    return PeopleToBackfill(
        others=keys[concerned & goals].tolist(),
        entered=keys[concerned & ~goals].tolist(),
        known_at=as_of - BEHIND_MS,
        rows=rows,
    )


def _any(starts: NDArray[np.intp], holds: NDArray[Any]) -> NDArray[np.bool_]:
    """By person, whether it holds for one of its rows."""
    return np.logical_or.reduceat(holds, starts) if len(starts) else np.zeros(0, np.bool_)
