"""Key figures: each with its definition, the numbers it is made of, how complete it is, its trend and its change."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from touchline.domain.kpis import machines
from touchline.domain.kpis.conversions import kept, latest
from touchline.domain.kpis.counting import Rows
from touchline.domain.kpis.definitions import INPUTS, KPIS
from touchline.domain.kpis.measured import Measured, input_facts, kpi_facts, model_facts
from touchline.domain.kpis.messages import entered_converted, messages
from touchline.domain.kpis.question import ROLES, KpisQuestion
from touchline.domain.queries.buckets import boundaries, buckets_of
from touchline.domain.queries.clock import rfc3339
from touchline.domain.queries.comparison import change, choose_shift, shifted_edges
from touchline.domain.queries.questions import Compare
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.series import bucket_facts
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.tenancy import Tenant
from touchline.services.answer_head import answer_head, exactly
from touchline.services.measure_kpis import Asked, converted_until, measure_kpis, messages_of
from touchline.services.sources import Sources, Work

DEFINITION: Final = (
    "Key figures, each by its own definition, over the events of the range by their own time. Unique openers and "
    "clickers are pairs of person and message. A figure over several buckets is made of the whole range's numbers "
    "anew; 0 / 0 is null; currencies are never added."
)
Listed = Literal["converters", "new_customers", "entered", "entered_converted", "customers_before", "customers_kept"]


def answer_kpis(question: KpisQuestion, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
    """`now` in epoch ms."""
    scope = question.scope
    edges = boundaries(scope.span.start, scope.span.end, question.interval, scope.zone, scope.week_start)
    as_of = sources.columns.extent(tenant.id, scope.span).as_of or now
    asked = Asked(question, tenant, sources, work)
    measured, notes = measure_kpis(asked, edges)
    answer = answer_head(
        DEFINITION,
        scope,
        as_of=as_of,
        interval=question.interval,
        accuracy=exactly("All counts and sums are exact; clv_predicted is the estimate of a model."),
        notes=notes,
    )
    answer |= {
        "complete": scope.span.end <= as_of,
        "machines": {"version": machines.VERSION, "rule": machines.describe()},
        "actions": {role: list(question.actions[role]) for role in ROLES},
        "message": question.message.name,
        "goal": _goal_facts(question),
        "horizon_days": question.horizon_days,
        "customer_model": model_facts(measured),
        "kpis": [_definition(name) for name in question.names],
        "buckets": bucket_facts(buckets_of(edges, as_of), scope.zone),
        "rows": [_row_facts(measured, row, question.names) for row in range(measured.rows.number)],
    }
    if question.breakdown is not None:
        answer["breakdown"] = {"field": question.breakdown.field.name, "top": question.breakdown.top}
    if question.compare is not None:
        answer["comparison"] = _comparison(asked, question.compare, edges, measured, now)
    return answer


def people_of_kpis(
    question: KpisQuestion, listed: Listed, tenant: Tenant, sources: Sources, now: int, work: Work
) -> PeopleBehind:
    """Who is behind one of the numbers that count people, over the whole range and all rows."""
    asked = Asked(replace(question, breakdown=None), tenant, sources, work)
    as_of = sources.columns.extent(tenant.id, question.scope.span).as_of or now
    people = _entered(asked, listed) if listed in ("entered", "entered_converted") else _converted(asked, listed)
    return PeopleBehind(INPUTS[listed], people, as_of)


def _converted(asked: Asked, listed: Listed) -> NDArray[np.uint64]:
    span = asked.question.scope.span
    found = converted_until(asked, span.end)
    before, again = kept(found, (2 * span.start - span.end, span.start), (span.start, span.end))
    inside = found.counts & (found.rows.at >= span.start) & (found.rows.at < span.end)
    people: dict[Listed, NDArray[np.uint64]] = {
        "converters": np.unique(found.rows.people[inside]),
        "new_customers": found.rows.people[inside & found.first],
        "customers_before": before,
        "customers_kept": again,
    }
    return people[listed]


def _entered(asked: Asked, listed: Listed) -> NDArray[np.uint64]:
    span = asked.question.scope.span
    found = messages(messages_of(asked, span), asked.question, [span.start, span.end], Rows())
    wanted = found.did("entered")
    if listed == "entered_converted":
        wanted = entered_converted(found, *latest(converted_until(asked, span.end)))
    return np.unique(found.rows.people[wanted & (found.rows.at >= span.start)])


def _goal_facts(question: KpisQuestion) -> dict[str, Any] | None:
    goal = question.goal
    return None if goal is None else {"id": goal.id, "version": goal.version, "name": goal.name}


def _definition(name: str) -> dict[str, Any]:
    kpi = KPIS[name]
    return {
        "name": name,
        "title": kpi.title,
        "definition": kpi.definition,
        "unit": kpi.unit,
        "inputs": {one: INPUTS[one] for one in kpi.inputs},
    }


def _row_facts(measured: Measured, row: int, names: Sequence[str]) -> dict[str, Any]:
    facts: dict[str, Any] = _row_key(measured.rows, row)
    facts["inputs"] = input_facts(measured, names, row)
    facts["figures"] = {name: kpi_facts(measured, name, row) for name in names}
    return facts


def _row_key(rows: Rows, row: int) -> dict[str, Any]:
    if row == 0:
        return {"kind": "whole"}
    if row <= len(rows.keys):
        return {"kind": "value", "key": rows.keys[row - 1]}
    return {"kind": "other"} if row == len(rows.keys) + 1 else {"kind": "absent", "key": None}


def _comparison(asked: Asked, compare: Compare, edges: list[int], measured: Measured, now: int) -> dict[str, Any]:
    question, zone = asked.question, asked.question.scope.zone
    span = TimeRange(edges[0], edges[-1])
    shift = choose_shift(
        compare.period, compare.custom_start, span, question.interval, zone, weekday=compare.match_weekday
    )
    other_edges = shifted_edges(edges, shift, zone, now)
    before, notes = measure_kpis(asked, other_edges, measured.rows)
    return {
        "with": compare.period,
        "range": {"from": rfc3339(other_edges[0], zone), "to": rfc3339(other_edges[-1], zone)},
        "notes": notes,
        "buckets": [{"from": rfc3339(start, zone), "to": rfc3339(end, zone)} for start, end in pairwise(other_edges)],
        "rows": [_compared_row(measured, before, row, question.names) for row in range(measured.rows.number)],
    }


def _compared_row(measured: Measured, before: Measured, row: int, names: Sequence[str]) -> dict[str, Any]:
    facts = _row_facts(before, row, names)
    for name in names:
        then = facts["figures"][name]
        now = kpi_facts(measured, name, row)
        then["change"] = change(now["value"], then["value"])
        pairs = zip(now["values"] or [], then["values"] or [], strict=True)
        then["changes"] = None if then["values"] is None else [change(*both) for both in pairs]
    return facts
