"""Data-driven attribution: shares learnt from the paths that led to a conversion and those that did not."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from touchline.domain.attributed import Attributed
from touchline.domain.attribution_rows import Shares, linear_shares, spread_shares
from touchline.domain.queries.attribution_questions import AttributionQuestion
from touchline.domain.queries.clock import DAY
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.removal_effects import Chain, conversion_probability, removal_shares, why_not
from touchline.domain.sequences.cohorts import first_of_each
from touchline.domain.sequences.journeys import Journeys, Label, Wanted, chain_of, find_journeys
from touchline.domain.sequences.rows import EventRows, Part, RowsQuestion
from touchline.services.parts_of_people import by_parts
from touchline.services.sources import Sources, Work

ACTION = Field("action", "text")
# A goal that counts once: whether it is a person's first is looked up so far back.
HISTORY_DAYS = 400


@dataclass(frozen=True, slots=True)
class Read:
    """The journeys of a part of the people, with their rows."""

    rows: EventRows
    journeys: Journeys


@dataclass(frozen=True, slots=True)
class Learnt:
    shares: Shares
    facts: dict[str, Any]


def read_journeys(
    question: AttributionQuestion, span: TimeRange, tenant: str, sources: Sources, now: int, work: Work
) -> list[Read]:
    """Of each part of the people. Touches may lie a lookback before the span, and conversions a lookback after it."""
    goal = question.goal
    back = HISTORY_DAYS * DAY if goal.counted == "once" else question.lookback_ms
    end = max(span.start + 1, min(span.end + question.lookback_ms, now + 1))
    around = TimeRange(max(0, span.start - back), end)
    touch = (Filter(ACTION, "in", goal.touch_actions),)
    wanted = RowsQuestion(
        around,
        criteria=(touch, *((*one, *question.scope.filters) for one in goal.criteria)),
        fields=(question.field,),
        amounts=goal.value == "event",
        segment=question.scope.segment,
    )

    def read(part: Part) -> Read:
        asked = RowsQuestion(
            wanted.span,
            criteria=wanted.criteria,
            fields=wanted.fields,
            amounts=wanted.amounts,
            segment=wanted.segment,
            part=part,
        )
        rows = sources.columns.rows(tenant, asked)
        goals = np.logical_or.reduce([rows.marked(n + 1) for n in range(len(goal.criteria))])
        if goal.counted == "once":
            goals = first_of_each(rows, goals)
        touches = rows.marked(0)
        found = Wanted(goals, touches, span, question.lookback_ms, question.field.name, question.collapse)
        return Read(rows, find_journeys(rows, found))

    return by_parts(sources.columns.extent(tenant, around).events, work, read)


def learn_attribution(
    question: AttributionQuestion,
    found: Attributed,
    span: TimeRange,
    tenant: str,
    sources: Sources,
    now: int,
    work: Work,
) -> Learnt:
    """Linear shares, and why, where nothing can be learnt."""
    parts = read_journeys(question, span, tenant, sources, now, work)
    chain, groups = chain_of(merged([one.journeys for one in parts]))
    facts = {
        "converting_paths": int(chain.converted.sum()),
        "other_paths": int(chain.lost.sum()),
        "values_together": len(groups[-1]) if groups and len(groups[-1]) > 1 else 0,
    }
    reason = why_not(chain)
    if reason is not None:
        return Learnt(linear_shares(found), {**facts, "fallback": "linear", "reason": reason, "probability": None})
    return Learnt(_shares(chain, groups, found), {
        **facts,
        "fallback": None,
        "reason": None,
        "probability": conversion_probability(chain),
    })  # fmt: skip


def _shares(chain: Chain, groups: list[list[Label]], found: Attributed) -> Shares:
    return spread_shares(groups, removal_shares(chain), found)


def merged(parts: list[Journeys]) -> Journeys:
    """The journeys of all parts as one: labels are coded anew, positions moved on."""
    if len(parts) == 1:
        return parts[0]
    codes: dict[tuple[tuple[str, Any], ...], int] = {}
    labels: list[Label] = []
    states, moved = [], 0
    stretches: dict[str, list[Any]] = {name: [] for name in ("begins", "ends", "lost_begins", "lost_ends")}
    for one in parts:
        table = np.array([_code(label, codes, labels) for label in one.labels], np.int64)
        states.append(table[one.states] if len(one.states) else one.states)
        for name, some in stretches.items():
            some.append(getattr(one, name) + moved)
        moved += len(one.states)
    joined = {name: np.concatenate(some) for name, some in stretches.items()}
    same = {name: np.concatenate([getattr(one, name) for one in parts]) for name in ("rows", "first_ages", "last_ages")}
    return Journeys(tuple(labels), np.concatenate(states), **joined, **same)


def _code(label: Label, codes: dict[tuple[tuple[str, Any], ...], int], labels: list[Label]) -> int:
    key = tuple((type(one).__name__, one) for one in label)
    if key not in codes:
        codes[key] = len(labels)
        labels.append(label)
    return codes[key]
