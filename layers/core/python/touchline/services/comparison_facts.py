"""What a comparison says of one outcome: arm by arm, with intervals, verdicts and values."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from touchline.domain.goals import FixedValue
from touchline.domain.queries.experiments import ComparisonQuestion, Outcome
from touchline.domain.queries.measures import amount_text
from touchline.domain.sequences.arms import Assigned, Done, amounts_by_arm
from touchline.domain.statistics.proportions import Interval, Lift, Share, wilson
from touchline.domain.statistics.verdicts import Arm, Compared, compare, conclude
from touchline.services.observe_arms import Observed


def outcome_facts(
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
