"""The query function in this process: requests as the API hands them over, answers as it gives them back."""

import json
import os
from collections.abc import Callable
from typing import Any, Final

import orjson
from touchline.adapters.memory.conversion_reports import MemoryConversionReports
from touchline.adapters.memory.goals import MemoryGoals
from touchline.adapters.memory.progress import MemoryProgress
from touchline.adapters.memory.spend_sheets import MemorySpendSheets
from touchline.adapters.memory.tenants import MemoryApiKeys, MemoryTenants
from touchline.domain.api_keys import PresentedKey, fingerprint
from touchline.domain.tenancy import ApiKey, Tenant
from touchline.ports import ConversionReports, EventColumns, EventReports
from touchline.services.attributed_head import Backfills
from touchline.services.authenticate import KeyRing
from touchline.services.freshness import Freshness
from touchline.services.sources import Sources

KEY: Final = PresentedKey("bench", "secret")
ENVIRONMENT: Final = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "Touchline",
    "POWERTOOLS_SERVICE_NAME": "query",
    "POWERTOOLS_METRICS_DISABLED": "true",
    "POWERTOOLS_LOG_LEVEL": "WARNING",
}

os.environ |= ENVIRONMENT  # read when handlers and clients are made

type Json = dict[str, Any]
type Ask = Callable[[str, Json], Json]


def in_memory(
    reports: EventReports,
    columns: EventColumns,
    *,
    conversions: ConversionReports | None = None,
    goals: MemoryGoals | None = None,
) -> Sources:
    """Everything that is not measured is kept in memory."""
    progress = MemoryProgress()
    return Sources(
        reports=reports,
        freshness=Freshness(progress),
        columns=columns,
        goals=goals or MemoryGoals(),
        spend=MemorySpendSheets(),
        conversions=conversions or MemoryConversionReports(),
        backfills=Backfills(progress),
    )


def query_function(tenant: str, sources: Sources) -> Ask:
    """Asks a kind of question with its body; the answer's body."""
    from query_api import answering, handler

    tenants, keys = MemoryTenants(), MemoryApiKeys()
    tenants.add(Tenant(tenant, tenant, "hash", b"k" * 32, 1_000, "UTC", "monday", 0))
    keys.add(ApiKey(KEY.id, tenant, "bench", frozenset({"read"}), fingerprint(KEY.secret), 0))
    ring = KeyRing(keys, tenants)
    handler.key_ring = lambda: ring  # type: ignore[assignment]
    answering.sources = lambda: sources  # type: ignore[assignment]

    def ask(kind: str, body: Json) -> Json:
        answer = handler.lambda_handler(_request(f"/v1/queries/{kind}", body), _Context())
        assert answer["statusCode"] == 200, (kind, answer["statusCode"], answer["body"])
        return dict(orjson.loads(answer["body"]))

    return ask


class _Context:
    function_name, memory_limit_in_mb = "query", 3538
    invoked_function_arn, aws_request_id = "arn:aws:lambda:us-east-1:000000000000:function:query", "1"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


def _request(path: str, body: Json) -> Json:
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"authorization": f"Bearer {KEY.text()}", "content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": path}, "stage": "$default", "requestId": "1"},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }
