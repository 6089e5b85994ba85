"""POST /v1/queries/timeseries."""

from aws_lambda_powertools.event_handler import Response
from touchline.services.answer_time_series import answer_time_series

from query_api.answers import PROBLEMS, TimeSeriesAnswer
from query_api.parts import json_answer, now, sources
from query_api.questions import TimeSeriesBody, as_question
from query_api.routing import new_router, tenant_of

router = new_router()


@router.post(
    "/v1/queries/timeseries",
    summary="Numbers over time",
    description="Counts, people, amounts, percentiles and rates; any interval and zone; broken down, compared.",
    responses={
        200: {"description": "The series", "content": {"application/json": {"model": TimeSeriesAnswer}}},
        **PROBLEMS,
    },
    tags=["Answers"],
    operation_id="askTimeSeries",
)
def ask_time_series(body: TimeSeriesBody) -> Response[str]:
    tenant = tenant_of(router)
    return json_answer(answer_time_series(as_question(body, tenant), tenant, sources(), now()))
