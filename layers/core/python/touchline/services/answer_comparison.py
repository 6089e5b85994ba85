"""A comparison of arms: who was exposed to which, what they did then, and whether one did better."""

from collections.abc import Sequence
from typing import Any, Literal

from touchline.domain.properties import Scalar
from touchline.domain.queries.durations import describe_duration
from touchline.domain.queries.experiments import ComparisonQuestion
from touchline.domain.sequences.arms import SEVERAL
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.statistics.sample_ratio import sample_ratio
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest
from touchline.services.answer_head import answer_head, exactly
from touchline.services.comparison_facts import outcome_facts
from touchline.services.observe_arms import Observed, observe, place_of
from touchline.services.sources import Sources, Work
from touchline.services.stored_filters import check_actions

UNIT = "contact"
Group = Literal["exposed", "converted", "not_converted", "left_out"]


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
            outcome_facts(question, found, number, contacts, baseline) for number in range(len(question.outcomes))
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
    chosen = assigned.arm >= 0 if arm is None else assigned.arm == place_of(arm, assigned.arms, "cell.arm")
    words = f"contacts of {'all arms' if arm is None else f'arm {arm!r}'}"
    if group != "exposed":
        number = _outcome_number(question, outcome)
        did = found.converted(number)
        chosen = chosen & (did if group == "converted" else ~did)
        words += f" who {'did' if group == 'converted' else 'did not do'} '{question.outcomes[number].name}'"
    return PeopleBehind(words, assigned.people[chosen], found.as_of)


def _baseline(question: ComparisonQuestion, arms: Sequence[Scalar]) -> int:
    return 0 if question.baseline is None or not arms else place_of(question.baseline, arms, "baseline")


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
