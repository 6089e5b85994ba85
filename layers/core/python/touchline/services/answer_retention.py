"""Retention: of the people who began, how many came back when, and who they are."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from touchline.domain.queries.buckets import bucket_at
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.sequences.retention import MOST_CELLS, Grid, Retention
from touchline.domain.sequences.retention_numbers import RetentionPeople, retention_row
from touchline.domain.sequences.returns import Returns, find_returns, join_returns
from touchline.domain.sequences.rows import Part
from touchline.domain.sequences.value_rows import WHOLE_ROW, RowName, row_named
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest, TooManyBuckets
from touchline.services.answer_head import answer_head
from touchline.services.parts_of_people import by_parts
from touchline.services.sources import Sources, Work
from touchline.services.stored_filters import check_actions

Who = Literal["began", "came_back", "stayed_away"]


@dataclass(frozen=True, slots=True)
class RetentionCell:
    """`cohort` by its start in epoch ms; `column` is the place of one of the answer's columns, from 0."""

    cohort: int
    who: Who = "came_back"
    column: int = 0
    row: RowName = WHOLE_ROW


def answer_retention(asked: Retention, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
    """`now` in epoch ms."""
    people = _people(asked, tenant, sources, now, work)
    rows = [row.name.facts() | retention_row(people, row.chosen) for row in people.rows()]
    notes = [] if len(people.returns) else check_actions(sources.reports, tenant.id, _filters(asked), now)
    head = answer_head(asked.describe(), asked.scope, as_of=people.as_of, interval=asked.interval, notes=notes)
    answer = head | {
        "counting": asked.counting,
        "clock": asked.clock,
        "entry": asked.entry,
        "start": list(asked.start_said),
        "return": list(asked.back_said),
        "columns": [{"first": one.first, "last": one.last, "name": one.describe()} for one in asked.brackets],
        "cohorts": _cohorts(people),
    }
    if asked.field is not None:
        answer["breakdown"] = _breakdown(asked, rows)
    return answer | {"rows": rows}


def people_of_retention(
    asked: Retention, cell: RetentionCell, tenant: Tenant, sources: Sources, now: int, work: Work
) -> PeopleBehind:
    if cell.column >= len(asked.brackets):
        raise InvalidRequest(f"The answer has {len(asked.brackets)} columns.", field="cell.column")
    people = _people(asked, tenant, sources, now, work)
    cohort = bucket_at(people.grid.edges[: people.grid.cohorts + 1], cell.cohort, "cell.cohort")
    chosen = people.began(cohort) & row_named(people.rows(), cell.row, "cell.row").chosen
    bracket = asked.brackets[cell.column]
    if cell.who != "began":
        back = people.returns.came_back(bracket)
        chosen = chosen & (back if cell.who == "came_back" else ~back)
    words = {
        "began": "who began",
        "came_back": f"who began and came back in period {bracket.describe()}",
        "stayed_away": f"who began and did not come back in period {bracket.describe()}",
    }
    return PeopleBehind(f"People {words[cell.who]}", people.returns.people[chosen], people.as_of)


def _people(asked: Retention, tenant: Tenant, sources: Sources, now: int, work: Work) -> RetentionPeople:
    grid = asked.grid()
    if grid.cohorts * len(asked.brackets) > MOST_CELLS:
        raise TooManyBuckets(
            f"{grid.cohorts:,} cohorts times {len(asked.brackets):,} columns are more than {MOST_CELLS:,} cells. "
            "Ask for fewer periods, a longer interval or a shorter range.",
            field="periods",
        )
    extent = sources.columns.extent(tenant.id, asked.rows(grid).span)

    def returns(part: Part) -> Returns:
        rows = sources.columns.rows(tenant.id, asked.rows(grid, part))
        return find_returns(asked, grid, rows, _begun_before(asked, tenant, sources, part))

    found = join_returns(by_parts(extent.events, work, returns))
    return RetentionPeople(asked, grid, found, min(now, extent.as_of))


def _begun_before(asked: Retention, tenant: Tenant, sources: Sources, part: Part) -> NDArray[np.uint64]:
    question = asked.rows_before(part)
    return np.zeros(0, np.uint64) if question is None else np.unique(sources.columns.rows(tenant.id, question).people)


def _cohorts(people: RetentionPeople) -> list[dict[str, Any]]:
    """Complete where nobody can begin in it any more."""
    grid: Grid = people.grid
    edges = [*grid.edges[: grid.cohorts], min(grid.edges[grid.cohorts], people.asked.scope.span.end)]
    return [
        TimeRange(start, end).describe(people.asked.scope.zone) | {"complete": end <= people.as_of}
        for start, end in pairwise(edges)
    ]


def _breakdown(asked: Retention, rows: list[dict[str, Any]]) -> dict[str, Any]:
    whole, *others = [sum(cohort["people"] for cohort in row["cohorts"]) for row in rows]
    adds_up = whole == sum(others)
    return {
        "field": asked.field.name if asked.field else None,
        "top": asked.top,
        "by": "start",
        "ranked_by": "people who began, in all cohorts",
        "adds_up": adds_up,
        "why_not": None if adds_up else "Some starts have several values of this field; they are in each row.",
    }


def _filters(asked: Retention) -> list[Any]:
    return [*asked.scope.filters, *asked.start]
