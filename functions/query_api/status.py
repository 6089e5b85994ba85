"""GET /v1/status: whether a tenant's events have arrived."""

from aws_lambda_powertools.event_handler import Response
from touchline.domain.queries.clock import zone_named
from touchline.services.report_status import Books, report_status

from query_api.answers import PROBLEMS, StatusAnswer
from query_api.parts import json_answer, now, progress, queue, reports
from query_api.routing import new_router, tenant_of

router = new_router()


@router.get(
    "/v1/status",
    summary="How far behind the answers are",
    responses={200: {"description": "The state", "content": {"application/json": {"model": StatusAnswer}}}, **PROBLEMS},
    tags=["Answers"],
    operation_id="readStatus",
)
def read_status() -> Response[str]:
    tenant = tenant_of(router)
    books = Books(reports(), progress(), queue())
    return json_answer(report_status(books, tenant, zone_named(tenant.time_zone), now()))
