"""A comparison of arms: who was exposed to which, what they did then, and whether one did better."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from touchline.domain.goals import FixedValue
from touchline.domain.properties import Scalar
from touchline.domain.queries.durations import describe_duration
from touchline.domain.queries.experiments import MOST_ARMS, ComparisonQuestion, Outcome
from touchline.domain.queries.measures import amount_text
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.arms import SEVERAL, Assigned, Done, amounts_by_arm, assign, done_after
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.sequences.rows import EventRows, RowsQuestion
from touchline.domain.statistics.proportions import Interval, Lift, Share, wilson
from touchline.domain.statistics.sample_ratio import sample_ratio
from touchline.domain.statistics.verdicts import Arm, Compared, compare, conclude
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest, TooManyValues
from touchline.services.answer_head import answer_head, exactly
from touchline.services.sources import Sources, Work
from touchline.services.stored_filters import check_actions

UNIT = "contact"
Group = Literal["exposed", "converted", "not_converted", "left_out"]


@dataclass(frozen=True, slots=True)
class Observed:
    """What the question found: contacts with their arms, and what each outcome's did."""

    assigned: Assigned
    done: list[Done]
    as_of: int
    known_until: int

    def converted(self, number: int) -> NDArray[np.bool_]:
        return self.done[number].converted(len(self.assigned.arm))


def answer_comparison(
    question: ComparisonQuestion, tenant: Tenant, sources: Sources, now: int, work: Work
) -> dict[str, Any]:
    """`now` in epoch ms."""
    found = observe(question, tenant, sources, now, work)
    assigned = found.assigned
    contacts = [int(one) for one in assigned.contacts()]
    baseline = _baseline(question, assigned.arms)
    answer = answer_head(
        _definition(question),
        question.scope,
        as_of=found.as_of,
        accuracy=exactly("Counts are exact; intervals and p-values are estimates of what would happen again."),
        notes=_notes(question, found, tenant, sources, now),
    )
    return answer | {
        "unit": UNIT,
        "field": question.field.name,
        "exposure": question.exposed_said,
        "window_ms": question.window_ms,
        "decision_rule": question.rules.describe(),
        "confidence": question.rules.confidence,
        "peek_safe": question.rules.peek_safe,
        "baseline": assigned.arms[baseline] if assigned.arms else None,
        "arms": [{"arm": arm, "contacts": number} for arm, number in zip(assigned.arms, contacts, strict=True)],
        "left_out": {"contacts_in_several_arms": assigned.left_out, "exposures_without_arm": assigned.without_arm},
        "window_open": _window_open(question, found),
        "sample_ratio": _sample_ratio(question, contacts),
        "outcomes": [
            _outcome_facts(question, found, number, contacts, baseline) for number in range(len(question.outcomes))
        ],
    }


def people_compared(
    question: ComparisonQuestion,
    tenant: Tenant,
    sources: Sources,
    now: int,
    work: Work,
    *,
    group: Group,
    arm: Scalar | None,
    outcome: str | None,
) -> PeopleBehind:
    """Who is counted in an arm (all arms where none is named), or was left out."""
    found = observe(question, tenant, sources, now, work)
    assigned = found.assigned
    if group == "left_out":
        return PeopleBehind("contacts in several arms, left out", assigned.people[assigned.arm == SEVERAL], found.as_of)
    chosen = assigned.arm >= 0 if arm is None else assigned.arm == _place(arm, assigned.arms, "cell.arm")
    words = f"contacts of {'all arms' if arm is None else f'arm {arm!r}'}"
    if group != "exposed":
        number = _outcome_number(question, outcome)
        did = found.converted(number)
        chosen = chosen & (did if group == "converted" else ~did)
        words += f" who {'did' if group == 'converted' else 'did not do'} '{question.outcomes[number].name}'"
    return PeopleBehind(words, assigned.people[chosen], found.as_of)


def observe(question: ComparisonQuestion, tenant: Tenant, sources: Sources, now: int, work: Work) -> Observed:
    span = question.scope.span
    as_of = sources.columns.extent(tenant.id, span).as_of or now
    until = max(span.end, now + 1) if question.window_ms is None else span.end + question.window_ms + 1
    work.reach(0, 2)
    rows = sources.columns.rows(
        tenant.id,
        RowsQuestion(
            TimeRange(span.start, until),
            criteria=question.criteria(),
            fields=(question.field,),
            amounts=any(one.value == "event" for one in question.outcomes),
            segment=question.scope.segment,
        ),
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


def _baseline(question: ComparisonQuestion, arms: Sequence[Scalar]) -> int:
    return 0 if question.baseline is None or not arms else _place(question.baseline, arms, "baseline")


def _place(arm: Scalar, arms: Sequence[Scalar], where: str) -> int:
    for number, one in enumerate(arms):
        if one == arm and isinstance(one, bool) == isinstance(arm, bool):
            return number
    known = ", ".join(repr(one) for one in arms) or "none"
    raise InvalidRequest(f"No contact was exposed to an arm {str(arm)[:64]!r}. Arms: {known}.", field=where)


def _outcome_number(question: ComparisonQuestion, name: str | None) -> int:
    names = [one.name for one in question.outcomes]
    if name is None and len(names) == 1:
        return 0
    if name not in names:
        raise InvalidRequest(f"Name one of the outcomes: {', '.join(names)}.", field="cell.outcome")
    return names.index(name)


def _definition(question: ComparisonQuestion) -> str:
    window = "" if question.window_ms is None else f", at most {describe_duration(question.window_ms)} later,"
    return (
        f"Contacts by the value of {question.field.name} at their first exposure in the range; contacts exposed to "
        f"several arms are left out and counted; what they did after that exposure{window} counts, whatever its day; "
        "rate = converted contacts / contacts."
    )


def _sample_ratio(question: ComparisonQuestion, contacts: Sequence[int]) -> dict[str, Any] | None:
    weights = question.split or (1.0,) * len(contacts)
    found = sample_ratio(contacts, weights)
    if found is None:
        return None
    return {
        "expected": list(found.expected),
        "chi_square": found.chi_square,
        "p_value": found.p_value,
        "mismatch": found.mismatch,
        "warning": "The arms do not have as many contacts as the split says (p < 0.001): something beside chance "
        "decided who is in which, so differences may come from that. Look for it before trusting a verdict."
        if found.mismatch
        else None,
    }


def _window_open(question: ComparisonQuestion, found: Observed) -> list[int] | None:
    """By arm, contacts whose window is not over: they may still convert."""
    if question.window_ms is None:
        return None
    assigned = found.assigned
    still = assigned.rows.at[assigned.first] + question.window_ms >= min(found.as_of, found.known_until)
    return [int((still & (assigned.arm == number)).sum()) for number in range(len(assigned.arms))]


def _outcome_facts(
    question: ComparisonQuestion, found: Observed, number: int, contacts: Sequence[int], baseline: int
) -> dict[str, Any]:
    outcome, assigned = question.outcomes[number], found.assigned
    hits = np.bincount(
        assigned.arm[found.converted(number) & (assigned.arm >= 0)], minlength=len(assigned.arms)
    ).tolist()
    values = _values(assigned, outcome, found.done[number])
    arms = [Arm(str(arm), Share(hit, of)) for arm, hit, of in zip(assigned.arms, hits, contacts, strict=True)]
    compared = compare(arms, baseline, question.rules) if arms else []
    return {
        "name": outcome.name,
        "definition": outcome.definition,
        "goal": None if outcome.goal is None else {"id": outcome.goal.id, "version": outcome.goal.version},
        "of_the_arm": outcome.of_the_arm,
        "value": outcome.worth(),
        "conclusion": conclude(arms, baseline, compared) if arms else "There is no exposure: nothing to compare.",
        "arms": [
            {"arm": assigned.arms[place]}
            | _rate_facts(arm.share, question.rules.confidence)
            | {"value": _value_facts(values, place, arm.share.of)}
            | _compared_facts(compared[place])
            for place, arm in enumerate(arms)
        ],
    }


def _rate_facts(share: Share, confidence: float) -> dict[str, Any]:
    return {
        "contacts": share.of,
        "converted": share.hits,
        "rate": share.rate,
        "interval": _interval(wilson(share, confidence)),
    }


def _compared_facts(one: Compared | None) -> dict[str, Any]:
    """All null for the baseline."""
    if one is None:
        names = ("difference", "difference_interval", "p_value", "adjusted_p_value", "lift", "lift_interval", "verdict")
        return {**dict.fromkeys(names), "reason": "This is the baseline."}
    return {
        "difference": one.difference,
        "difference_interval": _interval(one.interval),
        "p_value": one.p_value,
        "adjusted_p_value": one.adjusted_p,
        "lift": one.lift.value if one.lift else None,
        "lift_interval": _lift_interval(one.lift),
        "verdict": one.verdict,
        "reason": one.reason,
    }


def _interval(one: Interval | None) -> dict[str, float] | None:
    return None if one is None else {"low": one.low, "high": one.high}


def _lift_interval(one: Lift | None) -> dict[str, float] | None:
    return None if one is None else _interval(one.interval)


def _values(assigned: Assigned, outcome: Outcome, done: Done) -> dict[str, list[int]]:
    """By currency, the value of each arm in ten-thousandths."""
    counted = done.first_only() if outcome.counted == "once" else done
    if outcome.value == "event":
        return amounts_by_arm(assigned, counted)
    if isinstance(outcome.value, FixedValue):
        arm = assigned.arm[counted.contact]
        number = np.bincount(arm[arm >= 0], minlength=len(assigned.arms))
        return {outcome.value.currency: [int(one) * outcome.value.amount_e4 for one in number]}
    return {}


def _value_facts(values: dict[str, list[int]], place: int, contacts: int) -> dict[str, dict[str, str | None]]:
    return {
        currency: {
            "total": amount_text(Decimal(sums[place])),
            "per_contact": amount_text(Decimal(sums[place]) / contacts) if contacts else None,
        }
        for currency, sums in values.items()
    }


def _notes(question: ComparisonQuestion, found: Observed, tenant: Tenant, sources: Sources, now: int) -> list[str]:
    notes = []
    if not found.assigned.arms:
        named = [one for criterion in question.criteria() for one in criterion]
        notes += check_actions(sources.reports, tenant.id, named, now)
        notes.append("No exposure in this range has a value of this field.")
    if len(question.outcomes) > 1:
        notes.append("Each outcome is judged by itself: the more are looked at, the likelier one differs by chance.")
    if question.window_ms is None:
        notes.append("What contacts did after the range counts, up to as_of: rates can still grow.")
    return notes
