"""Cohorts: of those who entered on a day, how many ever converted, how soon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from touchline.domain.backfills import GoalProgress
from touchline.domain.people import person_key
from touchline.domain.queries.attributed import CohortQuestion, Cohorts
from touchline.domain.queries.buckets import boundaries
from touchline.domain.queries.clock import DAY, rfc3339
from touchline.domain.queries.cohort_questions import DEFAULT_ENTRY, CohortsQuestion
from touchline.domain.queries.fields import Field
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.sequences.cohorts import (
    CohortRow,
    Entered,
    Entering,
    cohort_rows,
    cohorts_of,
    entered_of_rows,
    pooled,
)
from touchline.domain.sequences.rows import EventRows, Part, RowsQuestion
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest, TooManyBuckets
from touchline.services.answer_head import answer_head, exactly
from touchline.services.attributed_head import Kept, backfill_facts, goal_facts
from touchline.services.freshness import Attributed
from touchline.services.parts_of_people import by_parts
from touchline.services.sources import Sources, Work

type Keys = NDArray[np.uint64]

MOST_CELLS: Final = 20_000
# Whether an entry is a person's first is looked up so far back: as old as an event may be when it is sent.
HISTORY_DAYS: Final = 400
Group = Literal["entered", "converted", "not_converted"]


@dataclass(frozen=True, slots=True)
class CohortCell:
    """Of one value, and of one bucket (by its place; None: all). Conversions up to the age of `longest` ms count."""

    value: str | None
    place: int | None
    group: Group
    longest: int | None

    def describe(self, *, every: bool = False) -> str:
        words = f"people who entered{'' if self.value is None else f' {self.value!r}'}"
        if self.group != "entered":
            by_age = "" if self.longest is None else f" by age {self.longest // DAY}"
            words += f" and {'converted' if self.group == 'converted' else 'did not convert'}{by_age}"
        return f"{words}; the number counts entries, of which a person may have several" if every else words


def answer_cohorts(question: CohortsQuestion, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
    """`now` in epoch ms."""
    edges = _edges(question)
    found = _kept(question, edges, tenant, sources) if question.is_kept() else _computed(
        question, edges, tenant, sources, work
    )  # fmt: skip
    zone, backfill = question.scope.zone, sources.backfills.of(tenant.id, question.goal, now)
    attributed = sources.freshness.attributed(tenant.id, now) if question.is_kept() else None
    answer = answer_head(
        question.describe(),
        question.scope,
        as_of=question.as_of if attributed is None else min(question.as_of, attributed.as_of(now)),
        interval=question.interval,
        accuracy=exactly(),
        index=sources.freshness.of(tenant.id, now) if question.is_kept() else None,
        notes=[*_notes_on_kept(question, backfill, attributed), *_notes(question)],
    )
    return answer | {
        "goal": goal_facts(question.goal),
        "backfill": backfill_facts(backfill, zone),
        "attribution": None if attributed is None else attributed.facts(zone),
        "dimension": question.dimension if question.values else None,
        "entry": question.entry_said,
        "entries": "every" if question.every else "first",
        "counts": "entries" if question.every else "people",
        "conversion_window_ms": question.window_ms,
        "ages": question.ages,
        "cohorts": [
            _table(value, cohort_rows(one, edges, question.as_of, question.ages), one, question)
            for value, one in found.items()
        ],
    }


def people_of_cohort(
    question: CohortsQuestion,
    tenant: Tenant,
    sources: Sources,
    work: Work,
    *,
    value: str | None,
    bucket: int | None,
    group: Group,
    age: int | None,
) -> PeopleBehind:
    """Of one value (the only one, unless named) and one bucket (all, unless its beginning is given)."""
    edges = _edges(question)
    longest = None if age is None else (age + 1) * DAY - 1
    cell = CohortCell(_value_named(question, value), _bucket_of(edges, bucket), group, longest)
    if question.is_kept():
        names = _kept_people(question, edges, cell, tenant, sources)
        return PeopleBehind(cell.describe(), np.array(list(names), np.uint64), question.as_of, names)
    found = _computed_people(question, edges, cell, tenant, sources, work)
    entries = len(found) if question.every else None
    return PeopleBehind(cell.describe(every=question.every), np.unique(found), question.as_of, entries=entries)


def _edges(question: CohortsQuestion) -> list[int]:
    span, scope = question.scope.span, question.scope
    edges = boundaries(span.start, span.end, question.interval, scope.zone, scope.week_start)
    if (len(edges) - 1) * question.ages * max(1, len(question.values)) > MOST_CELLS:
        raise TooManyBuckets(
            f"{len(edges) - 1:,} cohorts with {question.ages} ages of {max(1, len(question.values))} values are more "
            f"than {MOST_CELLS:,} cells: ask for fewer ages, a longer interval or fewer values.",
            field="ages",
        )
    return edges


def _stored_question(
    question: CohortsQuestion, edges: Sequence[int], values: tuple[str, ...], longest: int | None = None
) -> CohortQuestion:
    windows = [one for one in (question.window_ms, longest) if one is not None]
    goal = question.goal
    return CohortQuestion(
        question.dimension,
        values,
        tuple(sorted(set(edges))),
        goal.id,
        goal.version,
        question.as_of,
        min(windows, default=None),
    )


def _kept(
    question: CohortsQuestion, edges: Sequence[int], tenant: Tenant, sources: Sources
) -> Mapping[str | None, Cohorts]:
    found = sources.conversions.cohorts(tenant.id, _stored_question(question, edges, question.values))
    return {value: found[value] for value in question.values}


def _computed(
    question: CohortsQuestion, edges: Sequence[int], tenant: Tenant, sources: Sources, work: Work
) -> Mapping[str | None, Cohorts]:
    values: tuple[str | None, ...] = question.values or (None,)
    parts = _each_part(question, edges, values, tenant, sources, work)
    return {value: cohorts_of(_together([part[n] for part in parts]), len(edges) - 1) for n, value in enumerate(values)}


def _each_part(
    question: CohortsQuestion,
    edges: Sequence[int],
    values: Sequence[str | None],
    tenant: Tenant,
    sources: Sources,
    work: Work,
) -> list[list[tuple[Entered, Keys]]]:
    """For each part of the people, of each value."""
    wanted = _rows_question(question)

    def read(part: Part) -> list[tuple[Entered, Keys]]:
        rows = sources.columns.rows(tenant.id, replace(wanted, part=part))
        return [_entered(question, edges, rows, value) for value in values]

    return by_parts(sources.columns.extent(tenant.id, wanted.span).events, work, read)


def _rows_question(question: CohortsQuestion) -> RowsQuestion:
    start = question.scope.span.start
    looks_back = not question.every or question.goal.counted == "once"
    span = TimeRange(max(0, start - HISTORY_DAYS * DAY) if looks_back else start, max(start, question.as_of) + 1)
    entries = tuple((*one, *question.scope.filters) for one in question.entry or (DEFAULT_ENTRY,))
    fields = (_field(question),) if question.values else ()
    criteria = (*entries, *question.goal.criteria)
    return RowsQuestion(span, criteria=criteria, fields=fields, segment=question.scope.segment)


def _field(question: CohortsQuestion) -> Field:
    return Field(f"context.{question.dimension}", "text")


def _entered(
    question: CohortsQuestion, edges: Sequence[int], rows: EventRows, value: str | None
) -> tuple[Entered, Keys]:
    entries = len(question.entry or (DEFAULT_ENTRY,))
    goals = len(question.goal.criteria)
    entry = np.logical_or.reduce([rows.marked(n) for n in range(entries)])
    if value is not None:
        coded = rows.fields[_field(question).name]
        entry &= np.array([one == (value,) for one in coded.values], np.bool_)[coded.codes]
    wanted = Entering(
        entry,
        np.logical_or.reduce([rows.marked(entries + n) for n in range(goals)]),
        tuple(edges),
        question.as_of,
        question.every,
        question.goal.counted == "once",
        question.window_ms,
    )
    found = entered_of_rows(rows, wanted)
    return found, rows.people[found.rows]


def _together(parts: Sequence[tuple[Entered, Keys]]) -> Entered:
    return Entered(
        np.concatenate([one.rows for one, _ in parts]),
        np.concatenate([one.buckets for one, _ in parts]),
        np.concatenate([one.ages for one, _ in parts]),
    )


def _table(value: str | None, rows: Sequence[CohortRow], found: Cohorts, question: CohortsQuestion) -> dict[str, Any]:
    size, converted = sum(row.size for row in rows), sum(row.converted for row in rows)
    zone = question.scope.zone
    middle = int(np.percentile(found.ages, 50, method="inverted_cdf")) if len(found.ages) else None
    return {
        "value": value,
        "rows": [
            {
                "from": rfc3339(row.start, zone),
                "to": rfc3339(row.end, zone),
                "size": row.size,
                "converted": row.converted,
                "rate": _rate(row.converted, row.size),
                "by_age": list(row.by_age),
                "rate_by_age": [None if one is None else _rate(one, row.size) for one in row.by_age],
                "median_ms": row.median_ms,
                "complete": row.complete,
            }
            for row in rows
        ],
        "total": {
            "size": size,
            "converted": converted,
            "rate": _rate(converted, size),
            "by_age": [
                {"converted": one.converted, "size": one.size, "rate": _rate(one.converted, one.size)}
                for one in pooled(rows, question.ages)
            ],
            "median_ms": middle,
        },
    }


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _notes_on_kept(
    question: CohortsQuestion, backfill: GoalProgress | None, attributed: Attributed | None
) -> list[str]:
    """Conversions of the people of the range may have come up to `as_of`."""
    if attributed is None:
        return []
    start = question.scope.span.start
    span = TimeRange(start, max(start, question.as_of) + 1)
    return [*Kept(question.goal, span, question.scope.zone, backfill).notes(), *attributed.notes()]


def _notes(question: CohortsQuestion) -> list[str]:
    notes = ["A blank age is one that not everyone in the cohort has reached yet."]
    notes.append("The row of totals has at each age only the cohorts that have reached it.")
    if not question.is_kept() and not question.every:
        notes.append(f"Whether an entry is the first is known for {HISTORY_DAYS} days before the range.")
    return notes


def _value_named(question: CohortsQuestion, value: str | None) -> str | None:
    if value is None and len(question.values) <= 1:
        return question.values[0] if question.values else None
    if value is None or value not in question.values:
        raise InvalidRequest(f"Name one of the question's values: {', '.join(question.values)}.", field="cell.value")
    return value


def _bucket_of(edges: Sequence[int], start: int | None) -> int | None:
    if start is not None and start not in edges[:-1]:
        raise InvalidRequest("The answer has no cohort that begins then.", field="cell.bucket")
    return None if start is None else edges.index(start)


def _kept_people(
    question: CohortsQuestion, edges: Sequence[int], cell: CohortCell, tenant: Tenant, sources: Sources
) -> dict[int, str]:
    chosen = edges if cell.place is None else edges[cell.place : cell.place + 2]

    def listed(*, converted: bool) -> dict[int, str]:
        asked = _stored_question(question, chosen, (str(cell.value),), cell.longest if converted else None)
        found = sources.conversions.members(tenant.id, asked, converted=converted)
        return {person_key(one["person"]): one["person"] for one in found}

    if cell.group == "converted":
        return listed(converted=True)
    entered = listed(converted=False)
    if cell.group == "entered":
        return entered
    did = listed(converted=True)
    return {key: name for key, name in entered.items() if key not in did}


def _computed_people(
    question: CohortsQuestion, edges: Sequence[int], cell: CohortCell, tenant: Tenant, sources: Sources, work: Work
) -> Keys:
    found = []
    for ((entered, people),) in _each_part(question, edges, (cell.value,), tenant, sources, work):
        inside = np.ones(len(people), np.bool_) if cell.place is None else entered.buckets == cell.place
        did = (entered.ages >= 0) & (True if cell.longest is None else entered.ages <= cell.longest)
        wanted = {"entered": inside, "converted": inside & did, "not_converted": inside & ~did}
        found.append(people[wanted[cell.group]])
    return np.concatenate(found)
