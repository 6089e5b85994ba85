"""POST /v1/queries/<kind>: one route for each kind of question."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import Response
from touchline.services.sources import Unhurried

from query_api.answers import PROBLEMS
from query_api.kind import Kind
from query_api.kinds import KINDS
from query_api.parts import json_answer, now, sources
from query_api.routing import new_router, tenant_of

router = new_router()


def _ask(kind: Kind[Any]) -> Callable[..., Response[str]]:
    def ask(body: Any) -> Response[str]:
        return json_answer(kind.answer(body, tenant_of(router), sources(), now(), Unhurried()))

    # The resolver reads from it what the body has to be.
    ask.__annotations__ = {"body": kind.body, "return": Response[str]}
    return ask


for _kind in KINDS.values():
    router.post(
        f"/v1/queries/{_kind.name}",
        summary=_kind.summary,
        description=_kind.description,
        responses={
            200: {"description": "The answer", "content": {"application/json": {"model": _kind.shape}}},
            **PROBLEMS,
        },
        tags=["Answers"],
        operation_id=_kind.operation,
    )(_ask(_kind))
