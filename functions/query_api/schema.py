"""GET /v1/schema: which words a tenant's events use."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from touchline.domain.queries.clock import zone_named
from touchline.services.describe_schema import describe_schema

from query_api.answers import PROBLEMS, SchemaAnswer
from query_api.parts import json_answer, now, reports
from query_api.routing import new_router, tenant_of

router = new_router()


@router.get(
    "/v1/schema",
    summary="Known actions, fields and properties",
    description="With the number of events and the commonest values; values that look like the same one are told.",
    responses={200: {"description": "The words", "content": {"application/json": {"model": SchemaAnswer}}}, **PROBLEMS},
    tags=["Answers"],
    operation_id="describeSchema",
)
def read_schema(
    days: Annotated[int, Query(ge=1, le=90, description="How far back to look.")] = 30,
) -> Response[str]:
    tenant = tenant_of(router)
    return json_answer(describe_schema(reports(), tenant.id, zone_named(tenant.time_zone), days=days, now=now()))
