"""Where a route finds its caller: put there by the handler, before the route runs."""

from datetime import UTC, datetime
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from touchline.services.authenticate import Caller
from touchline.services.marketo.managing import Managing

from manage_marketo import parts

GONE: Final[dict[int, Any]] = {204: {"description": "It is gone"}}


def gone() -> Response[str]:
    return Response(204, body="")


def new_router() -> APIGatewayHttpRouter:
    return APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def tenant_of(router: APIGatewayHttpRouter) -> str:
    caller: Caller = router.context["caller"]
    return caller.tenant.id


def managing_of(router: APIGatewayHttpRouter) -> Managing:
    return parts.managing(tenant_of(router))


def moment(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


def moment_or_none(epoch_ms: int | None) -> datetime | None:
    return None if epoch_ms is None else moment(epoch_ms)
