"""Attribution: which values of a field earned a goal's conversions, by every model side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from touchline.domain.attributed import (
    DATA_DRIVEN,
    Attributed,
    Credited,
    attributed_whole,
    entire,
    unattributed_whole,
)
from touchline.domain.attribution_rows import (
    AttributionRow,
    Ranked,
    Shares,
    attribution_rows,
    rank,
)
from touchline.domain.credit_facts import credited_facts
from touchline.domain.measured_spend import MeasuredSpend
from touchline.domain.queries.attribution_questions import AttributionQuestion
from touchline.domain.queries.buckets import boundaries, buckets_of
from touchline.domain.queries.clock import rfc3339
from touchline.domain.queries.comparison import change, choose_shift, shifted_edges
from touchline.domain.queries.intervals import Interval
from touchline.domain.queries.questions import Compare
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.series import bucket_facts
from touchline.domain.tenancy import Tenant
from touchline.errors import TooManyBuckets
from touchline.services.answer_head import answer_head, exactly
from touchline.services.attributed_head import Kept, backfill_facts, goal_facts
from touchline.services.attributed_spend import money_facts, spend_facts, spent_values
from touchline.services.attributed_sums import attributed_sums
from touchline.services.learn_attribution import Learnt, learn_attribution
from touchline.services.measure_spend import spend_by
from touchline.services.sources import Sources, Work

# Sums of each bucket, currency and value are buckets of the search store, which gives at most 65,535.
MOST_CELLS = 20_000


@dataclass(frozen=True, slots=True)
class Asking:
    """A question being answered."""

    question: AttributionQuestion
    tenant: Tenant
    sources: Sources
    now: int
    work: Work


def answer_attribution(
    question: AttributionQuestion, tenant: Tenant, sources: Sources, now: int, work: Work
) -> dict[str, Any]:
    """`now` in epoch ms."""
    asking = Asking(question, tenant, sources, now, work)
    span = question.scope.span
    found = attributed_sums(question, (span.start, span.end), tenant.id, sources, work)
    spend = _spend(asking) if question.with_spend else None
    ranked = rank(found, question.top, spent_values(spend) if spend else ())
    learnt = _learn(asking, found, span)
    rows = attribution_rows(found, ranked, question.shared_out(), _shares(learnt))
    backfill = sources.backfills.of(tenant.id, question.goal, now)
    kept = Kept(question.goal, span, question.scope.zone, backfill)
    attributed = sources.freshness.attributed(tenant.id, now)
    answer = answer_head(
        question.describe(),
        question.scope,
        as_of=attributed.as_of(now),
        accuracy=exactly(),
        index=sources.freshness.of(tenant.id, now),
        notes=[*kept.notes(), *attributed.notes(), *_notes(learnt)],
    )
    answer |= {
        "goal": goal_facts(question.goal),
        "backfill": backfill_facts(backfill, question.scope.zone),
        "attribution": attributed.facts(question.scope.zone),
        "dimension": question.field.name,
        "ranked_by": "linear",
        "lookback_ms": question.lookback_ms,
        "direct_channels": list(question.direct_channels),
        "collapse_repeats": question.collapse,
        "models": _model_facts(question, learnt),
        "totals": {
            "all": credited_facts(entire(found.wholes)),
            "attributed": credited_facts(attributed_whole(found.wholes)),
            "unattributed": credited_facts(unattributed_whole(found.wholes)),
        },
        "rows": [row_facts(row, question) for row in rows],
    }
    if spend is not None:
        answer["spend"] = money_facts(spend.total())
        for row, cost in zip(answer["rows"], spend_facts(rows, spend, question.models), strict=True):
            row |= cost
    if question.interval is not None:
        answer["over_time"] = _over_time(asking, question.interval, ranked, learnt)
    if question.compare is not None:
        answer["comparison"] = _comparison(asking, question.compare, ranked, rows)
    return answer


def row_facts(row: AttributionRow, question: AttributionQuestion) -> dict[str, Any]:
    """In the order of the models that were asked for."""
    credit = {name: credited_facts(row.credit[name]) for name in question.models}
    return {"kind": row.kind, "key": row.value, "touches": float(row.touches), "credit": credit}


def _spend(asking: Asking) -> MeasuredSpend:
    question = asking.question
    plain = replace(question.scope, filters=())  # those are on conversions, and nothing was paid for one of them
    return spend_by(question.field, question.scope.span, plain, asking.tenant, asking.sources)


def _learn(asking: Asking, found: Attributed, span: TimeRange) -> Learnt | None:
    question = asking.question
    if DATA_DRIVEN not in question.models:
        return None
    return learn_attribution(question, found, span, asking.tenant.id, asking.sources, asking.now, asking.work)


def _shares(learnt: Learnt | None) -> dict[str, Shares]:
    return {} if learnt is None else {DATA_DRIVEN: learnt.shares}


def _notes(learnt: Learnt | None) -> list[str]:
    if learnt is None:
        return []
    facts = learnt.facts
    notes = [f"data_driven is linear here: {facts['reason']}."] if facts["fallback"] else []
    if facts["values_together"]:
        notes.append(
            f"data_driven takes the {facts['values_together']:,} values with the fewest touches as one, and shares its "
            "credit among them as linear does."
        )
    return notes


def _model_facts(question: AttributionQuestion, learnt: Learnt | None) -> list[dict[str, Any]]:
    words = {model.name: model.words for model in question.shared_out()}
    words[DATA_DRIVEN] = "by how much fewer paths would convert without it: removal effects in a Markov chain"
    half_life = {"time_decay": {"half_life_ms": question.goal.half_life_ms}}
    return [
        {
            "name": name,
            "definition": words[name],
            **half_life.get(name, {}),
            **(learnt.facts if learnt is not None and name == DATA_DRIVEN else {}),
        }
        for name in question.models
    ]


def _over_time(asking: Asking, interval: Interval, ranked: Ranked, learnt: Learnt | None) -> dict[str, Any]:
    question, scope = asking.question, asking.question.scope
    edges = boundaries(scope.span.start, scope.span.end, interval, scope.zone, scope.week_start)
    _check_cells(len(edges) - 1, len(ranked.listed))
    listed = (*ranked.listed, None)
    found = attributed_sums(question, edges, asking.tenant.id, asking.sources, asking.work, listed=listed)
    buckets = [_of_bucket(found, n) for n in range(len(edges) - 1)]
    tables = [
        attribution_rows(one, ranked, question.shared_out(), _shares(learnt), others_told=False) for one in buckets
    ]
    return {
        "interval": interval.describe(),
        "buckets": bucket_facts(buckets_of(edges, asking.now), scope.zone),
        "unattributed": [credited_facts(unattributed_whole(one.wholes)) for one in buckets],
        "rows": [
            {
                "kind": row.kind,
                "key": row.value,
                "credit": {
                    name: [credited_facts(table[n].credit[name]) for table in tables] for name in question.models
                },
            }
            for n, row in enumerate(tables[0])
        ],
    }


def _of_bucket(found: Attributed, bucket: int) -> Attributed:
    return Attributed(
        [one for one in found.touched if one.bucket == bucket], [one for one in found.wholes if one.bucket == bucket]
    )


def _check_cells(buckets: int, values: int) -> None:
    if buckets * (values + 2) > MOST_CELLS:
        raise TooManyBuckets(
            f"{buckets:,} buckets times {values} values are more than {MOST_CELLS:,} cells: use a longer interval, or "
            f"at most top {max(1, MOST_CELLS // buckets - 2)}.",
            field="interval",
        )


def _comparison(asking: Asking, compare: Compare, ranked: Ranked, rows: Sequence[AttributionRow]) -> dict[str, Any]:
    question, scope = asking.question, asking.question.scope
    shift = choose_shift(
        compare.period,
        compare.custom_start,
        scope.span,
        question.interval or Interval("day"),
        scope.zone,
        weekday=compare.match_weekday,
    )
    edges = shifted_edges([scope.span.start, scope.span.end], shift, scope.zone, asking.now)
    span = TimeRange(edges[0], max(edges[1], edges[0] + 1))
    found = attributed_sums(
        replace(question, scope=replace(scope, span=span)), (span.start, span.end), asking.tenant.id, asking.sources,
        asking.work,
    )  # fmt: skip
    learnt = _learn(asking, found, span)
    before = attribution_rows(found, ranked, question.shared_out(), _shares(learnt))
    return {
        "with": compare.period,
        "range": {"from": rfc3339(edges[0], scope.zone), "to": rfc3339(edges[1], scope.zone)},
        "totals": {
            "all": credited_facts(entire(found.wholes)),
            "unattributed": credited_facts(unattributed_whole(found.wholes)),
        },
        "rows": [
            row_facts(old, question) | {"change": _changes(new.credit, old.credit, question.models)}
            for new, old in zip(rows, before, strict=True)
        ],
    }


def _changes(
    new: Mapping[str, Credited], old: Mapping[str, Credited], models: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Relative to the period before; None from 0."""
    facts = [{name: credited_facts(some[name]) for name in models} for some in (new, old)]
    return {
        name: {part: change(facts[0][name][part], facts[1][name][part]) for part in ("conversions", "value")}
        for name in models
    }
