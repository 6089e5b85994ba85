"""The paths that led to conversions and those that did not: the commonest, how long they are, how long they took."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from touchline.domain.goals import FixedValue
from touchline.domain.queries.attribution_questions import AttributionQuestion
from touchline.domain.queries.measures import amount_text
from touchline.domain.sequences.journeys import Journeys, Label, PathCount, count_paths
from touchline.domain.sequences.lengths_of_time import histogram, time_facts
from touchline.domain.sequences.rows import EventRows
from touchline.domain.tenancy import Tenant
from touchline.services.answer_head import answer_head, exactly
from touchline.services.attributed_head import backfill_facts, goal_facts
from touchline.services.learn_attribution import Read, merged, read_journeys
from touchline.services.sources import Sources, Work

# The column of all longer paths.
LONGEST_TOLD: Final = 20
type Money = dict[str, int]


def answer_attribution_paths(
    question: AttributionQuestion, longest: int, tenant: Tenant, sources: Sources, now: int, work: Work
) -> dict[str, Any]:
    """`question.top` paths of each kind, with their latest `longest` steps. `now` in epoch ms."""
    span = question.scope.span
    parts = read_journeys(question, span, tenant.id, sources, now, work)
    found = merged([one.journeys for one in parts])
    amounts, currencies = _amounts(question, parts)
    converting, different = count_paths(found, found.begins, found.ends, longest, question.top)
    other, other_different = count_paths(found, found.lost_begins, found.lost_ends, longest, question.top)
    as_of = sources.columns.extent(tenant.id, span).as_of or now
    answer = answer_head(_definition(question), question.scope, as_of=as_of, accuracy=exactly())
    return answer | {
        "goal": goal_facts(question.goal),
        "backfill": backfill_facts(sources.backfills.of(tenant.id, question.goal, now), question.scope.zone),
        "dimension": question.field.name,
        "lookback_ms": question.lookback_ms,
        "collapse_repeats": question.collapse,
        "steps": longest,
        "converting": {
            "paths": len(found.begins),
            "different": different,
            "rows": [_path_facts(one, _money(one, amounts, currencies)) for one in converting],
            "others": len(found.begins) - _number(converting),
        },
        "not_converting": {
            "paths": len(found.lost_begins),
            "different": other_different,
            "rows": [_path_facts(one) for one in other],
            "others": len(found.lost_begins) - _number(other),
        },
        "touches": _lengths(found),
        "from_first_touch": _lags(found.first_ages, question.lookback_ms),
        "from_last_touch": _lags(found.last_ages, question.lookback_ms),
    }


def _definition(question: AttributionQuestion) -> str:
    return (
        f"{question.describe()}: a path is the touches of a conversion in their order. A path that did not convert is "
        "a person's touches in the range that lie within the lookback of no conversion; it ends where the next touch "
        "is more than the lookback away"
    )


def _amounts(question: AttributionQuestion, parts: Sequence[Read]) -> tuple[NDArray[np.int64], list[str | None]]:
    """Of each conversion, in order: ten-thousandths, and the currency, None without a value."""
    amounts: list[NDArray[np.int64]] = []
    currencies: list[str | None] = []
    for one in parts:
        own, codes = _value_of(question, one.rows, one.journeys.rows)
        amounts.append(own)
        currencies += codes
    return np.concatenate(amounts), currencies


def _value_of(
    question: AttributionQuestion, rows: EventRows, chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[str | None]]:
    match question.goal.value:
        case FixedValue(amount_e4, currency):
            return np.full(len(chosen), amount_e4, np.int64), [currency] * len(chosen)
        case "event" if rows.amounts is not None and rows.currencies is not None:
            names = [str(one[0]) if one else None for one in rows.currencies.values]
            return rows.amounts[chosen], [names[code] for code in rows.currencies.codes[chosen]]
        case _:
            return np.zeros(len(chosen), np.int64), [None] * len(chosen)


def _money(path: PathCount, amounts: NDArray[np.int64], currencies: Sequence[str | None]) -> Money:
    money: defaultdict[str, int] = defaultdict(int)
    for member in path.members.tolist():
        currency = currencies[member]
        if currency is not None:
            money[currency] += int(amounts[member])
    return dict(money)


def _path_facts(one: PathCount, money: Money | None = None) -> dict[str, Any]:
    value = {} if money is None else {name: amount_text(Decimal(sum_)) for name, sum_ in sorted(money.items())}
    told = {"path": [_step(label) for label in one.path], "cut": one.cut, "paths": len(one.members)}
    return told if money is None else told | {"value": value}


def _step(label: Label) -> Any:
    """None where the touch does not have the field; a list where it has several values."""
    if len(label) > 1:
        return list(label)
    return label[0] if label else None


def _number(counted: Sequence[PathCount]) -> int:
    return sum(len(one.members) for one in counted)


def _lengths(found: Journeys) -> dict[str, Any]:
    lengths = found.ends - found.begins
    counts = np.bincount(np.minimum(lengths, LONGEST_TOLD), minlength=1)
    return {
        "average": float(lengths.mean()) if len(lengths) else None,
        "conversions": [{"touches": n, "conversions": int(one)} for n, one in enumerate(counts)],
        "last_is_more": LONGEST_TOLD,
    }


def _lags(ages: NDArray[np.int64], lookback_ms: int) -> dict[str, Any]:
    """Of the conversions with a touch."""
    known = ages[ages >= 0]
    facts = time_facts(known)
    bars = [
        {"from_ms": one["from_ms"], "to_ms": one["to_ms"], "conversions": one["people"]}
        for one in histogram(known, lookback_ms)
    ]
    return {
        "conversions": facts["people"],
        "median_ms": facts["median_ms"],
        "average_ms": facts["average_ms"],
        "percentiles_ms": facts["percentiles_ms"],
        "histogram": bars,
    }
