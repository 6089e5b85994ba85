"""Every route ends at the function that owns its noun, throttled and logged without personal data."""

import json

from tests.infra.conftest import Stage

ROUTES = {
    "POST /v1/events": "IngestionIngest",
    "POST /v1/segment/{proxy+}": "IngestionIngest",
    "GET /v1/events": "QueryingQuery",
    "POST /v1/queries/{proxy+}": "QueryingQuery",
    "ANY /v1/answers/{proxy+}": "QueryingQuery",
    "ANY /v1/reports": "QueryingQuery",
    "ANY /v1/reports/{proxy+}": "QueryingQuery",
    "GET /v1/conversions": "QueryingQuery",
    "GET /v1/conversions/{proxy+}": "QueryingQuery",
    "GET /v1/schema": "QueryingQuery",
    "GET /v1/status": "QueryingQuery",
    "GET /v1/openapi.json": "QueryingQuery",
    "GET /v1/docs": "QueryingQuery",
    "ANY /v1/keys": "ManagementApi",
    "ANY /v1/keys/{proxy+}": "ManagementApi",
    "ANY /v1/identities": "ManagementApi",
    "ANY /v1/identities/{proxy+}": "ManagementApi",
    "GET /v1/people/{proxy+}": "ManagementApi",
    "ANY /v1/rejected-events": "ManagementApi",
    "ANY /v1/rejected-events/{proxy+}": "ManagementApi",
    "ANY /v1/goals": "ManagementApi",
    "ANY /v1/goals/{proxy+}": "ManagementApi",
    "ANY /v1/spend": "ManagementApi",
    "ANY /v1/spend/{proxy+}": "ManagementApi",
    "ANY /v1/marketo/{proxy+}": "marketo:ExportsOutputFnGetAttManagementApi",
}
OUTPUTS = {
    *("HttpApiId", "ApiUrl", "EventsQueueUrl", "DeadLettersUrl", "ArchiveBucket", "SearchEndpoint", "DashboardName"),
    *("TenantsTable", "ApiKeysTable", "RateLimitsTable", "IdempotencyTable", "ProgressTable"),
    *("ManageTenantsFunction", "IndexEventsFunction", "IngestEventsFunction", "QueryApiFunction"),
    *("AnswersTable", "ReportsTable", "ResultsBucket", "AnswersQueueUrl", "AnswerWorkerFunction"),
    *("CompactArchiveMachine", "ReplayDayMachine", "ReconcileCountsFunction", "MaintainIndicesFunction"),
}


def test_every_route_ends_at_its_function(stage: Stage) -> None:
    integrations = {
        name.removeprefix("api/"): json.dumps(integration["Properties"]["IntegrationUri"])
        for name, integration in stage.of_type("AWS::ApiGatewayV2::Integration").items()
    }
    ends = {
        route["RouteKey"]: integrations[route["Target"]["Fn::Join"][1][1]["Ref"]]
        for route in stage.properties("AWS::ApiGatewayV2::Route")
    }
    assert set(ends) == set(ROUTES)
    for key, function in ROUTES.items():
        assert function in ends[key], key


def test_functions_get_the_second_payload_format(stage: Stage) -> None:
    for integration in stage.properties("AWS::ApiGatewayV2::Integration"):
        assert integration["PayloadFormatVersion"] == "2.0"


def test_requests_are_throttled(stage: Stage) -> None:
    (settings,) = [entry["DefaultRouteSettings"] for entry in stage.properties("AWS::ApiGatewayV2::Stage")]
    assert settings["ThrottlingRateLimit"] == stage.config.throughput.requests_per_second
    assert settings["ThrottlingBurstLimit"] == stage.config.throughput.burst


def test_requests_are_logged_without_who_sent_them(stage: Stage) -> None:
    (settings,) = [entry["AccessLogSettings"] for entry in stage.properties("AWS::ApiGatewayV2::Stage")]
    logged = json.loads(settings["Format"])
    assert {"request_id", "route", "status", "latency_ms"} <= set(logged)
    assert "identity" not in settings["Format"]


def test_browsers_of_other_origins_are_refused_unless_configured(stage: Stage) -> None:
    (api,) = stage.properties("AWS::ApiGatewayV2::Api")
    assert api.get("CorsConfiguration", {}).get("AllowOrigins", []) == list(stage.config.cors_origins)


def test_what_people_and_tools_need_is_an_output(stage: Stage) -> None:
    assert stage.outputs() >= OUTPUTS
