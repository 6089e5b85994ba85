"""Where a route finds its caller: put there by the handler, before the route runs."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from touchline.services.authenticate import Caller


def new_router() -> APIGatewayHttpRouter:
    return APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def caller_of(router: APIGatewayHttpRouter) -> Caller:
    caller: Caller = router.context["caller"]
    return caller
