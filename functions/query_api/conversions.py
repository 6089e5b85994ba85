"""GET /v1/conversions: a goal's conversions one by one, and why each is credited as it is."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel
from touchline.domain.queries.clock import DAY, rfc3339, zone_named
from touchline.domain.queries.ranges import resolve_range
from touchline.errors import InvalidRequest
from touchline.services.attributed_head import Kept, goal_facts
from touchline.services.explain_conversion import (
    MOST_CONVERSIONS,
    conversion_facts,
    explain_conversion,
    list_conversions,
)
from touchline.services.named_goals import named_goal

from query_api.answers import PROBLEMS, Amount, AttributionAge, Span
from query_api.attributed_answers import BackfillFacts, GoalFacts
from query_api.parts import json_answer, now, sources
from query_api.routing import new_router, tenant_of

router = new_router()

DAYS_UNLESS_SAID = 30


class ConversionAnswer(BaseModel):
    id: str
    timestamp: str
    person: str
    action: str
    context: dict[str, str]
    value: Amount | None
    goal_id: str
    goal_version: int
    touch_count: int


class ShareAnswer(BaseModel):
    share: str
    value: Amount | None = None


class TouchAnswer(BaseModel):
    timestamp: str
    received_at: str
    age_ms: int
    age: str
    action: str
    object: dict[str, str]
    context: dict[str, str]
    resource: dict[str, str]
    properties: dict[str, list[Any]]
    place: str
    direct: bool
    credit: dict[str, ShareAnswer]


class NamedModel(BaseModel):
    name: str
    definition: str


class ExplainedConversion(ConversionAnswer):
    as_of: str
    computed_at: str
    goal: GoalFacts | None
    backfill: BackfillFacts | None
    notes: list[str]
    models: list[NamedModel]
    touches: list[TouchAnswer]
    touches_left_out: int
    why: str


class ConversionsAnswer(BaseModel):
    range: Span
    time_zone: str
    goal: GoalFacts
    as_of: str
    attribution: AttributionAge
    notes: list[str]
    conversions: list[ConversionAnswer]
    next: str | None


@router.get(
    "/v1/conversions",
    summary="A goal's conversions one by one",
    description="Oldest first, of the last 30 days unless said otherwise; page by page with `cursor`.",
    responses={200: {"description": "A page", "content": {"application/json": {"model": ConversionsAnswer}}},
               **PROBLEMS},
    tags=["Answers"],
    operation_id="listConversions",
)  # fmt: skip
def look_at_conversions(
    goal: Annotated[str, Query(max_length=200, description="A goal's id.")],
    goal_version: Annotated[int | None, Query(ge=1)] = None,
    from_: Annotated[str | None, Query(alias="from", max_length=64)] = None,
    to: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_CONVERSIONS)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    time_zone: Annotated[str | None, Query(max_length=64)] = None,
) -> Response[str]:
    tenant, moment = tenant_of(router), now()
    zone = zone_named(time_zone or tenant.time_zone)
    found = named_goal(sources().goals, tenant.id, goal, goal_version, "goal")
    start = from_ or rfc3339(moment - DAYS_UNLESS_SAID * DAY, zone)
    span = resolve_range(start, to or rfc3339(moment + 1, zone), zone)
    attributed = sources().freshness.attributed(tenant.id, moment)
    kept = Kept(found, span, zone, sources().backfills.of(tenant.id, found, moment))
    page = list_conversions(found, span, limit, _position(cursor), tenant, sources())
    return json_answer(
        {
            "range": span.describe(zone),
            "time_zone": zone.key,
            "goal": goal_facts(found),
            "as_of": rfc3339(attributed.as_of(moment), zone),
            "attribution": attributed.facts(zone),
            "notes": [*kept.notes(), *attributed.notes()],
            "conversions": [conversion_facts(one, zone) for one in page[:limit]],
            "next": f"{page[limit - 1]['@timestamp']}.{page[limit - 1]['event']}" if len(page) > limit else None,
        }
    )


@router.get(
    "/v1/conversions/<conversion_id>",
    summary="Why a conversion is credited as it is",
    description="Each touch, its age, its place, and what every model gives it.",
    responses={200: {"description": "The conversion", "content": {"application/json": {"model": ExplainedConversion}}},
               **PROBLEMS},
    tags=["Answers"],
    operation_id="explainConversion",
)  # fmt: skip
def explain(
    conversion_id: Annotated[str, Path(max_length=100)],
    time_zone: Annotated[str | None, Query(max_length=64)] = None,
) -> Response[str]:
    tenant = tenant_of(router)
    zone = zone_named(time_zone or tenant.time_zone)
    return json_answer(explain_conversion(conversion_id, tenant, sources(), zone, now()))


def _position(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    at, _, event = cursor.partition(".")
    if not at.isdigit() or not event:
        raise InvalidRequest("'cursor' is not one that a page gave as 'next'.", field="cursor")
    return int(at), event
