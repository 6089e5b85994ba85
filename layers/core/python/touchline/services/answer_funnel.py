"""A funnel: how many people did step after step, and who they are."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchline.domain.queries.buckets import boundaries, bucket_at
from touchline.domain.queries.durations import describe_duration
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.sequences.funnel_chains import Chains, find_chains, join_chains
from touchline.domain.sequences.funnel_numbers import funnel_row
from touchline.domain.sequences.funnel_people import WORDS, FunnelPeople, Who
from touchline.domain.sequences.funnels import Funnel, FunnelBreakdown
from touchline.domain.sequences.rows import Part
from touchline.domain.sequences.value_rows import WHOLE_ROW, RowName, row_named
from touchline.domain.tenancy import Tenant
from touchline.services.answer_head import answer_head
from touchline.services.parts_of_people import by_parts
from touchline.services.sources import Sources, Work
from touchline.services.stored_filters import check_actions


@dataclass(frozen=True, slots=True)
class FunnelCell:
    """One number of the answer. `step` from 0; `bucket` of the trend by its start, in epoch ms."""

    who: Who
    step: int = 0
    row: RowName = WHOLE_ROW
    bucket: int | None = None


def answer_funnel(funnel: Funnel, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
    """`now` in epoch ms."""
    edges = _edges(funnel)
    people, as_of = _people(funnel, tenant, sources, now, work)
    rows = [row.name.facts() | funnel_row(people, row.chosen, edges) for row in people.rows()]
    notes = _notes(funnel, rows[0], sources, tenant, now)
    answer = answer_head(
        funnel.describe(), funnel.scope, as_of=as_of, interval=funnel.interval, notes=notes
    ) | _question(funnel)
    if funnel.breakdown is not None:
        answer["breakdown"] = _breakdown(funnel.breakdown, rows)
    if edges:
        answer["buckets"] = _buckets(edges, funnel, as_of)
    return answer | {"rows": rows}


def people_of_funnel(
    funnel: Funnel, cell: FunnelCell, tenant: Tenant, sources: Sources, now: int, work: Work
) -> PeopleBehind:
    people, as_of = _people(funnel, tenant, sources, now, work)
    chosen = people.who(cell.who, cell.step) & row_named(people.rows(), cell.row, "cell.row").chosen
    if cell.bucket is not None:
        edges = _edges(funnel)
        chosen = chosen & people.buckets(edges)[bucket_at(edges, cell.bucket, "cell.bucket")]
    name = funnel.steps[cell.step].name
    words = "People " + WORDS[cell.who].format(step=cell.step + 1, name=name)
    return PeopleBehind(words, people.chains.people[chosen], as_of)


def _people(funnel: Funnel, tenant: Tenant, sources: Sources, now: int, work: Work) -> tuple[FunnelPeople, int]:
    extent = sources.columns.extent(tenant.id, funnel.rows().span)
    as_of = min(now, extent.as_of)

    def chains(part: Part) -> Chains:
        rows = sources.columns.rows(tenant.id, funnel.rows(part))
        return find_chains(funnel, rows, _begun_before(funnel, tenant, sources, part), as_of)

    return FunnelPeople(funnel, join_chains(by_parts(extent.events, work, chains))), as_of


def _begun_before(funnel: Funnel, tenant: Tenant, sources: Sources, part: Part) -> NDArray[np.uint64]:
    question = funnel.rows_before(part)
    return np.zeros(0, np.uint64) if question is None else np.unique(sources.columns.rows(tenant.id, question).people)


def _edges(funnel: Funnel) -> list[int]:
    if funnel.interval is None:
        return []
    scope = funnel.scope
    return boundaries(scope.span.start, scope.span.end, funnel.interval, scope.zone, scope.week_start)


def _question(funnel: Funnel) -> dict[str, Any]:
    return {
        "mode": funnel.mode,
        "window": describe_duration(funnel.window),
        "entry": funnel.entry,
        "hold_constant": [one.name for one in funnel.held],
        "steps": [
            {"step": number, "name": one.name, "filters": list(one.said), "optional": one.optional}
            for number, one in enumerate(funnel.steps, 1)
        ],
        "exclusions": [
            {"name": one.name, "filters": list(one.said), "effect": one.effect} for one in funnel.exclusions
        ],
    }


def _buckets(edges: list[int], funnel: Funnel, as_of: int) -> list[dict[str, Any]]:
    """A bucket is complete when the windows of all who began in it are over."""
    zone = funnel.scope.zone
    return [
        TimeRange(start, end).describe(zone) | {"complete": end + funnel.window <= as_of}
        for start, end in pairwise(edges)
    ]


def _breakdown(breakdown: FunnelBreakdown, rows: list[dict[str, Any]]) -> dict[str, Any]:
    whole, *others = rows
    adds_up = all(
        sum(row["steps"][step]["people"] for row in others) == whole["steps"][step]["people"]
        for step in range(len(whole["steps"]))
    )
    by = {"by_step": breakdown.step + 1} if breakdown.by == "step" else {}
    return {
        "field": breakdown.field.name,
        "top": breakdown.top,
        "by": breakdown.by,
        **by,
        "ranked_by": "people who did the first step",
        "adds_up": adds_up,
        "why_not": None if adds_up else "Some people's event has several values of this field; they are in each row.",
    }


def _notes(funnel: Funnel, whole: dict[str, Any], sources: Sources, tenant: Tenant, now: int) -> list[str]:
    """Steps that nobody did may be misspelt: only then it costs another look at the store."""
    undone = [step for step, facts in zip(funnel.steps, whole["steps"], strict=True) if not facts["people"]]
    notes: list[str] = []
    if undone:
        asked = [*funnel.scope.filters, *(one for step in undone for one in step.criterion)]
        notes = check_actions(sources.reports, tenant.id, asked, now, refuse=not whole["entered"])
    if whole["in_progress"]:
        notes.append(
            f"{whole['in_progress']:,} of {whole['entered']:,} people are in progress: their window is still open, "
            "so that they count as neither converted nor dropped. closed_windows leaves out whose window is open."
        )
    return notes
