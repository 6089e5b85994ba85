"""POST /v1/queries/<kind>: one route for each kind of question."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import Response

from query_api.answering import answered, patience
from query_api.answers import ANSWERED
from query_api.delivery import Format, TableName, wanted
from query_api.kind import Kind
from query_api.kinds import KINDS
from query_api.routing import new_router, tenant_of

router = new_router()


def _ask(kind: Kind[Any]) -> Callable[..., Response[str]]:
    def ask(body: Any, format: str | None = None, table: str | None = None) -> Response[str]:
        event = router.current_event
        return answered(kind, body, tenant_of(router), wanted(event, format, table), patience(event))

    # The resolver reads from it what the request has to be.
    ask.__annotations__ = {"body": kind.body, "format": Format, "table": TableName, "return": Response[str]}
    return ask


for _kind in KINDS.values():
    router.post(
        f"/v1/queries/{_kind.name}",
        summary=_kind.summary,
        description=_kind.description,
        responses={
            200: {
                "description": "The answer; as CSV one of its tables",
                "content": {"application/json": {"model": _kind.shape}},
            },
            **ANSWERED,
        },
        tags=["Answers"],
        operation_id=_kind.operation,
    )(_ask(_kind))
