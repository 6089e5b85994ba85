"""/v1/answers/<id>: what became of a question that nobody waited for."""

import orjson
from aws_lambda_powertools.event_handler import Response
from touchline.adapters.http_problem import PROBLEM_JSON, kept_problem
from touchline.errors import Cancelled, NotFinished
from touchline.services.answer_later import call_off, look_at, result_key

from query_api.answering import shown
from query_api.answers import ANSWERED, PROBLEMS, LaterAnswer
from query_api.delivery import INLINE_BYTES, JSON, Format, TableName, delivered, stored, wanted
from query_api.kinds import KINDS
from query_api.parts import desk, json_answer, now
from query_api.routing import new_router, tenant_of

router = new_router()
ASK_AGAIN_SECONDS = 2
STATE = {200: {"description": "Its state", "content": {"application/json": {"model": LaterAnswer}}}, **PROBLEMS}


@router.get(
    "/v1/answers/<answer_id>",
    summary="How far an answer is",
    responses=STATE,
    tags=["Answers later"],
    operation_id="readAnswer",
)
def read_answer(answer_id: str) -> Response[str]:
    tenant = tenant_of(router)
    return json_answer(shown(look_at(desk(), tenant.id, answer_id, now()), tenant))


@router.delete(
    "/v1/answers/<answer_id>",
    summary="Call an answer off",
    description="What is over stays as it is.",
    responses=STATE,
    tags=["Answers later"],
    operation_id="cancelAnswer",
)
def cancel_answer(answer_id: str) -> Response[str]:
    tenant = tenant_of(router)
    return json_answer(shown(call_off(desk(), tenant.id, answer_id, now()), tenant))


@router.get(
    "/v1/answers/<answer_id>/result",
    summary="The answer itself",
    description="As the kind of question answers it; as CSV one of its tables.",
    responses={200: {"description": "The answer"}, **ANSWERED},
    tags=["Answers later"],
    operation_id="readAnswerResult",
)
def read_result(answer_id: str, format: Format = None, table: TableName = None) -> Response[str]:
    tenant = tenant_of(router)
    answer = look_at(desk(), tenant.id, answer_id, now())
    if answer.state == "cancelled":
        raise Cancelled("The answer was called off; ask the question again.")
    if answer.problem is not None and answer.state == "failed":
        problem = kept_problem(answer.problem, router.current_event.path)
        return Response(problem.status, PROBLEM_JSON, problem.body, dict(problem.headers))
    if answer.state != "done":
        raise NotFinished("The answer is being worked on.", retry_after_seconds=ASK_AGAIN_SECONDS)
    want = wanted(router.current_event, format, table)
    if not want.csv and answer.size > INLINE_BYTES:
        return stored(result_key(answer), answer.kind)
    whole = desk().results.get(result_key(answer))
    if not want.csv:
        return Response(200, JSON, whole.decode())
    return delivered(KINDS[answer.kind], orjson.loads(whole), want, tenant.id)
