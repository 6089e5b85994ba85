"""What a goal would have counted, before it is kept: conversions and people by day, value, touches, examples."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from touchline.domain.goals import FixedValue, Goal, named_filters
from touchline.domain.queries.buckets import boundaries
from touchline.domain.queries.clock import first_kept, rfc3339
from touchline.domain.queries.fields import field_named
from touchline.domain.queries.intervals import Interval
from touchline.domain.queries.measures import amount_text
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.scope import WIDEST_DAYS, Scope
from touchline.domain.sequences.goal_preview import firsts, goal_rows, marked_by, touched
from touchline.domain.sequences.rows import EventRows, Part, RowsQuestion
from touchline.domain.tenancy import Tenant
from touchline.services.answer_head import answer_head
from touchline.services.parts_of_people import by_parts
from touchline.services.sources import Sources, Work
from touchline.services.stored_filters import check_actions

EXAMPLES: Final = 5
SHOWN: Final = tuple(field_named(name, "") for name in ("action", "context.campaign", "context.channel"))


@dataclass(slots=True)
class _Found:
    """Of one part of all people."""

    at: NDArray[np.int64]  # of each conversion
    people_by_day: list[int]  # each once a day
    people: int
    touched: int
    values: Counter[str] = field(default_factory=Counter)  # by currency, in ten-thousandths
    valued: Counter[str] = field(default_factory=Counter)  # conversions with a value, by currency
    latest: list[dict[str, Any]] = field(default_factory=list)


def answer_goal_preview(
    goal: Goal, scope: Scope, tenant: Tenant, sources: Sources, now: int, work: Work
) -> dict[str, Any]:
    """`goal` and `scope` as stored; `now` in epoch ms."""
    edges = boundaries(scope.span.start, scope.span.end, Interval("day"), scope.zone, scope.week_start)
    reads = TimeRange(scope.span.start - goal.lookback_ms, scope.span.end)
    extent = sources.columns.extent(tenant.id, reads)
    found = by_parts(extent.events, work, lambda part: _find(goal, scope, edges, tenant.id, sources, now, part))
    conversions = sum(len(one.at) for one in found)
    notes = check_actions(sources.reports, tenant.id, named_filters(goal), now)
    head = answer_head(goal.describe(), scope, as_of=extent.as_of, interval=Interval("day"), notes=notes)
    return head | {
        "conversions": conversions,
        "people": sum(one.people for one in found),
        "with_a_touch": sum(one.touched for one in found),
        "without_a_touch": conversions - sum(one.touched for one in found),
        "values": _values(goal, conversions, found),
        "days": _days(edges, found, scope),
        "examples": _examples(found, scope, tenant.id, sources),
    }


def _find(goal: Goal, scope: Scope, edges: list[int], tenant: str, sources: Sources, now: int, part: Part) -> _Found:
    question = RowsQuestion(
        TimeRange(scope.span.start - goal.lookback_ms, scope.span.end),
        criteria=marked_by(goal),
        fields=SHOWN,
        amounts=True,
        ids=True,
        segment=scope.segment,
        part=part,
    )
    rows = sources.columns.rows(tenant, question)
    chosen = goal_rows(rows, goal)
    if goal.counted == "once":
        chosen = firsts(rows, chosen) & _first_ever(rows, goal, scope, tenant, sources, now, part)
    chosen &= rows.at >= scope.span.start
    with_touch = touched(rows, goal) & chosen
    return _count(rows, chosen, int(with_touch.sum()), goal, edges)


def _first_ever(
    rows: EventRows, goal: Goal, scope: Scope, tenant: str, sources: Sources, now: int, part: Part
) -> NDArray[np.bool_]:
    """Rows as early as their person's first conversion of all that is kept: of a person's first ones in `rows`, those
    that are the first ever."""
    start = min(first_kept(now, WIDEST_DAYS), scope.span.start - goal.lookback_ms)
    question = RowsQuestion(TimeRange(start, scope.span.end), criteria=goal.criteria, segment=scope.segment, part=part)
    kept = sources.columns.rows(tenant, question)
    first = kept.take(kept.starts()[:-1])
    order = np.argsort(first.people)
    people, at = first.people[order], first.at[order]
    if not len(people):
        return np.zeros(len(rows), np.bool_)
    place = np.minimum(np.searchsorted(people, rows.people), len(people) - 1)
    return np.asarray((people[place] == rows.people) & (at[place] == rows.at), np.bool_)


def _count(rows: EventRows, chosen: NDArray[np.bool_], with_touch: int, goal: Goal, edges: list[int]) -> _Found:
    taken = rows.take(chosen)
    days = np.searchsorted(np.array(edges), taken.at, side="right") - 1
    once_a_day = {(int(person), int(day)) for person, day in zip(taken.people, days, strict=True)}
    by_day = Counter(day for _, day in once_a_day)
    found = _Found(taken.at, [by_day[day] for day in range(len(edges) - 1)], len(np.unique(taken.people)), with_touch)
    if goal.value == "event":
        _add_values(taken, found)
    newest = np.argsort(-taken.at, kind="stable")[:EXAMPLES]
    found.latest = [_example(taken, int(row)) for row in newest]
    return found


def _add_values(rows: EventRows, found: _Found) -> None:
    assert rows.amounts is not None
    assert rows.currencies is not None
    for code, currency in enumerate(rows.currencies.values):
        if currency:
            of_it = rows.currencies.codes == code
            found.values[str(currency[0])] += sum(map(int, rows.amounts[of_it]))
            found.valued[str(currency[0])] += int(of_it.sum())


def _example(rows: EventRows, row: int) -> dict[str, Any]:
    assert rows.ids is not None
    said = {name: values[0] for name, coded in rows.fields.items() if (values := coded.of(row))}
    example: dict[str, Any] = {"event": str(rows.ids[row]), "at": int(rows.at[row]), "person": int(rows.people[row])}
    if rows.amounts is not None and rows.currencies is not None and (currency := rows.currencies.of(row)):
        example["value"] = {"amount": _amount(int(rows.amounts[row])), "currency": currency[0]}
    return example | {"fields": said}


def _values(goal: Goal, conversions: int, found: list[_Found]) -> list[dict[str, Any]]:
    """By currency; amounts of different currencies are never added."""
    if isinstance(goal.value, FixedValue):
        whole = _amount(goal.value.amount_e4 * conversions)
        return [{"currency": goal.value.currency, "total": whole, "conversions": conversions}]
    totals: Counter[str] = Counter()
    valued: Counter[str] = Counter()
    for one in found:
        totals.update(one.values)
        valued.update(one.valued)
    return [
        {"currency": currency, "total": _amount(totals[currency]), "conversions": valued[currency]}
        for currency in sorted(valued)
        if valued[currency]
    ]


def _days(edges: list[int], found: list[_Found], scope: Scope) -> list[dict[str, Any]]:
    at = np.concatenate([one.at for one in found])
    counts = np.histogram(at, np.array(edges))[0]
    return [
        {
            "from": rfc3339(start, scope.zone),
            "to": rfc3339(end, scope.zone),
            "conversions": int(counts[number]),
            "people": sum(one.people_by_day[number] for one in found),
        }
        for number, (start, end) in enumerate(pairwise(edges))
    ]


def _examples(found: list[_Found], scope: Scope, tenant: str, sources: Sources) -> list[dict[str, Any]]:
    latest = sorted((one for each in found for one in each.latest), key=lambda one: -one["at"])[:EXAMPLES]
    known = sources.columns.actors(tenant, [one["person"] for one in latest])
    return [
        one | {"at": rfc3339(one["at"], scope.zone), "person": known.get(one["person"], [None])[0]} for one in latest
    ]


def _amount(amount_e4: int) -> str:
    return amount_text(Decimal(amount_e4))
