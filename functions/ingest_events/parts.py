"""What ingest is made of, built on first use and kept for the container's life."""

from functools import cache

from touchline.adapters.aws_client import aws_client
from touchline.adapters.dynamodb.api_keys import DynamoDbApiKeys
from touchline.adapters.dynamodb.rate_limits import DynamoDbRateLimits
from touchline.adapters.dynamodb.tenants import DynamoDbTenants
from touchline.adapters.environment import read_settings
from touchline.adapters.packing import ZstdPacking
from touchline.adapters.request_body import JsonEventBodies
from touchline.adapters.sqs import SqsEventQueue
from touchline.services.accept_events import Intake
from touchline.services.authenticate import KeyRing
from touchline.services.limit_rate import RateLimiter

from ingest_events.settings import Settings


@cache
def settings() -> Settings:
    return read_settings(Settings)


@cache
def key_ring() -> KeyRing:
    tables = aws_client("dynamodb")
    keys = DynamoDbApiKeys(tables, settings().api_keys_table)
    return KeyRing(keys, DynamoDbTenants(tables, settings().tenants_table))


@cache
def intake() -> Intake:
    limits = DynamoDbRateLimits(aws_client("dynamodb"), settings().rate_limits_table)
    return Intake(
        bodies=JsonEventBodies(),
        packing=ZstdPacking(),
        queue=SqsEventQueue(aws_client("sqs"), settings().events_queue_url),
        limiter=RateLimiter(limits),
        max_age_days=settings().event_max_age_days,
    )
