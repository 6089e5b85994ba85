"""Who is behind a row of an attributed report: the people whose conversions have such a touch."""

from collections.abc import Callable
from typing import Any

import numpy as np

from touchline.domain.attributed import Value, value_key
from touchline.domain.attribution import CreditRules
from touchline.domain.attribution_rows import rank
from touchline.domain.people import person_key
from touchline.domain.queries.attribution_questions import AttributionQuestion
from touchline.domain.queries.matching import values_of
from touchline.domain.recredited import PARTS, Recrediting, counted_touches
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.tenancy import Tenant
from touchline.services.attributed_sums import (
    attributed_sums,
    conversions_of_question,
    every_conversion,
    part_of_field,
    people_of_segment,
)
from touchline.services.sources import Sources, Work

type Keys = set[tuple[str, str]]  # of the values of a conversion's touches


def people_attributed(
    question: AttributionQuestion,
    tenant: Tenant,
    sources: Sources,
    now: int,
    work: Work,
    *,
    kind: str,
    key: Value,
) -> PeopleBehind:
    """`kind`: whole, or a row's: value (with its key), other, absent or unattributed."""
    span = question.scope.span
    is_in = _membership(question, tenant, sources, work, kind, key)
    segment = people_of_segment(question, span, tenant.id, sources)
    rules = CreditRules(question.goal.half_life_ms, question.direct_channels)
    wanted = Recrediting(question.field, rules, question.lookback_ms, question.collapse)
    names: dict[int, str] = {}
    parts = (*PARTS, part_of_field(question.field))
    for document in every_conversion(conversions_of_question(question, span), parts, tenant.id, sources, work):
        person = person_key(document["person"])
        if (segment is None or person in segment) and is_in(_keys(document, wanted)):
            names[person] = document["person"]
    words = {"whole": "", "unattributed": " without a touch", "value": f" with a touch of {key!r}"}
    told = words.get(kind, f" with a touch whose {question.field.name} is {kind}")
    return PeopleBehind(f"people with a conversion{told}", np.array(list(names), np.uint64), now, names)


def _keys(document: dict[str, Any], wanted: Recrediting) -> Keys:
    touches = counted_touches(document, wanted)
    return {value_key(value) for touch in touches for value in values_of(touch, wanted.field) or [None]}


def _membership(
    question: AttributionQuestion, tenant: Tenant, sources: Sources, work: Work, kind: str, key: Value
) -> Callable[[Keys], bool]:
    match kind:
        case "whole":
            return lambda keys: True
        case "unattributed":
            return lambda keys: not keys
        case "value" | "absent":
            own = value_key(key if kind == "value" else None)
            return lambda keys: own in keys
        case _:
            span = question.scope.span
            found = attributed_sums(question, (span.start, span.end), tenant.id, sources, work)
            listed = {*rank(found, question.top).keys(), value_key(None)}
            return lambda keys: bool(keys - listed)
