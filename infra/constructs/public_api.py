"""The HTTPS API: which route ends at which function, throttled and logged."""

import json
from collections.abc import Mapping
from typing import cast

from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.acknowledgements import excuse
from infra.constructs.kept_logs import kept_log_group
from infra.constructs.python_function import Home

GET, POST, ANY = http.HttpMethod.GET, http.HttpMethod.POST, http.HttpMethod.ANY
ROUTES: Mapping[str, list[tuple[http.HttpMethod, str]]] = {
    "ingest_events": [(POST, "/v1/events"), (POST, "/v1/segment/{proxy+}")],
    "query_api": [
        (POST, "/v1/queries/{proxy+}"),
        (ANY, "/v1/answers/{proxy+}"),
        (ANY, "/v1/reports"),
        (ANY, "/v1/reports/{proxy+}"),
        (GET, "/v1/conversions"),
        (GET, "/v1/conversions/{proxy+}"),
        (GET, "/v1/events"),
        (GET, "/v1/schema"),
        (GET, "/v1/status"),
        (GET, "/v1/openapi.json"),
        (GET, "/v1/docs"),
    ],
    "manage_marketo": [(ANY, "/v1/marketo/{proxy+}")],
    "manage_api": [
        (ANY, "/v1/keys"),
        (ANY, "/v1/keys/{proxy+}"),
        (ANY, "/v1/rejected-events"),
        (ANY, "/v1/rejected-events/{proxy+}"),
        (ANY, "/v1/identities"),
        (ANY, "/v1/identities/{proxy+}"),
        (GET, "/v1/people/{proxy+}"),
        (ANY, "/v1/goals"),
        (ANY, "/v1/goals/{proxy+}"),
        (ANY, "/v1/spend"),
        (ANY, "/v1/spend/{proxy+}"),
    ],
}
# No address and no header: what is logged here must not tell one person from another.
LOGGED = {
    "request_id": "$context.requestId",
    "at": "$context.requestTime",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "function_ms": "$context.integrationLatency",
    "response_bytes": "$context.responseLength",
    "error": "$context.error.message",
}


class PublicApi(Construct):
    def __init__(self, scope: Construct, id: str, *, home: Home, functions: Mapping[str, lambda_.IFunction]) -> None:
        super().__init__(scope, id)
        config = home.config
        self.api = http.HttpApi(
            self,
            "Api",
            description="Touchline: events in, answers out",
            create_default_stage=False,
            cors_preflight=_cors(list(config.cors_origins)),
        )
        stage = http.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            detailed_metrics_enabled=True,
            throttle=http.ThrottleSettings(
                rate_limit=config.throughput.requests_per_second, burst_limit=config.throughput.burst
            ),
        )
        logs = kept_log_group(self, "AccessLogs", config, home.key)
        # On the plain resource: CDK's class fixes the format to one that logs the caller's address.
        cast(http.CfnStage, stage.node.default_child).access_log_settings = http.CfnStage.AccessLogSettingsProperty(
            destination_arn=logs.log_group_arn, format=json.dumps(LOGGED)
        )
        for capability, routes in ROUTES.items():
            integration = HttpLambdaIntegration(capability, functions[capability])
            for method, path in routes:
                self.api.add_routes(path=path, methods=[method], integration=integration)
        excuse(self, "api_keys_are_checked_by_the_functions")


def _cors(origins: list[str]) -> http.CorsPreflightOptions | None:
    if not origins:
        return None
    return http.CorsPreflightOptions(
        allow_origins=origins,
        allow_methods=[http.CorsHttpMethod.ANY],
        allow_headers=["authorization", "content-type", "content-encoding", "idempotency-key", "prefer", "x-api-key"],
        expose_headers=["content-disposition", "location", "preference-applied", "retry-after"],
    )
