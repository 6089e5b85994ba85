"""Who was exposed to which arm, and what they did then, read once for a comparison and for its lists of people."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from touchline.domain.properties import Scalar
from touchline.domain.queries.experiments import MOST_ARMS, ComparisonQuestion
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.arms import Assigned, Done, assign, done_after
from touchline.domain.sequences.rows import EventRows, RowsQuestion
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest, TooManyValues
from touchline.services.rows_of_everybody import rows_of_everybody
from touchline.services.sources import Sources, Work


@dataclass(frozen=True, slots=True)
class Observed:
    """What the question found: contacts with their arms, and what each outcome's did."""

    assigned: Assigned
    done: list[Done]
    as_of: int
    known_until: int

    def converted(self, number: int) -> NDArray[np.bool_]:
        return self.done[number].converted(len(self.assigned.arm))


def observe(question: ComparisonQuestion, tenant: Tenant, sources: Sources, now: int, work: Work) -> Observed:
    span = question.scope.span
    as_of = sources.columns.extent(tenant.id, span).as_of or now
    until = max(span.end, now + 1) if question.window_ms is None else span.end + question.window_ms + 1
    work.reach(0, 2)
    rows = rows_of_everybody(
        RowsQuestion(
            TimeRange(span.start, until),
            criteria=question.criteria(),
            fields=(question.field,),
            amounts=any(one.value == "event" for one in question.outcomes),
            segment=question.scope.segment,
        ),
        tenant.id,
        sources,
        work,
    )
    work.reach(1, 2)
    exposures, outcomes = question.places()
    assigned = assign(rows, _any(rows, exposures), question.field.name, question.arms, span.end)
    _check_arms(question, assigned)
    done = [
        done_after(assigned, _any(rows, places), question.window_ms, of_the_arm=one.of_the_arm)
        for one, places in zip(question.outcomes, outcomes, strict=True)
    ]
    return Observed(assigned, done, as_of, now)


def place_of(arm: Scalar, arms: Sequence[Scalar], where: str) -> int:
    for number, one in enumerate(arms):
        if one == arm and isinstance(one, bool) == isinstance(arm, bool):
            return number
    known = ", ".join(repr(one) for one in arms) or "none"
    raise InvalidRequest(f"No contact was exposed to an arm {str(arm)[:64]!r}. Arms: {known}.", field=where)


def _any(rows: EventRows, criteria: range) -> NDArray[np.bool_]:
    mask = np.uint32(sum(1 << number for number in criteria))
    return np.asarray((rows.marks & mask) != 0, np.bool_)


def _check_arms(question: ComparisonQuestion, assigned: Assigned) -> None:
    if len(assigned.arms) > MOST_ARMS:
        raise TooManyValues(
            f"{question.field.name} has {len(assigned.arms):,} different values among these exposures; at most "
            f"{MOST_ARMS} arms are compared. Name them in 'arms', or add a filter, for example on context.campaign.",
            field="arms",
        )
