"""Where a route finds its caller: put there by the handler, before the route runs."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from touchline.domain.tenancy import Tenant


def new_router() -> APIGatewayHttpRouter:
    return APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def tenant_of(router: APIGatewayHttpRouter) -> Tenant:
    tenant: Tenant = router.context["caller"].tenant
    return tenant
